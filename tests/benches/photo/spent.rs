//! What the pipeline spends on photos, stage by stage, alone on its thread or with another thread at work beside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use gradphoto_shared::job::Task;
use gradphoto_shared::spec::Spec;
use gradphoto_worker::model::{Engine, Runtime};
use gradphoto_worker::pack::Pack;
use gradphoto_worker::pipeline::{Pipeline, StandardiseProduct};
use gradphoto_worker::stage::decode::DecodeLimits;
use tracing::Dispatch;
use tracing::dispatcher::with_default;

use crate::Result;
use crate::cpu::{Counted, Meter, used};

const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 50 << 20, max_pixels: 100_000_000 };
/// The tasks of one job.
const TASKS: [Task; 2] = [Task::Standardise, Task::Check];

/// Processor time in milliseconds of all photos, each at its best.
#[derive(Default)]
pub(crate) struct Spent {
    pub(crate) ms: f64,
    /// Of it, each stage and model, with how often it ran.
    pub(crate) spans: Counted,
    /// Photos that came to a certificate picture.
    pub(crate) finished: usize,
    /// The quality of every picture that was made.
    pub(crate) qualities: Vec<u8>,
}

impl Spent {
    /// By one thread, with nothing of ours beside it.
    pub(crate) fn alone(runtime: &Runtime, pack: &Pack, files: &[Vec<u8>], rounds: usize) -> Result<Self> {
        Self::by(&mut pipeline(runtime, pack)?, files, rounds)
    }

    /// By one thread, while another with a pipeline of its own works on the same photos.
    pub(crate) fn beside(runtime: &Runtime, pack: &Pack, files: &[Vec<u8>], rounds: usize) -> Result<Self> {
        let (mut own, mut other) = (pipeline(runtime, pack)?, pipeline(runtime, pack)?);
        let spec = Spec::preset("chsi")?;
        let is_measured = AtomicBool::new(false);
        thread::scope(|scope| {
            let other = scope.spawn(|| -> Result<()> {
                let goes_on = || !is_measured.load(Ordering::Relaxed);
                for file in files.iter().cycle().take_while(|_| goes_on()) {
                    other.run(file, &TASKS, &spec, &goes_on)?;
                }
                Ok(())
            });
            let spent = Self::by(&mut own, files, rounds);
            is_measured.store(true, Ordering::Relaxed);
            other.join().map_err(|_| "the other thread broke")??;
            spent
        })
    }

    fn by(pipeline: &mut Pipeline, files: &[Vec<u8>], rounds: usize) -> Result<Self> {
        let spec = Spec::preset("chsi")?;
        let meter = Dispatch::new(Meter::default());
        let mut spent = Self::default();
        for file in files {
            let mut best: Option<(f64, Counted)> = None;
            for _ in 0..rounds.max(1) {
                let start = used();
                let product = with_default(&meter, || pipeline.run(file, &TASKS, &spec, &|| true))?.ok_or("stopped")?;
                let took = (used() - start).as_secs_f64() * 1e3;
                let counted = meter.downcast_ref::<Meter>().ok_or("another meter")?.take();
                if best.as_ref().is_none_or(|(least, _)| took < *least) {
                    best = Some((took, counted));
                }
                if let Some(StandardiseProduct::Finished { facts, .. }) = product.standardise {
                    spent.qualities.push(facts.quality);
                }
            }
            let (took, counted) = best.ok_or("no rounds")?;
            spent.finished += usize::from(counted.contains_key(&("stage", "encode".to_owned())));
            spent.ms += took;
            for (key, (ms, times)) in counted {
                let sum = spent.spans.entry(key).or_default();
                *sum = (sum.0 + ms, sum.1 + times);
            }
        }
        Ok(spent)
    }
}

fn pipeline(runtime: &Runtime, pack: &Pack) -> Result<Pipeline> {
    let mut engine = Engine::load(runtime, pack)?;
    engine.warm_up_for_check()?;
    Ok(Pipeline::new(engine, LIMITS))
}
