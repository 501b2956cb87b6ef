//! `worker models pull`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use gradphoto_shared::{Error, Result};
use serde::Serialize;

use super::progress::Progress;
use crate::pack::manifest::Manifest;
use crate::pack::pull::{Pulled, Request, pull};
use crate::pack::{Role, Wish};

/// What `worker models pull` takes.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  worker models pull                                       the base pack
  worker models pull --pack base,sample                    and photos to try it on
  worker models pull --pack full --from ../shared/models   from files that are here already
  worker models pull --role check                          and what only the rules of check ask
  worker models pull --role embed                          and its face descriptor, for search; needs npm
  worker models pull --device cuda                         with ONNX Runtime for CUDA 12

What is there already is kept; a pull that was stopped goes on where it was.")]
pub(in crate::cmd) struct PullArgs {
    /// Packs to fetch: base, full, sample.
    #[arg(long = "pack", value_name = "NAME", value_delimiter = ',', default_value = "base")]
    packs: Vec<String>,
    /// Optional models to fetch besides those that every worker needs: check, embed, or all that the packs have.
    #[arg(long = "role", value_name = "ROLE", value_delimiter = ',', value_enum)]
    roles: Vec<Choice>,
    /// Folder with the files of a pack, laid out as its manifest says, or with wheels and npm's packages; asked
    /// before any network.
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Which build of ONNX Runtime to fetch with it.
    #[arg(long, value_enum, default_value_t = Build::Cpu)]
    device: Build,
    /// Answer as JSON, one object per file.
    #[arg(long)]
    json: bool,
}

/// An optional role, or all.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    /// What only the rules of check ask.
    Check,
    /// One face as numbers, for search.
    Embed,
    /// All that the packs have.
    All,
}

impl Choice {
    fn wish(self) -> Option<Wish> {
        match self {
            Self::Check => Some(Wish::Check),
            Self::Embed => Some(Wish::Embed),
            Self::All => None,
        }
    }

    fn means(self, role: Role) -> bool {
        role.is_optional() && (self.wish().is_none() || self.wish() == role.wish())
    }
}

/// A build of ONNX Runtime.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Build {
    /// For processors.
    Cpu,
    /// For CUDA 12 with cuDNN 9.
    Cuda,
}

#[derive(Serialize)]
struct Row {
    pack: String,
    path: PathBuf,
    bytes: u64,
    /// `kept` or `fetched`.
    state: &'static str,
}

pub(super) fn run(args: &PullArgs, home: &Path) -> Result<()> {
    let runtime = match args.device {
        Build::Cpu => "runtime-cpu",
        Build::Cuda => "runtime-cuda",
    };
    let mut packs: Vec<String> = Vec::new();
    for name in args.packs.iter().map(String::as_str).chain([runtime]) {
        if !packs.iter().any(|known| known == name) {
            packs.push(name.to_owned());
        }
    }
    let progress = Progress::start();
    let roles = roles(&args.roles, &packs)?;
    let request = Request { packs: &packs, roles: &roles, from: args.from.as_deref() };
    let pulled = pull(Manifest::ours(), home, &request, &mut |step| progress.tell(step));
    progress.end();
    let rows: Vec<_> = pulled?.into_iter().map(Row::from).collect();
    super::answer(&rows, args.json, |row| format!("{:<8} {:<13} {}", row.state, row.pack, row.path.display()))
}

/// The roles behind the choices.
fn roles(choices: &[Choice], packs: &[String]) -> Result<Vec<Role>> {
    let mut roles = Vec::new();
    for choice in choices {
        let before = roles.len();
        for name in packs {
            let files = Manifest::ours().pack(name)?.files();
            let wished = files.filter_map(|file| file.role).filter(|role| choice.means(*role));
            roles.extend(wished);
        }
        if let (Some(wish), true) = (choice.wish(), roles.len() == before) {
            return Err(Error::Pack(format!("no model for {} in {}", wish.name(), packs.join(", "))));
        }
    }
    Ok(roles)
}

impl From<Pulled> for Row {
    fn from(pulled: Pulled) -> Self {
        let state = if pulled.kept { "kept" } else { "fetched" };
        Self { pack: pulled.pack, path: pulled.path, bytes: pulled.bytes, state }
    }
}
