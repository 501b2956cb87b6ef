//! What the person or the script sees.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr, stdout};

use gradphoto_shared::check::Advice;
use gradphoto_shared::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};

use crate::local::{Answer, Language, Outcome};

/// A line or a row for every file, a bar, and counts at the end.
pub(super) struct Told {
    json: bool,
    language: Language,
    bar: ProgressBar,
    total: usize,
    passed_over: usize,
    outcomes: [usize; 4],
    /// By [`Advice`].
    advices: [usize; 3],
    codes: BTreeMap<String, usize>,
}

impl Told {
    pub(super) fn new(json: bool, language: Language, total: usize, passed_over: usize) -> Self {
        let bar = if stderr().is_terminal() { ProgressBar::new(total as u64) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} photos, {per_sec}, {eta} to go");
        bar.set_style(style.expect("the template is written above"));
        Self { json, language, bar, total, passed_over, outcomes: [0; 4], advices: [0; 3], codes: BTreeMap::new() }
    }

    pub(super) fn take(&mut self, answer: &Answer) -> Result<()> {
        self.outcomes[answer.outcome as usize] += 1;
        if let Some(check) = &answer.check {
            self.advices[check.advice as usize] += 1;
        }
        for code in answer.codes() {
            *self.codes.entry(code.to_owned()).or_default() += 1;
        }
        let line = if self.json { to_json(answer)? } else { answer.row(self.language) };
        self.bar.suspend(|| writeln!(stdout(), "{line}")).map_err(output_failed)?;
        self.bar.inc(1);
        Ok(())
    }

    pub(super) fn end(self) -> Result<()> {
        self.bar.finish_and_clear();
        let count = |outcome: Outcome| self.outcomes[outcome as usize];
        if !self.json {
            let (finished, refused, errors) =
                (count(Outcome::Finished), count(Outcome::Refused), count(Outcome::Error));
            let mut text = match count(Outcome::Answered) {
                0 => format!("{} files: {finished} finished, {refused} refused, {errors} errors", self.total),
                answered => format!("{} files: {answered} answered, {errors} errors", self.total),
            };
            let advices = [Advice::Accept, Advice::Review, Advice::Retake];
            let advices = advices.map(|advice| (advice.name(), self.advices[advice as usize]));
            let codes = self.codes.iter().map(|(code, &times)| (code.as_str(), times));
            for (word, times) in advices.into_iter().filter(|(_, times)| *times > 0).chain(codes) {
                text += &format!("\n  {word} {times}");
            }
            if self.passed_over > 0 {
                text += &format!("\n  ({} other files passed over: their endings are no pictures')", self.passed_over);
            }
            writeln!(stdout(), "{text}").map_err(output_failed)?;
        }
        let answered: usize = self.outcomes.iter().sum();
        match count(Outcome::Error) {
            _ if answered < self.total => {
                Err(Error::Config(format!("stopped after {answered} of {} files", self.total)))
            }
            0 => Ok(()),
            errors => Err(Error::Config(format!("{errors} of {} files got no answer", self.total))),
        }
    }
}

fn to_json(answer: &Answer) -> Result<String> {
    serde_json::to_string(answer).map_err(|cause| Error::io("write an answer as JSON", cause.into()))
}

fn output_failed(cause: std::io::Error) -> Error {
    Error::io("write to standard output", cause)
}
