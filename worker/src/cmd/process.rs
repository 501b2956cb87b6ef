//! `worker process`.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use gradphoto_shared::job::Task;
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::LimitArgs;
use crate::local::{Answer, Language, Order, Outcome, find};
use crate::model::{Device, Engine, Runtime};
use crate::pack::{self, Pack};
use crate::pipeline::Pipeline;

const EXAMPLES: &str = "\
Examples:
  worker process --out finished photos/            all photos of a folder
  worker process --out finished --json a.jpg b.png > answers.jsonl
  worker process --tasks check --lang zh --out finished photos/    every rule that does not pass, in Chinese
  worker process --tasks read_code --json screenshots/
  worker process --pack full --device cuda --threads 4 --out finished photos/

A refused photo is an answer: the exit code is 0 when every file got one,
1 when a file could not be read or worked on.";

/// What `worker process` takes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ProcessArgs {
    /// Photos, and folders of photos (walked in order of names; hidden files are left out).
    #[arg(required = true, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    inputs: Vec<PathBuf>,
    /// Folder for the finished pictures; not needed where only codes are read.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// What to do with each photo; `worker layout` prints several on sheets.
    #[arg(long, value_name = "TASK,..", value_delimiter = ',', default_value = "standardise", value_parser = task_parser())]
    tasks: Vec<Task>,
    /// Document standard: a built-in one (chsi, ...), or a TOML file that says `base = "chsi"` and what differs.
    #[arg(long, value_name = "NAME|FILE.toml", default_value = "chsi", value_parser = Spec::preset_or_file)]
    spec: Spec,
    /// Model pack; `worker models pull` fetches it.
    #[arg(long, default_value = "base", value_parser = ["base", "full"])]
    pack: String,
    /// Where the models run: cpu, cuda, cuda:NUMBER, or auto (cuda:0 where it works).
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Photos worked on at once, each with its own models in memory. [default: the processor's cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Write one JSON line per file instead of a table: every reading of every rule, in both languages.
    #[arg(long)]
    json: bool,
    /// Language of the table's sentences.
    #[arg(long, value_enum, default_value_t = Language::En)]
    lang: Language,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(args: ProcessArgs, home: &Path) -> Result<()> {
    let makes_pictures = args.tasks.iter().any(|task| *task != Task::ReadCode);
    if makes_pictures && args.out.is_none() {
        return Err(Error::Config("say with --out where the pictures go".to_owned()));
    }
    let found = find(&args.inputs, args.out.as_deref().unwrap_or(Path::new("")));
    if found.photos.is_empty() {
        return Err(Error::Config("no photos among the files and folders given".to_owned()));
    }
    let models = match makes_pictures {
        true => Some((Pack::open(home, &args.pack)?, Runtime::open(&pack::runtime_library(home)?, args.device)?)),
        false => None,
    };
    let limits = args.limits.limits();
    let order = Order {
        spec: args.spec,
        pack: models.as_ref().map_or("none", |(pack, _)| pack.label()).to_owned(),
        max_bytes: limits.max_bytes,
        threads: args.threads.unwrap_or_else(|| thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)),
        out: args.out,
        tasks: args.tasks,
    };
    let start = || match &models {
        Some((pack, runtime)) => Ok(Pipeline::new(Engine::load(runtime, pack)?, limits)),
        None => Ok(Pipeline::without_models(limits)),
    };
    let mut report = Report::new(args.json, args.lang, found.photos.len(), found.passed_over);
    order.run(&found.photos, &start, &mut |answer| report.take(&answer))?;
    report.end()
}

fn task_parser() -> impl TypedValueParser<Value = Task> {
    // Sheets are of many photos: `worker layout` draws them.
    let of_a_photo = Task::ALL.into_iter().filter(|task| *task != Task::Layout).map(Task::name);
    PossibleValuesParser::new(of_a_photo).try_map(|name| name.parse::<Task>())
}

/// What the person or the script sees.
struct Report {
    json: bool,
    language: Language,
    bar: ProgressBar,
    total: usize,
    passed_over: usize,
    outcomes: [usize; 4],
    reasons: BTreeMap<String, usize>,
}

impl Report {
    fn new(json: bool, language: Language, total: usize, passed_over: usize) -> Self {
        let bar = if stderr().is_terminal() { ProgressBar::new(total as u64) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} photos, {per_sec}, {eta} to go");
        bar.set_style(style.expect("the template is written above"));
        Self { json, language, bar, total, passed_over, outcomes: [0; 4], reasons: BTreeMap::new() }
    }

    fn take(&mut self, answer: &Answer) -> Result<()> {
        self.outcomes[answer.outcome as usize] += 1;
        let codes = answer.reasons.iter().map(|reason| reason.code().to_owned());
        let codes = codes.chain(answer.error.iter().map(|error| error.code.clone()));
        let advice = answer.check.iter().map(|check| check.advice.name().to_owned());
        let findings = answer.check.iter().flat_map(|check| check.codes().map(str::to_owned));
        for code in codes.chain(advice).chain(findings) {
            *self.reasons.entry(code).or_default() += 1;
        }
        let line = if self.json { to_json(answer)? } else { answer.row(self.language) };
        self.bar.suspend(|| writeln!(stdout(), "{line}")).map_err(output_failed)?;
        self.bar.inc(1);
        Ok(())
    }

    fn end(self) -> Result<()> {
        self.bar.finish_and_clear();
        let count = |outcome: Outcome| self.outcomes[outcome as usize];
        if !self.json {
            let (finished, refused, errors) =
                (count(Outcome::Finished), count(Outcome::Refused), count(Outcome::Error));
            let mut text = match count(Outcome::Answered) {
                0 => format!("{} files: {finished} finished, {refused} refused, {errors} errors", self.total),
                answered => format!("{} files: {answered} answered, {errors} errors", self.total),
            };
            for (code, times) in &self.reasons {
                text += &format!("\n  {code} {times}");
            }
            if self.passed_over > 0 {
                text += &format!("\n  ({} other files passed over: their endings are no pictures')", self.passed_over);
            }
            writeln!(stdout(), "{text}").map_err(output_failed)?;
        }
        match count(Outcome::Error) {
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
