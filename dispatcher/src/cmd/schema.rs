//! `dispatcher schema`.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use gradphoto_shared::schema::{DOCUMENTS, Document};
use gradphoto_shared::store::submit_script;
use gradphoto_shared::{Error, Result};

pub(super) const EXAMPLES: &str = "\
Examples:
  dispatcher schema                          list the documents
  dispatcher schema envelope                 what a waiting job looks like
  dispatcher schema --script > submit.lua    the script that enqueues
  dispatcher schema --write shared/schema    refresh the published files";

/// What `dispatcher schema` takes.
#[derive(clap::Args, Debug)]
#[group(multiple = false)]
pub(super) struct Args {
    /// The document to print; without it, the list of them.
    #[arg(value_parser = PossibleValuesParser::new(DOCUMENTS.map(|document| document.name)))]
    name: Option<String>,
    /// Print the Redis script that puts jobs into the queue.
    #[arg(long)]
    script: bool,
    /// Write every document into a folder, over what is there.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<()> {
    if args.script {
        return super::print(&submit_script());
    }
    if let Some(folder) = &args.write {
        return DOCUMENTS.iter().try_for_each(|document| write(folder, document));
    }
    let wanted = args.name.as_deref();
    match DOCUMENTS.iter().find(|document| wanted == Some(document.name)) {
        Some(document) => super::print(&document.text()),
        None => super::print(&DOCUMENTS.iter().map(line).collect::<String>()),
    }
}

fn line(document: &Document) -> String {
    format!("{:<10} v{}  {}\n", document.name, document.version, document.title)
}

fn write(folder: &Path, document: &Document) -> Result<()> {
    let path = folder.join(document.file());
    std::fs::write(&path, document.text()).map_err(|cause| Error::io(format!("write {}", path.display()), cause))
}
