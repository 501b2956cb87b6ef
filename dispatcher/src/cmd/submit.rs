//! `dispatcher submit`.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gradphoto_shared::job::Task;
use gradphoto_shared::lane::{LANES, Lane};
use gradphoto_shared::name::SessionId;
use gradphoto_shared::session::SessionState;
use gradphoto_shared::spec::Overrides;
use gradphoto_shared::{Error, Result};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::status::{client, told};
use crate::api::NewSession;
use crate::client::{Client, Order, Progress, submit};
use crate::config::ServerArgs;

mod report;

pub(super) const EXAMPLES: &str = "Examples:
  dispatcher submit photos/ --session spring --create --out finished/
  dispatcher submit 25103003.jpg --session spring --subject-from-name --wait
  dispatcher submit photos/ --session spring --tasks standardise,check,enrol --wait
  dispatcher submit archive/ --session spring --lane bulk --json > submitted.jsonl

Exit code 0 when every file got an answer; a refusal of a photo is an answer. A file that is not there, or whose name
is no lawful id with --subject-from-name, gets none.";

/// Endings of files that a folder is searched for. Other files count when they are named themselves.
const PICTURES: [&str; 10] = ["jpg", "jpeg", "jpe", "png", "webp", "heic", "heif", "bmp", "gif", "tif"];

/// What `dispatcher submit` takes.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Photos, or folders to search for photos.
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// The session that the photos belong to.
    #[arg(long)]
    session: SessionId,
    /// Make the session first, open, if it does not exist.
    #[arg(long)]
    create: bool,
    /// Document standard of a session that is made.
    #[arg(long, default_value = "chsi")]
    spec: String,
    /// Wait until every photo is answered.
    #[arg(long)]
    wait: bool,
    /// Folder for the finished pictures, results.csv and results.jsonl; implies --wait.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How urgent.
    #[arg(long, default_value = "online", value_parser = lane())]
    lane: Lane,
    /// What to do with each photo, parted by commas.
    #[arg(long, value_name = "TASK,..", value_delimiter = ',', default_value = "standardise", value_parser = task())]
    tasks: Vec<Task>,
    /// The file's name without its ending is the student's id: 1 to 64 of A-Z a-z 0-9 _ . -, a letter or digit first,
    /// and not shaped like a national ID number.
    #[arg(long)]
    subject_from_name: bool,
    /// Print one JSON object per file instead of a table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: Args) -> Result<()> {
    let client = client(&args.server)?;
    let files = find(&args.paths);
    if files.is_empty() {
        return Err(Error::Config("no photos found".into()));
    }
    if let Some(out) = &args.out {
        std::fs::create_dir_all(out).map_err(|cause| Error::io(format!("make the folder {}", out.display()), cause))?;
    }
    let rows = super::runtime(None)?.block_on(work(&client, &args, files))?;
    if let Some(out) = &args.out {
        report::write(out, &rows)?;
    }
    let text = if args.json { report::json_lines(&rows) } else { report::summary(&rows) };
    super::print(&text)?;
    report::failures(&rows).map_or(Ok(()), |told| Err(Error::Config(told)))
}

fn lane() -> impl TypedValueParser<Value = Lane> {
    PossibleValuesParser::new(LANES.map(|row| row.name)).try_map(|name| name.parse::<Lane>())
}

fn task() -> impl TypedValueParser<Value = Task> {
    // Searching has a command of its own, which waits for the one answer; sheets are of many photos.
    let alone = Task::ALL.into_iter().filter(|task| !task.looks_for_somebody() && *task != Task::Layout);
    PossibleValuesParser::new(alone.map(Task::name)).try_map(|name| name.parse::<Task>())
}

async fn work(client: &Client, args: &Args, files: Vec<PathBuf>) -> Result<Vec<crate::client::Row>> {
    if args.create {
        let new = NewSession {
            id: args.session.clone(),
            spec: args.spec.clone(),
            overrides: Overrides::default(),
            state: SessionState::Open,
            retain_until_ms: None,
        };
        client.create_session(&new).await.map_err(|failure| told(client, &failure))?;
    }
    let order = Order {
        session: args.session.clone(),
        lane: args.lane,
        tasks: args.tasks.clone(),
        subject_from_name: args.subject_from_name,
        wait: args.wait || args.out.is_some(),
        out: args.out.clone(),
    };
    let bars = Bars::new(files.len(), order.wait);
    let rows = submit(client, &order, files, &bars).await.map_err(|failure| told(client, &failure))?;
    bars.finish();
    Ok(rows)
}

/// Files in order; folders are searched with their subfolders. What cannot be read is kept: it becomes a row.
fn find(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() { search(path, &mut found) } else { found.push(path.clone()) }
    }
    found
}

fn search(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        found.push(folder.to_path_buf());
        return;
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    for path in paths {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        // A link to a folder above would never end.
        if path.is_dir() && !path.is_symlink() {
            search(&path, found);
        } else if PICTURES.contains(&ending.as_str()) {
            found.push(path);
        }
    }
}

/// Two bars on a terminal, nothing elsewhere.
struct Bars {
    upload: ProgressBar,
    answer: ProgressBar,
}

impl Bars {
    fn new(files: usize, wait: bool) -> Self {
        let bars = MultiProgress::new();
        let style = ProgressStyle::with_template("{msg:>9} {bar:40} {pos}/{len}  {per_sec}  {eta}");
        let style = style.expect("the template is lawful");
        let bar = |name| {
            let bar = bars.add(ProgressBar::new(files as u64).with_style(style.clone()));
            bar.with_message(name)
        };
        Self { upload: bar("uploaded"), answer: if wait { bar("answered") } else { ProgressBar::hidden() } }
    }

    fn finish(&self) {
        self.upload.finish();
        self.answer.finish();
    }
}

impl Progress for Bars {
    fn uploaded(&self) {
        self.upload.inc(1);
    }

    fn answered(&self, count: usize) {
        self.answer.set_position(count as u64);
    }
}
