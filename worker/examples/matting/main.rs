//! How well people are cut out, on the lent portraits: the tables of `docs/MATTING.md`.
//!
//! `tests/run.sh matting` writes them. The sets lie in `../shared/photos`, the packs named as arguments in the home
//! folder. Pictures of the worst ten lie in `var/matting` afterwards; `--show=FOLDER` leaves the sheets of all
//! there, `--every=N` takes each Nth portrait only.

mod ground;
mod official;
mod picture;
mod reference;
mod score;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::{home, photos, pictures_in, workspace};
use gradphoto_worker::model::{Device, Engine, Runtime};
use gradphoto_worker::pack::{Pack, runtime_library};
use gradphoto_worker::pipeline::Pipeline;
use gradphoto_worker::stage::decode::DecodeLimits;

use self::ground::Ground;
use self::reference::Reference;
use self::score::Score;

#[expect(clippy::print_stderr, reason = "where the pictures lie is for the person who ran it")]
fn main() {
    let (options, packs): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let packs = if packs.is_empty() { vec!["base".to_owned(), "full".to_owned()] } else { packs };
    let show = options.iter().find_map(|word| word.strip_prefix("--show=")).map(PathBuf::from);
    let (Some(london), Some(others)) = (photos("london"), photos("recapture")) else { return };
    let grounds = Ground::all(&others);
    let spec = Spec::preset("chsi").expect("a preset");
    let mut pipelines: Vec<(String, Pipeline)> = packs.iter().map(|name| pipeline(name)).collect();
    let mut scores: Vec<Vec<table::Row>> = packs.iter().map(|_| Vec::new()).collect();
    let (mut doubtful, mut left_out) = (Vec::new(), Vec::new());
    let portraits = pictures_in(&london).into_iter().filter(|path| path.to_string_lossy().contains("_neutral"));
    let every: usize =
        options.iter().find_map(|word| word.strip_prefix("--every=")).map_or(1, |n| n.parse().expect("a number"));
    for (index, path) in portraits.enumerate().step_by(every) {
        let marks = reference::marks(&london, &path);
        let reference = Reference::of(&path, &marks);
        if !reference.is_whole(&marks) {
            left_out.push(stem(&path));
            continue;
        }
        doubtful.push(reference.unknown_share());
        for ground in grounds.iter().filter(|ground| ground.serves(index)) {
            let jpeg = reference.before(ground);
            for ((_, pipeline), scores) in pipelines.iter_mut().zip(&mut scores) {
                let name = format!("{}, {}", stem(&path), ground.name);
                let cut = pipeline.cut_out(&jpeg, &spec).expect("a pipeline that works");
                let score = cut.ok().map(|cut| Score::of(ground, &reference, &cut, &spec));
                scores.push((ground.kind, name, score));
            }
        }
    }
    print!("{}", table::HEAD);
    table::reference(&doubtful, &left_out);
    for (((label, pipeline), scores), pack) in pipelines.iter_mut().zip(scores).zip(&packs) {
        println!("\n## Pack `{label}`");
        table::matte(&scores);
        official::report(pipeline, &london, &spec);
        let worst = workspace().join("var/matting").join(pack);
        if worst.is_dir() {
            fs::remove_dir_all(&worst).expect("sheets of an earlier run can be removed");
        }
        save(&worst, table::worst(&scores));
        eprintln!("The worst ten of {pack}: {}", worst.display());
        if let Some(folder) = &show {
            save(&folder.join(pack), scores.iter().filter_map(|row| Some((row.1.as_str(), row.2.as_ref()?))));
        }
    }
}

/// Writes sheets into a folder; names begin with their turn.
fn save<'a>(folder: &Path, scores: impl Iterator<Item = (&'a str, &'a Score)>) {
    fs::create_dir_all(folder).expect("a folder");
    for (at, (name, score)) in scores.enumerate() {
        let name = name.replace(".jpg", "").replace(", ", "_").replace(' ', "_");
        score.sheet.save(folder.join(format!("{:02}_{name}.png", at + 1))).expect("a picture");
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn pipeline(name: &str) -> (String, Pipeline) {
    let pack = Pack::open(&home(), name).expect("a pack that was pulled");
    let runtime = Runtime::open(&runtime_library(&home()).expect("tests/run.sh fetches it"), Device::Cpu);
    let engine = Engine::load(&runtime.expect("a library that loads"), &pack).expect("models that load");
    let limits = DecodeLimits { max_bytes: 50_000_000, max_pixels: 100_000_000 };
    (pack.label().to_owned(), Pipeline::new(engine, limits))
}
