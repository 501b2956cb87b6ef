//! One photo on its way through the stages.

use std::time::{Duration, Instant};

use gradphoto_shared::metrics;
use gradphoto_shared::outcome::{ReasonCode, StageTime};

use crate::stage::Stop;

/// Why the conveyor ends before its end.
pub(super) enum Leave {
    /// Nobody wants the work any more.
    Stopped,
    /// A stage said so.
    Because(Stop),
}

/// One photo on its way: takes the time of each stage and asks whether to go on.
pub(super) struct Run<'a> {
    go_on: &'a dyn Fn() -> bool,
    /// The stage that ran last.
    pub(super) stage: &'static str,
    /// Time per stage, in the order they ran.
    pub(super) stages: Vec<StageTime>,
}

impl Leave {
    /// Splits off what the photo itself is to blame for, where that does not end the work.
    pub(super) fn unless_refused<T>(done: Result<T, Self>) -> Result<Result<T, ReasonCode>, Self> {
        match done {
            Ok(made) => Ok(Ok(made)),
            Err(Self::Because(Stop::Refused(code))) => Ok(Err(code)),
            Err(leave) => Err(leave),
        }
    }
}

impl From<ReasonCode> for Leave {
    fn from(code: ReasonCode) -> Self {
        Self::Because(code.into())
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(go_on: &'a dyn Fn() -> bool) -> Self {
        Self { go_on, stage: "start", stages: Vec::new() }
    }

    /// What a stage made, by this task or one before.
    pub(super) fn once<'k, T>(
        &mut self,
        kept: &'k mut Option<T>,
        name: &'static str,
        work: impl FnOnce() -> Result<T, Stop>,
    ) -> Result<&'k T, Leave> {
        let made = match kept.take() {
            Some(made) => made,
            None => self.stage(name, work)?,
        };
        Ok(kept.insert(made))
    }

    /// Runs a step of a stage.
    pub(super) fn stage<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T, Stop>) -> Result<T, Leave> {
        if !(self.go_on)() {
            return Err(Leave::Stopped);
        }
        self.stage = name;
        let start = Instant::now();
        let done = tracing::trace_span!("stage", name).in_scope(work);
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
