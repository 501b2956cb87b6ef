//! `dispatcher sessions export`.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::ValueHint;
use gradphoto_shared::name::SessionId;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Response;

use crate::api::ExportFormat;
use crate::client::{Client, Failure};
use crate::config::ServerArgs;

pub(super) const EXAMPLES: &str = "Examples:
  dispatcher sessions export 2026-spring --out 2026-spring.zip
  dispatcher sessions export 2026-spring --out spring.zip --template '{session}/{subject}_{generation}.jpg'
  dispatcher sessions export 2026-spring --out list.xlsx

The file appears once it is whole; until then it lies beside as FILE.part.";

/// What `dispatcher sessions export` takes.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The session.
    id: SessionId,
    /// The file: .zip for pictures and list, .csv or .xlsx for the list alone.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// Names of the pictures: {subject}, {session}, {generation}, {job}, and / for folders.
    #[arg(long, default_value = "{subject}.jpg")]
    template: String,
    #[command(flatten)]
    server: ServerArgs,
}

impl Args {
    pub(super) fn server(&self) -> &ServerArgs {
        &self.server
    }
}

/// Exports; answers what to print.
pub(super) async fn export(client: &Client, args: &Args) -> Result<String, Failure> {
    let format = format(&args.out)?;
    let mut response = client.export(&args.id, format, &args.template).await?;
    let count = |name: &str| -> u64 {
        response.headers().get(name).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or_default()
    };
    let (rows, open) = (count("gradphoto-rows"), count("gradphoto-open-jobs"));
    let part = beside(&args.out);
    if let Err(failure) = fetch(&mut response, &part).await {
        // A piece of an archive is of no use to anybody.
        let _ = std::fs::remove_file(&part);
        return Err(failure);
    }
    std::fs::rename(&part, &args.out).map_err(|cause| unwritable(&args.out, &cause))?;
    let missing = match open {
        0 => String::new(),
        open => format!("; {open} jobs have no answer yet and are not in it"),
    };
    Ok(format!("{} holds {rows} rows of {}{missing}\n", args.out.display(), args.id))
}

async fn fetch(response: &mut Response, part: &Path) -> Result<(), Failure> {
    let mut file = std::fs::File::create(part).map_err(|cause| unwritable(part, &cause))?;
    let bar = bar(response.content_length());
    while let Some(piece) = response.chunk().await.map_err(|_| broken())? {
        file.write_all(&piece).map_err(|cause| unwritable(part, &cause))?;
        bar.inc(piece.len() as u64);
    }
    bar.finish_and_clear();
    file.sync_all().map_err(|cause| unwritable(part, &cause))
}

/// How much is there; of an archive nobody knows before how much there will be.
fn bar(length: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match length {
        Some(length) => (ProgressBar::new(length), "{bar:40} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}  {bytes_per_sec}  {elapsed}"),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the template is lawful"))
}

fn format(out: &Path) -> Result<ExportFormat, Failure> {
    let ending = out.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let known = [ExportFormat::Zip, ExportFormat::Csv, ExportFormat::Xlsx];
    let found = known.into_iter().find(|format| format.ending() == ending);
    found.ok_or_else(|| failure("invalid_out", "an export is a .zip, .csv or .xlsx"))
}

fn beside(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    out.with_file_name(name)
}

fn broken() -> Failure {
    failure("broken_off", "the export broke off; try again")
}

fn unwritable(path: &Path, cause: &std::io::Error) -> Failure {
    failure("unwritable", &format!("cannot write {}: {cause}", path.display()))
}

fn failure(code: &str, message: &str) -> Failure {
    Failure { code: code.to_owned(), message: message.to_owned(), passing: false, retry_after: None }
}
