//! What a pull is doing: a moving line on a terminal, plain lines elsewhere.

use std::time::Duration;

use gradphoto_shared::telemetry;
use indicatif::{ProgressBar, ProgressStyle};

use crate::pack::pull::Step;

/// Shows the steps of a pull on standard error.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn start() -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})").expect("the template is fixed");
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }

    pub(super) fn tell(&self, step: Step<'_>) {
        let text = match step {
            Step::Waiting => "another pull is at work, waiting for it".to_owned(),
            Step::Fetching(what, bytes) => format!("fetching {what}, {}", size(bytes)),
            Step::Placing(file) => format!("placing {file}"),
        };
        self.show(text);
    }

    /// Clears the moving line.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, text: String) {
        if self.bar.is_hidden() {
            telemetry::say(&text);
        } else {
            self.bar.set_message(text);
            self.bar.reset_elapsed();
        }
    }
}

/// A size for people, in steps of 1000.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        assert_eq!(size(1), "1 kB");
        assert_eq!(size(999_999), "1000 kB");
        assert_eq!(size(35_664_771), "35.6 MB");
    }
}
