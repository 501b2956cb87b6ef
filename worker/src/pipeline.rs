//! The conveyor: bytes in, answer out, through the stages that the tasks need.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_shared::job::Task;
use gradphoto_shared::outcome::{Reason, ReasonCode, StageTime, Standardised};
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result, metrics};
use image::RgbImage;
use sha2::{Digest, Sha256};

use crate::code;
use crate::model::Engine;
use crate::stage::decode::{DecodeLimits, Source};
use crate::stage::encode::{Encoded, encode};
use crate::stage::matte::Matted;
use crate::stage::place::Placed;
use crate::stage::view::View;
use crate::stage::{Stop, compose, detect, landmark, matte, outline, place};

/// What came off the conveyor.
#[derive(Clone, Debug)]
pub struct Product {
    /// The answer to `standardise`, where it was asked for.
    pub standardise: Option<StandardiseProduct>,
    /// The answer to `read_code`, where it was asked for.
    pub read_code: Option<ReadCodeOutcome>,
    /// Time per stage, in the order they ran.
    pub stages: Vec<StageTime>,
}

/// The answer to `standardise`, with the picture still in memory.
#[derive(Clone, Debug)]
pub enum StandardiseProduct {
    /// The certificate picture.
    Finished {
        /// Everything about it.
        facts: Box<Standardised>,
        /// The file itself.
        jpeg: Vec<u8>,
    },
    /// Refused, most important reason first.
    Refused(Vec<ReasonCode>),
}

impl StandardiseProduct {
    /// The reasons as they are shown.
    #[must_use]
    pub fn reasons(codes: &[ReasonCode]) -> Vec<Reason> {
        codes.iter().copied().map(Reason::from).collect()
    }
}

/// One thread's conveyor: it owns its models.
#[derive(Debug)]
pub struct Pipeline {
    /// Absent where no task needs a model.
    engine: Option<Engine>,
    limits: DecodeLimits,
}

impl Pipeline {
    /// A conveyor over loaded models that refuses photos past `limits`.
    #[must_use]
    pub fn new(engine: Engine, limits: DecodeLimits) -> Self {
        Self { engine: Some(engine), limits }
    }

    /// A conveyor for tasks that need no model: `read_code`.
    #[must_use]
    pub fn without_models(limits: DecodeLimits) -> Self {
        Self { engine: None, limits }
    }

    /// Does `tasks` on a photo. `go_on` is asked between stages; once it says no the work is dropped and
    /// the answer is `None`.
    ///
    /// # Errors
    /// [`Error::Model`]; [`Error::Broken`] when a stage broke, after which the conveyor is as good as
    /// before. A poor photo is an answer, not an error.
    pub fn run(
        &mut self,
        photo: &[u8],
        tasks: &[Task],
        spec: &Spec,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Product>> {
        let mut run = Run { go_on, stage: "start", stages: Vec::new() };
        let standardise = if tasks.contains(&Task::Standardise) {
            // Stages keep nothing between photos, so whatever one left half done goes with its unwinding.
            let work = AssertUnwindSafe(|| self.standardise(photo, spec, &mut run));
            match catch_unwind(work) {
                Ok(Ok(product)) => Some(product),
                Ok(Err(Leave::Stopped)) => return Ok(None),
                Ok(Err(Leave::Because(Stop::Refused(code)))) => Some(StandardiseProduct::Refused(vec![code])),
                Ok(Err(Leave::Because(Stop::Failed(error)))) => return Err(error),
                Err(_) => return Err(Error::Broken { stage: run.stage }),
            }
        } else {
            None
        };
        let read_code = if tasks.contains(&Task::ReadCode) {
            let work =
                AssertUnwindSafe(|| run.stage("read_code", || code::read(photo, &self.limits).map_err(Stop::from)));
            match catch_unwind(work) {
                Ok(Ok(outcome)) => Some(outcome),
                Ok(Err(Leave::Stopped)) => return Ok(None),
                Ok(Err(Leave::Because(Stop::Refused(code)))) => Some(ReadCodeOutcome::because(code)),
                Ok(Err(Leave::Because(Stop::Failed(error)))) => return Err(error),
                Err(_) => return Err(Error::Broken { stage: run.stage }),
            }
        } else {
            None
        };
        Ok(Some(Product { standardise, read_code, stages: run.stages }))
    }

    fn standardise(&mut self, photo: &[u8], spec: &Spec, run: &mut Run<'_>) -> Result<StandardiseProduct, Leave> {
        let engine = self.engine.as_mut().ok_or_else(without_models)?;
        let source = run.stage("decode", || Ok(Source::open(photo, &self.limits)?))?;
        let view = run.stage("decode", || Ok(View::working(&source)?))?;
        let located = run.stage("detect", || detect::detect(&mut engine.detector, &view))?;
        let wanted = located.wanted_scale(spec.placement.face_width_px.target);
        let view = run.stage("decode", || Ok(view.refined(&source, wanted)?))?;
        let face =
            run.stage("landmark", || landmark::landmark(&mut engine.landmarker, &view, &located, &spec.input))?;
        let outlined = run.stage("outline", || outline::outline(&mut engine.matter, &view, &face))?;
        let placed = run.stage("place", || Ok(place::place(&face, &outlined, view.size, spec)?))?;
        let view = run.stage("decode", || Ok(view.refined(&source, placed.scale)?))?;
        let matted = run.stage("matte", || matte::matte(engine, &view, &face, &placed, &spec.picture))?;
        let picture = run.stage("compose", || Ok(compose::compose(&matted, spec.picture.background)))?;
        let encoded = run.stage("encode", || Ok(encode(&picture, spec)?))?;
        Ok(finished(spec, &placed, &matted, &picture, encoded))
    }
}

fn finished(spec: &Spec, placed: &Placed, matted: &Matted, picture: &RgbImage, encoded: Encoded) -> StandardiseProduct {
    let notes = [
        (placed.scale > 1.0, ReasonCode::Enlarged),
        (!encoded.in_window, ReasonCode::SizeWindowMissed),
        (!spec.placement.hair_top_px.holds(placed.placement.hair_top_px), ReasonCode::HairAboveWindow),
        (matted.is_unsure(), ReasonCode::MatteUnsure),
    ];
    let facts = Standardised {
        sha256: hex::encode(Sha256::digest(&encoded.bytes)),
        bytes: encoded.bytes.len() as u64,
        quality: encoded.quality,
        width_px: picture.width(),
        height_px: picture.height(),
        dpi: spec.picture.dpi,
        background: spec.picture.background,
        placement: placed.placement,
        matte_confidence: matted.confidence,
        notes: notes.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code.into()).collect(),
    };
    StandardiseProduct::Finished { facts: Box::new(facts), jpeg: encoded.bytes }
}

fn without_models() -> Leave {
    Leave::Because(Stop::Failed(Error::Pack("no models are loaded".to_owned())))
}

/// Why the conveyor ends before its end.
enum Leave {
    /// Nobody wants the work any more.
    Stopped,
    /// A stage said so.
    Because(Stop),
}

/// One photo on its way: takes the time of each stage and asks whether to go on.
struct Run<'a> {
    go_on: &'a dyn Fn() -> bool,
    stage: &'static str,
    stages: Vec<StageTime>,
}

impl Run<'_> {
    fn stage<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T, Stop>) -> Result<T, Leave> {
        if !(self.go_on)() {
            return Err(Leave::Stopped);
        }
        self.stage = name;
        let start = Instant::now();
        let done = work();
        self.took(name, start.elapsed());
        done.map_err(Leave::Because)
    }

    /// A stage that works in several steps is one stage to whoever reads the times.
    fn took(&mut self, name: &'static str, took: Duration) {
        metrics::stage_ran(name, took);
        let ms = took.as_secs_f64() * 1e3;
        match self.stages.iter_mut().find(|time| time.stage == name) {
            Some(time) => time.ms += ms,
            None => self.stages.push(StageTime { stage: name.to_owned(), ms }),
        }
    }
}
