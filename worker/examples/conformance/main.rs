//! How often `check` is right, on the lent photo sets: the tables of `docs/ACCURACY.md`.
//!
//! `tests/run.sh conformance` writes them, `tests/run.sh golden` writes `tests/fixtures/expected.csv` anew. The sets
//! lie in `../shared/photos`, the packs named as arguments in the home folder.

mod asked;
mod attributes;
mod copies;
mod defects;
#[path = "../../tests/every_rule/mod.rs"]
mod every_rule;
mod fair;
mod golden;
mod groups;
mod looked;
mod portraits;
mod real;
mod writing;
mod wrong;

use std::thread;

use gradphoto_tests::photos::home;
use gradphoto_worker::model::{Device, Engine, Runtime};
use gradphoto_worker::pack::{Pack, runtime_library};
use gradphoto_worker::pipeline::Pipeline;
use gradphoto_worker::stage::decode::DecodeLimits;

use self::looked::Looked;
use self::wrong::Wrong;

#[expect(clippy::print_stderr, reason = "where the pages lie is for the person who ran it")]
fn main() {
    let named: Vec<String> = std::env::args().skip(1).collect();
    if named == ["golden"] {
        return golden::print();
    }
    let packs = if named.is_empty() { vec!["base".to_owned(), "full".to_owned()] } else { named };
    print!("{HEAD}");
    let mut pages = Vec::new();
    for name in packs {
        let pack = Pack::open(&home(), &name).expect("a pack that was pulled");
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let mut pipelines: Vec<Pipeline> = (0..threads).map(|_| pipeline(&pack)).collect();
        println!("\n## Pack `{}`", pack.label());
        let wrong = Wrong::new(&name);
        let london = Looked::at(&mut pipelines, "london", |_, _| true);
        let (neutral, smiling): (Vec<_>, Vec<_>) = london.into_iter().partition(|photo| photo.is("neutral"));
        portraits::report(&neutral, &wrong);
        attributes::report(&neutral, &smiling, &wrong);
        copies::report(&mut pipelines, &wrong);
        let mut at = |set: &str, wanted: fn(usize, &str) -> bool| Looked::at(&mut pipelines, set, wanted);
        let derived = at("defects_derived", |_, _| true);
        defects::derived(&derived, &wrong);
        defects::allowed(&derived, &wrong);
        let real = at("defects_real", |_, _| true);
        real::report(&real, &wrong);
        // Made faces, and web pictures of faces: a part is enough to see a bias.
        let made = at("synth_east_asian", |at, label| label == "portrait" && at % 2 == 0);
        groups::open_eyes("synth_east_asian", &made, &wrong);
        groups::unlabelled("synth_east_asian", &made, "they are close crops of made faces, many of which smile");
        let web = at("rmfd_east_asian_search", |at, _| at % 5 == 0);
        groups::open_eyes("rmfd_east_asian_search", &web, &wrong);
        let crops = "they are faces of 140 pixels cut out of pictures from the web, laughing, turned and made up";
        groups::unlabelled("rmfd_east_asian_search", &web, crops);
        defects::recaptured(&at("recapture", |_, _| true), &wrong);
        defects::files(&at("exif", |_, _| true), &wrong);
        asked::asked(&mut pipelines);
        let derived: Vec<Looked> = derived.into_iter().filter(|photo| !photo.is("border_text")).collect();
        let plain: [(&str, &[Looked]); 5] = [
            ("london", &neutral),
            ("defects_derived but for `border_text`", &derived),
            ("defects_real", &real),
            ("synth_east_asian", &made),
            ("rmfd_east_asian_search", &web),
        ];
        writing::report(&mut pipelines, &plain);
        pages.extend(wrong.show());
    }
    pages.iter().for_each(|page| eprintln!("Pictures that are wrong: {}", page.display()));
}

const HEAD: &str = "\
# How often `check` is right

Printed by `tests/run.sh conformance` on the lent photo sets, by the limits of `chsi`. The sets are small: the number of
pictures stands beside every rate, with the interval in which the true rate lies at 95 % (Wilson) where a rate is asked
for. The limits were set on the same sets, so rates on other people will be somewhat worse. *Found* is said surely or
unsurely with a right code, *surely* is a failed rule.

The run also leaves a page for each pack, `var/conformance/PACK.html`, with the pictures that are wrong: missed, told
without reason, rejected for something else, each with its findings and the photo marked. Their names begin with set,
label or rule, and how they are wrong, and the page finds them by any part of that.

Pack `base` has no model for hair, skin, glasses and living faces: its rules about ears, brows, glasses, sunglasses, what
is on the head, hands, shoulders, collars and hoods are not assessed, and nothing of the kind is found.
";

fn pipeline(pack: &Pack) -> Pipeline {
    let runtime = Runtime::open(&runtime_library(&home()).expect("tests/run.sh fetches it"), Device::Cpu);
    let engine = Engine::load(&runtime.expect("a library that loads"), pack).expect("models that load");
    Pipeline::new(engine, DecodeLimits { max_bytes: 50_000_000, max_pixels: 100_000_000 })
}

/// A part of a whole as it stands in tables.
fn share(part: usize, whole: usize) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{part}/{whole} ({:.1} %)", 100.0 * part as f64 / whole as f64) }
}

/// The same with its interval at 95 % (Wilson 1927).
fn interval(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let (count, rate, z) = (whole as f64, part as f64 / whole as f64, 1.96_f64);
    let scale = 1.0 + z * z / count;
    let middle = (rate + z * z / (2.0 * count)) / scale;
    let reach = z / scale * (rate * (1.0 - rate) / count + z * z / (4.0 * count * count)).sqrt();
    let [least, most] = [middle - reach, middle + reach].map(|value| (100.0 * value).clamp(0.0, 100.0));
    format!("{} [{least:.0}, {most:.0}]", share(part, whole))
}
