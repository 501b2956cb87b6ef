//! `worker process`.

mod references;
mod told;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use gradphoto_shared::job::Task;
use gradphoto_shared::shutdown::{self, Shutdown};
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result};

use self::told::Told;
use super::search::need_descriptor;
use crate::config::{FontArgs, LimitArgs};
use crate::evidence::{Form, When};
use crate::layout::Font;
use crate::local::{Drawn, FaceOrder, Language, Order, find};
use crate::model::{Device, Engine, Runtime};
use crate::pack::{self, Pack};
use crate::pipeline::{Besides, Pipeline};
use crate::preview::Watermark;
use crate::report::Report;

const EXAMPLES: &str = "\
Examples:
  worker process --out finished photos/            all photos of a folder
  worker process --out finished --json a.jpg b.png > answers.jsonl
  worker process --tasks check --lang zh photos/    every rule that does not pass, in Chinese
  worker process --tasks standardise,check --evidence svg --lang zh --out finished photos/
  worker process --tasks standardise,check --report report.html --lang zh --out finished photos/
  worker process --tasks check --reference admission/ photos/    none may be a shot of admission/
  worker process --tasks read_code --json screenshots/
  worker process --pack full --device cuda --threads 4 --out finished photos/

A refused photo is an answer: the exit code is 0 when every file got one,
1 when a file could not be read or worked on. Ctrl-C ends the work within a
stage of each photo in hand; what is answered is whole, and no part of a
picture stays behind.";

/// What `worker process` takes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ProcessArgs {
    /// Photos, and folders of photos (walked in order of names; hidden files are left out).
    #[arg(required = true, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    inputs: Vec<PathBuf>,
    /// Folder for finished and evidence pictures; needed only where some are made.
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
    /// Write an evidence picture of every checked photo, NAME.evidence.svg or NAME.evidence.jpeg: the photo with
    /// everything that did not pass marked in it, and readings, limits and sentences beside.
    #[arg(long, value_enum, value_name = "FORM")]
    evidence: Option<Form>,
    /// Write one page about all photos: counts, filters, pictures before and after, findings in both languages. The
    /// marked photos lie in a folder beside it.
    #[arg(long, value_name = "FILE.html", value_hint = ValueHint::FilePath)]
    report: Option<PathBuf>,
    /// Write a preview of every finished picture under this watermark, NAME.preview.jpeg; 1 to 24 letters, for
    /// example PREVIEW. Chinese letters need a font: one of the machine, or --font.
    #[arg(long, value_name = "TEXT")]
    preview: Option<String>,
    /// Language of the table's sentences and of evidence pictures.
    #[arg(long, value_enum, default_value_t = Language::En)]
    lang: Language,
    /// Photos that no checked one may be the same shot as (rule `same_shot`), for example those of other documents:
    /// files, and folders of them; may be said again. Needs the face descriptor.
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    reference: Vec<PathBuf>,
    #[command(flatten)]
    letters: FontArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(args: ProcessArgs, home: &Path) -> Result<()> {
    // Nothing else is written there.
    let writes = args.tasks.contains(&Task::Standardise) || args.evidence.is_some();
    if writes && args.out.is_none() {
        return Err(Error::Config("say with --out where finished and evidence pictures go".to_owned()));
    }
    let found = find(&args.inputs, args.out.as_deref().unwrap_or(Path::new("")));
    if found.photos.is_empty() {
        return Err(Error::Config("no photos among the files and folders given".to_owned()));
    }
    if args.preview.is_some() && !args.tasks.contains(&Task::Standardise) {
        return Err(Error::Config("a preview shows the finished picture: say --tasks standardise".to_owned()));
    }
    let needs_models = args.tasks.iter().any(|task| *task != Task::ReadCode);
    let models = match needs_models {
        true => Some((Pack::open(home, &args.pack)?, Runtime::open(&pack::runtime_library(home)?, args.device)?)),
        false => None,
    };
    let limits = args.limits.limits();
    let font = args.letters.font.as_deref();
    let evidence = args.evidence.map(|form| drawn(form, args.lang, &args.tasks, font)).transpose()?;
    let besides = Besides {
        evidence: if evidence.is_some() || args.report.is_some() { When::Always } else { When::Never },
        preview: args.preview.as_deref().map(|text| Watermark::new(text, font)).transpose()?,
    };
    let start = || match &models {
        Some((pack, runtime)) => Ok(Pipeline::new(Engine::load(runtime, pack)?, limits).leaving(besides.clone())),
        None => Ok(Pipeline::without_models(limits)),
    };
    let threads = args.threads.unwrap_or_else(|| thread::available_parallelism().unwrap_or(NonZeroUsize::MIN));
    let references = match args.reference.is_empty() {
        true => None,
        false if !args.tasks.contains(&Task::Check) => {
            return Err(Error::Config("references are what check compares with: say --tasks check".to_owned()));
        }
        false => {
            models.iter().try_for_each(|(pack, _)| need_descriptor(pack, &args.pack))?;
            let order = FaceOrder { spec: args.spec.clone(), max_bytes: limits.max_bytes, threads };
            Some(Arc::new(references::describe(&args.reference, &order, &start)?))
        }
    };
    let order = Order {
        spec: args.spec,
        pack: models.as_ref().map_or("none", |(pack, _)| pack.label()).to_owned(),
        max_bytes: limits.max_bytes,
        threads,
        out: args.out,
        tasks: args.tasks,
        evidence,
        references,
        shown: args.report.is_some(),
    };
    let report = args.report.as_deref().map(|path| Report::begin(path, &order.spec.name, &order.pack, args.lang));
    let mut report = report.transpose()?;
    let mut told = Told::new(args.json, args.lang, found.photos.len(), found.passed_over);
    let (_signals, stop) = stop_on_signal()?;
    order.run(&found.photos, &start, &|| !stop.is_cancelled(), &mut |answer| {
        report.as_mut().map_or(Ok(()), |report| report.take(&answer))?;
        told.take(&answer)
    })?;
    report.map_or(Ok(()), Report::end)?;
    told.end()
}

/// How evidence is drawn; only `check` finds any.
fn drawn(form: Form, language: Language, tasks: &[Task], file: Option<&Path>) -> Result<Drawn> {
    if !tasks.contains(&Task::Check) {
        return Err(Error::Config("evidence shows what check finds: say --tasks standardise,check".to_owned()));
    }
    // An SVG is shown with the letters of whoever looks at it.
    let font = match (form, language) {
        (Form::Svg, _) => Font::Latin,
        (Form::Jpeg, Language::En) => Font::for_pages(file)?,
        (Form::Jpeg, Language::Zh) => Font::for_all(["读数限值"].into_iter(), file)?,
    };
    Ok(Drawn { form, language, font: Arc::new(font) })
}

/// The wish to stop, at the first Ctrl-C; it is heard as long as the runtime lives.
fn stop_on_signal() -> Result<(tokio::runtime::Runtime, Shutdown)> {
    let signals = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let signals = signals.map_err(|cause| Error::io("start the runtime that hears signals", cause))?;
    let inside = signals.enter();
    let stop = shutdown::on_signal()?;
    drop(inside);
    Ok((signals, stop))
}

fn task_parser() -> impl TypedValueParser<Value = Task> {
    // Enrolling and searching need a session's gallery, which lies in Redis; sheets are of many photos, and
    // `worker layout` draws them.
    let alone = Task::ALL.into_iter().filter(|task| !task.asks_a_gallery() && *task != Task::Layout);
    PossibleValuesParser::new(alone.map(Task::name)).try_map(|name| name.parse::<Task>())
}
