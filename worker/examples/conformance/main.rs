//! How often `check` is right, on the lent photo sets: the tables of `docs/ACCURACY.md`.
//!
//! `tests/run.sh conformance` writes them. The sets lie in `../shared/photos`, the packs named as arguments in
//! the home folder.

mod defects;
mod looked;
mod portraits;

use gradphoto_tests::photos::home;
use gradphoto_worker::model::{Device, Engine, Runtime};
use gradphoto_worker::pack::{Pack, runtime_library};
use gradphoto_worker::pipeline::Pipeline;
use gradphoto_worker::stage::decode::DecodeLimits;

use self::looked::Looked;

fn main() {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let packs = if named.is_empty() { vec!["base".to_owned(), "full".to_owned()] } else { named };
    print!("{HEAD}");
    for name in packs {
        let pack = Pack::open(&home(), &name).expect("a pack that was pulled");
        let mut pipeline = pipeline(&pack);
        println!("\n## Pack `{}`", pack.label());
        portraits::report(&Looked::at(&mut pipeline, "london"));
        let derived = Looked::at(&mut pipeline, "defects_derived");
        defects::derived(&derived);
        defects::allowed(&derived);
        defects::real(&Looked::at(&mut pipeline, "defects_real"));
        defects::files(&Looked::at(&mut pipeline, "exif"));
    }
}

const HEAD: &str = "\
# How often `check` is right

Printed by `tests/run.sh conformance` on the lent photo sets, by the limits of `chsi`. The sets are small: the number of
pictures stands beside every rate, and one picture of 7 is 14 percent. The limits were set on the same sets, so rates on
other people will be somewhat worse.
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
