//! A conveyor over the models of a pack.

use gradphoto_tests::photos::{home, skipped};
use gradphoto_worker::model::{Device, Engine, Runtime};
use gradphoto_worker::pack::{Pack, runtime_library};
use gradphoto_worker::pipeline::Pipeline;
use gradphoto_worker::stage::decode::DecodeLimits;

/// The conveyor; `None`, said so, where the pack is absent.
pub(crate) fn pipeline(pack: &str) -> Option<Pipeline> {
    let Ok(pack) = Pack::open(&home(), pack) else {
        skipped(&format!("pack {pack}"));
        return None;
    };
    let runtime = Runtime::open(&runtime_library(&home()).expect("tests/run.sh fetches it"), Device::Cpu);
    let engine = Engine::load(&runtime.expect("a library that loads"), &pack).expect("models that load");
    Some(Pipeline::new(engine, DecodeLimits { max_bytes: 50_000_000, max_pixels: 100_000_000 }))
}
