//! Processor time of a thread, by the spans that it runs in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cpu_time::ThreadTime;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Processor time that the calling thread has used.
pub(crate) fn used() -> Duration {
    ThreadTime::now().as_duration()
}

/// Processor time of spans by their kind (`stage` or `model`) and name, with how often they ran. It serves one thread.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    state: Mutex<State>,
}

/// What a meter counted: milliseconds and times of each kind and name.
pub(crate) type Counted = BTreeMap<(&'static str, String), (f64, u32)>;

#[derive(Debug, Default)]
struct State {
    /// Kind and name of every span that was ever made; its place is its number less one.
    spans: Vec<(&'static str, String)>,
    open: Vec<(u64, Duration)>,
    counted: Counted,
}

impl Meter {
    /// What was counted since the last call.
    pub(crate) fn take(&self) -> Counted {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.counted)
    }
}

impl Subscriber for Meter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && matches!(metadata.name(), "stage" | "model")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut name = Name::default();
        span.record(&mut name);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.spans.push((span.metadata().name(), name.0));
        Id::from_u64(state.spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, span: &Id) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open.push((span.into_u64(), used()));
    }

    fn exit(&self, span: &Id) {
        let now = used();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((number, start)) = state.open.pop().filter(|(number, _)| *number == span.into_u64()) {
            let key = state.spans[usize::try_from(number).unwrap_or(1) - 1].clone();
            let (ms, times) = state.counted.entry(key).or_default();
            *ms += (now - start).as_secs_f64() * 1e3;
            *times += 1;
        }
    }
}

/// The one field of our spans.
#[derive(Default)]
struct Name(String);

impl Visit for Name {
    fn record_str(&mut self, _: &Field, value: &str) {
        value.clone_into(&mut self.0);
    }

    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        self.0 = format!("{value:?}");
    }
}
