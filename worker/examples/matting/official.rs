//! What the standard asks of the finished file, on the portraits as they are.

use std::path::Path;

use gradphoto_shared::job::Task;
use gradphoto_shared::outcome::{Placement, ReasonCode};
use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::pictures_in;
use gradphoto_worker::pipeline::{Pipeline, StandardiseProduct};

use crate::reference::{Marks, marks};

/// Columns and rows at the border, beside and above every head, that are background.
const BAND_PX: u32 = 8;
/// Height down to which the sides are background.
const BAND_DOWN_PX: u32 = 200;

/// Pictures of each kind, and of how many.
#[derive(Default)]
struct Count {
    pictures: usize,
    finished: usize,
    sized: usize,
    flat: usize,
    marked: usize,
    windows: [usize; 3],
    unsure: usize,
}

pub(crate) fn report(pipeline: &mut Pipeline, london: &Path, spec: &Spec) {
    let mut count = Count::default();
    let mut qualities = Vec::new();
    for path in pictures_in(london) {
        let photo = std::fs::read(&path).expect("readable");
        let product = pipeline.run(&photo, &[Task::Standardise], spec, &|| true).expect("a pipeline that works");
        count.pictures += 1;
        let Some(StandardiseProduct::Finished { facts, jpeg, .. }) = product.and_then(|product| product.standardise)
        else {
            continue;
        };
        count.finished += 1;
        let sized = (spec.file.min_bytes..=spec.file.max_bytes).contains(&facts.bytes);
        count.sized += usize::from(sized && facts.quality >= spec.file.min_quality);
        count.flat += usize::from(is_flat(&jpeg, spec.picture.background));
        count.unsure += usize::from(facts.notes.iter().any(|note| note.code == ReasonCode::MatteUnsure));
        qualities.push(f32::from(facts.quality));
        if path.to_string_lossy().contains("_neutral") {
            count.marked += 1;
            let values = measured(&marks(london, &path), &facts.placement);
            let windows = [spec.placement.hair_top_px, spec.placement.eyes_px, spec.placement.face_width_px];
            (0..3).filter(|&at| windows[at].holds(values[at])).for_each(|at| count.windows[at] += 1);
        }
    }
    let share =
        |part: usize, whole: usize| format!("{part} of {whole} ({:.1} %)", 100.0 * part as f32 / whole.max(1) as f32);
    println!("\n### The finished files of {} portraits as they are\n\n| what | pictures |\n|---|---|", count.pictures);
    println!("| finished | {} |", share(count.finished, count.pictures));
    println!("| 20 to 40 KB at quality 60 or more | {} |", share(count.sized, count.finished));
    println!("| background exact at the borders (1 level, as JPEG rounds) | {} |", share(count.flat, count.finished));
    for (at, name) in ["hair top", "eyes", "face width"].iter().enumerate() {
        println!("| {name} in its window, by hand-placed points | {} |", share(count.windows[at], count.marked));
    }
    println!("| noted as unsure | {} |", share(count.unsure, count.finished));
    let quality = |part: f32| crate::table::quantile(qualities.clone(), part);
    println!("\nQuality factor: least {}, middle {}, highest {}.", quality(0.0), quality(0.5), quality(1.0));
}

/// Points 109 and 112 lie where the cheeks meet the ears.
fn measured(marks: &Marks, placement: &Placement) -> [f32; 3] {
    let x = |name: &str| (marks[name] - placement.crop_left_px) * placement.scale;
    let y = |name: &str| (marks[name] - placement.crop_top_px) * placement.scale;
    [y("hair_top_y"), (y("pupil_left_y") + y("pupil_right_y")) / 2.0, x("x112") - x("x109")]
}

fn is_flat(jpeg: &[u8], background: [u8; 3]) -> bool {
    let picture = image::load_from_memory(jpeg).expect("a JPEG").to_rgb8();
    let width = picture.width();
    let in_band = |x: u32, y: u32| y < BAND_PX || (y < BAND_DOWN_PX && (x < BAND_PX || x >= width - BAND_PX));
    let exact = |pixel: &image::Rgb<u8>| pixel.0.iter().zip(background).all(|(own, wanted)| own.abs_diff(wanted) <= 1);
    picture.enumerate_pixels().filter(|(x, y, _)| in_band(*x, *y)).all(|(_, _, pixel)| exact(pixel))
}
