//! How well search finds people and tells shots apart, on the lent photo sets: the tables of `docs/SEARCH.md`.
//!
//! `cargo run --example search >docs/SEARCH.md` writes them. The sets lie in `../shared/photos`, the packs named as
//! arguments (all without any) in the home folder, with their face descriptor (`worker models pull --role embed`).

mod faces;
mod protocol;
mod rates;
mod shots;

use gradphoto_tests::photos::home;
use gradphoto_worker::model::{Device, Engine, Runtime};
use gradphoto_worker::pack::{Pack, runtime_library};
use gradphoto_worker::pipeline::Pipeline;
use gradphoto_worker::stage::decode::DecodeLimits;

use self::faces::Faces;

fn main() {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let packs = if named.is_empty() { vec!["full".to_owned(), "base".to_owned()] } else { named };
    print!("{HEAD}");
    for name in packs {
        let pack = Pack::open(&home(), &name).expect("a pack that was pulled");
        let runtime = Runtime::open(&runtime_library(&home()).expect("a library that was pulled"), Device::Cpu);
        let engine = Engine::load(&runtime.expect("a library that loads"), &pack).expect("models that load");
        let mut pipeline = Pipeline::new(engine, DecodeLimits { max_bytes: 50_000_000, max_pixels: 100_000_000 });
        println!("\n## Pack `{}`", pack.label());
        protocol::report(&mut pipeline);
        shots::report(&Faces::of(&mut pipeline, "same_shot"));
    }
}

const HEAD: &str = "\
# How well search finds people

Printed by `cargo run --example search` on the lent photo sets. Searches go the whole way: the photo through the
pipeline, its face through the decision that a session's gallery makes. The sets are small, so every rate stands with
its count and the upper end of its 95 percent interval (Wilson). Limits were set on these sets; other people will fare
somewhat worse.

What the words mean, for somebody who is in the gallery:
**found** the right photo is shown; **uncertain** nobody is shown, staff look; **not found** nobody is shown;
**wrong** another person's photo is shown, which must never happen.
For somebody who is not in the gallery, **shown** is the breach that counts. These searches are made of the protocol's own
and of each other search with its person taken out of the gallery.
**FNIR** is the share of usable photos of people in the gallery that are not answered by the right photo.
";
