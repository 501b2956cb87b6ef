//! Prints what every reading says of each photo of a folder, as lines of a table: the source of limits in
//! specs. With `manifest.csv` in the folder each line bears the photo's label.
//!
//! `cargo run --example readings -- full ../shared/photos/london`, and with `file` instead of a pack what the
//! file itself and its pixels tell.

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::{home, pictures_in};
use gradphoto_worker::measure::{Readings, Sides, jpeg, moire};
use gradphoto_worker::model::{Device, Engine, Movement, Runtime};
use gradphoto_worker::pack::{Pack, runtime_library};
use gradphoto_worker::stage::decode::{DecodeLimits, Source};
use gradphoto_worker::stage::landmark::Crowd;
use gradphoto_worker::stage::view::View;
use gradphoto_worker::stage::{Stop, detect, landmark};

const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 50_000_000, max_pixels: 100_000_000 };
const HEAD: &str = "file,label,brow_left,brow_right,eye_left,eye_right,forehead,ear_left,ear_right,glasses,sunglasses,\
                    yaw,pitch,roll,blink_left,blink_right,smile_left,smile_right,jaw_open,live,shoulder_slope,\
                    shoulders_seen,iris_left,iris_right,shoulder_left,shoulder_right";
const FILE_HEAD: &str = "file,label,quality,is_example,is_one_table,is_progressive,wave,wave_of_view";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, folder] = arguments.as_slice() else { return Err("usage: readings PACK|file FOLDER".into()) };
    let folder = PathBuf::from(folder);
    if what == "file" {
        return print(&folder, FILE_HEAD, file_line);
    }
    let runtime = Runtime::open(&runtime_library(&home())?, Device::Cpu)?;
    let mut engine = Engine::load(&runtime, &Pack::open(&home(), what)?)?;
    print(&folder, HEAD, |photo| line(&mut engine, photo))
}

/// Prints a line for each photo of a folder.
fn print(folder: &Path, head: &str, mut line: impl FnMut(&[u8]) -> Result<String, Stop>) -> Result<(), Box<dyn Error>> {
    let labels = labels(folder);
    println!("{head}");
    for path in pictures_in(folder) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let label = labels.get(&name).map_or("", String::as_str);
        match line(&std::fs::read(&path)?) {
            Ok(line) => println!("{name},{label},{line}"),
            Err(Stop::Refused(code)) => println!("{name},{label},{code:?}"),
            Err(Stop::Failed(error)) => return Err(error.into()),
        }
    }
    Ok(())
}

/// What file and pixels tell without a face: the JPEG's tables, and the strongest wave at full size and in the
/// working view.
fn file_line(photo: &[u8]) -> Result<String, Stop> {
    let source = Source::open(photo, &LIMITS)?;
    let view = View::working(&source)?;
    let waves = [moire::strongest_wave(&source.pixels(1.0)?), moire::strongest_wave(&view.pixels)];
    let waves = waves.map(|wave| wave.map_or_else(String::new, |wave| format!("{wave:.3}"))).join(",");
    let traces = jpeg::traces(photo).map_or_else(
        || ",,,".to_owned(),
        |t| format!("{},{},{},{}", t.quality, t.is_example, t.is_one_table, t.is_progressive),
    );
    Ok(format!("{traces},{waves}"))
}

/// The second column of the folder's manifest by the first.
fn labels(folder: &Path) -> HashMap<String, String> {
    let manifest = std::fs::read_to_string(folder.join("manifest.csv")).unwrap_or_default();
    let columns = |line: &str| {
        let mut cells = line.split(',').map(str::to_owned);
        Some((cells.next()?, cells.next()?))
    };
    manifest.lines().filter_map(columns).collect()
}

fn line(engine: &mut Engine, photo: &[u8]) -> Result<String, Stop> {
    let mut limits = Spec::preset("chsi")?.input;
    // Faces of any size and any number are read here; the rules judge that.
    (limits.min_face_width_px, limits.second_face_share) = (0.0, f32::INFINITY);
    let source = Source::open(photo, &LIMITS)?;
    let mut view = View::working(&source)?;
    let located = detect::detect(&mut engine.detector, &view)?;
    view.refine(&source, located.wanted_scale(230.0))?;
    let Crowd { subject: face, area, .. } = landmark::landmark(&mut engine.landmarker, &view, &located, &limits)?;
    let read = Readings::take(engine, &view, &area, &face, |_| true)?;
    let pose = read.head_pose;
    let movement = |movement| read.expression.map(|expression| expression.share(movement));
    // The middle of an iris between the corners of its eye: 0 at the left one, 1 at the right one.
    let across = |iris: usize, corners: [usize; 2]| {
        let [left, right] = corners.map(|point| face.points[point].x);
        read.eyes.as_ref().map(|eyes| (eyes[iris].iris[0].x - left) / (right - left))
    };
    let both = |sides: Sides| [sides.left, sides.right];
    let numbers = [
        both(read.hair_over_brows).as_slice(),
        &both(read.hair_over_eyes),
        &[read.bare_forehead],
        &both(read.bare_ears),
        &[read.glasses.clear, read.glasses.dark, pose.map(|p| p.yaw), pose.map(|p| p.pitch), pose.map(|p| p.roll)],
        &[Movement::BlinkLeft, Movement::BlinkRight, Movement::SmileLeft].map(movement),
        &[Movement::SmileRight, Movement::JawOpen].map(movement),
        &[read.live, read.shoulders.map(|s| s.slope()), read.shoulders.map(|s| s.left.seen.min(s.right.seen))],
        &[across(0, [33, 133]), across(1, [362, 263])],
        // Across from the middle of the face, in its widths.
        &[read.shoulders.map(|s| s.left), read.shoulders.map(|s| s.right)]
            .map(|joint| joint.map(|j| (j.place.x - face.centre_x()) / face.face_width())),
    ]
    .concat();
    let cells: Vec<_> = numbers.iter().map(|number| number.map_or_else(String::new, |n| format!("{n:.4}"))).collect();
    Ok(cells.join(","))
}
