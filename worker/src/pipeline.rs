//! The conveyor: bytes in, answer out, through the stages that the tasks need.

use gradphoto_shared::Result;
use gradphoto_shared::job::Task;
use gradphoto_shared::outcome::{Reason, ReasonCode, StageTime, Standardised};
use gradphoto_shared::spec::Spec;

/// What came off the conveyor.
#[derive(Clone, Debug)]
pub struct Product {
    /// The answer to `standardise`, where it was asked for.
    pub standardise: Option<StandardiseProduct>,
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

/// One thread's conveyor: it owns its models and buffers.
#[derive(Debug)]
pub struct Pipeline {}

impl Pipeline {
    /// Does `tasks` on a photo. `go_on` is asked between stages; once it says no the work is dropped.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`] and its like. A poor photo is an answer, not an error.
    pub fn run(
        &mut self,
        _photo: &[u8],
        _tasks: &[Task],
        _spec: &Spec,
        _go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Product>> {
        unimplemented!()
    }
}
