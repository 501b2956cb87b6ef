//! `worker search`.

mod report;

use std::io::{IsTerminal, stderr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};
use gradphoto_shared::face::FaceModel;
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};

use self::report::{Report, Searched};
use crate::config::LimitArgs;
use crate::face::{Entry, Gallery};
use crate::local::{FaceOrder, Language, Photo, Seen, find};
use crate::model::{Device, Engine, Runtime};
use crate::pack::{self, Pack, Role};
use crate::pipeline::Pipeline;

const EXAMPLES: &str = "\
Examples:
  worker search --pack full --gallery session/ --probe phone.jpg
  worker search --pack full --gallery session/ --probe phones/ --lang zh      reasons in Chinese
  worker search --pack full --gallery session/ --probe phones/ --json > answers.jsonl
  worker search --pack full --gallery session/ --probe phones/ --candidates 5     for reviewers
  worker search --pack full --gallery session/ --probe phone.jpg --doubles     and who is there twice

The face descriptor is fetched once by `worker models pull --pack full --role embed`.
Answers: found (one photo beyond reasonable doubt), uncertain and not_found (nobody is shown), unusable (with the
reasons). A file that lies in both folders is found as itself.
The exit code is 0 when every file got an answer, 1 when a file could not be read or worked on.";

/// What `worker search` takes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct SearchArgs {
    /// The session's photos: folders (walked in order of names) and files.
    #[arg(long, required = true, num_args = 1.., value_name = "DIR|FILE", value_hint = ValueHint::AnyPath)]
    gallery: Vec<PathBuf>,
    /// Photos of people who are looked for.
    #[arg(long, required = true, num_args = 1.., value_name = "DIR|FILE", value_hint = ValueHint::AnyPath)]
    probe: Vec<PathBuf>,
    /// Model pack; `worker models pull --role embed` fetches what it needs.
    #[arg(long, default_value = "base", value_parser = ["base", "full"])]
    pack: String,
    /// Where the models run: cpu, cuda, cuda:NUMBER, or auto (cuda:0 where it works).
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Photos worked on at once, each with its own models in memory. [default: the processor's cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Also list the N photos that come nearest to each: for reviewers, never for students.
    #[arg(long, value_name = "N", default_value_t = 0)]
    candidates: usize,
    /// Also list photos of the gallery that look like one person or are one shot.
    #[arg(long)]
    doubles: bool,
    /// Document standard, whose limits say when a second face in the picture counts.
    #[arg(long, default_value = "chsi", value_parser = PossibleValuesParser::new(Spec::presets()))]
    spec: String,
    /// Write one JSON line per file instead of a table.
    #[arg(long)]
    json: bool,
    /// Language of the table's sentences.
    #[arg(long, value_enum, default_value_t = Language::En)]
    lang: Language,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(args: SearchArgs, home: &Path) -> Result<()> {
    // Nobody is found in a folder that is not there, which would be told of everybody who is looked for.
    if let Some(absent) = args.gallery.iter().find(|path| !path.exists()) {
        return Err(Error::Config(format!("--gallery {}: no such file or folder", absent.display())));
    }
    let (gallery_photos, probes) = (photos("--gallery", &args.gallery)?, photos("--probe", &args.probe)?);
    let pack = Pack::open(home, &args.pack)?;
    need_descriptor(&pack, &args.pack)?;
    let runtime = Runtime::open(&pack::runtime_library(home)?, args.device)?;
    let limits = args.limits.limits();
    let start = || Ok(Pipeline::new(Engine::load(&runtime, &pack)?, limits));
    let order = FaceOrder {
        spec: Spec::preset(&args.spec)?,
        max_bytes: limits.max_bytes,
        threads: args.threads.unwrap_or_else(|| thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)),
    };
    let mut report = Report::new(args.json, args.lang);
    let mut gallery: Option<Gallery<PathBuf>> = None;
    let bar = bar("gallery", gallery_photos.len());
    order.run(&gallery_photos, &start, &mut |seen: Seen| {
        let told = match seen.face {
            Ok(face) => {
                let room = into(&mut gallery, &face.model)?;
                room.insert(Entry { photo: seen.path, subject: None, face });
                Ok(())
            }
            Err(unseen) => bar.suspend(|| report.left_out(&seen.path, unseen)),
        };
        bar.inc(1);
        told
    })?;
    bar.finish_and_clear();
    let gallery =
        gallery.ok_or_else(|| Error::Config("no photo of --gallery shows a face to search among".to_owned()))?;
    let bar = self::bar("searched", probes.len());
    order.run(&probes, &start, &mut |seen: Seen| {
        let searched = search(&gallery, seen, args.candidates);
        let told = bar.suspend(|| report.searched(searched));
        bar.inc(1);
        told
    })?;
    bar.finish_and_clear();
    if args.doubles {
        gallery.doubles().into_iter().try_for_each(|double| report.double(&double))?;
    }
    report.end(&gallery)
}

/// Says how to fetch the face descriptor where the pack of that name has none.
pub(super) fn need_descriptor(pack: &Pack, name: &str) -> Result<()> {
    if pack.model(Role::Embed).is_some() {
        return Ok(());
    }
    let command = format!("worker models pull --pack {name} --role embed");
    Err(Error::Pack(format!("the pack {name} has no face descriptor; fetch it with `{command}`")))
}

/// The gallery, made for the model of its first face.
fn into<'a>(gallery: &'a mut Option<Gallery<PathBuf>>, model: &FaceModel) -> Result<&'a mut Gallery<PathBuf>> {
    let made = match gallery.take() {
        Some(gallery) => gallery,
        None => Gallery::new(model.clone())?,
    };
    Ok(gallery.insert(made))
}

/// Searches with one photo.
fn search(gallery: &Gallery<PathBuf>, seen: Seen, candidates: usize) -> Searched {
    let (answer, candidates) = match seen.face {
        Err(unseen) => (Err(unseen), Vec::new()),
        Ok(face) => (Ok(gallery.decide(&face.descriptor)), gallery.candidates(&face.descriptor, candidates)),
    };
    Searched { probe: seen.path, answer, candidates }
}

/// The photos that an option names, one at least.
fn photos(option: &str, inputs: &[PathBuf]) -> Result<Vec<Photo>> {
    let photos = find(inputs, Path::new("")).photos;
    let none = || Error::Config(format!("no photos among the files and folders given to {option}"));
    (!photos.is_empty()).then_some(photos).ok_or_else(none)
}

fn bar(what: &str, total: usize) -> ProgressBar {
    let bar = if stderr().is_terminal() { ProgressBar::new(total as u64) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template(&format!("{what} {{bar:40}} {{pos}}/{{len}} photos, {{eta}} to go"));
    bar.set_style(style.expect("the template is written above"));
    bar
}
