//! Fetching: whatever is not there yet is brought, checked, converted and laid in its place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use gradphoto_shared::{Error, Result};

use super::landing::sweep;
use super::manifest::{FileEntry, Manifest, PackEntry, Source};
use super::state::{self, State};
use super::{curl, digest, make, pip};

/// What to pull.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Names of packs, in order.
    pub packs: &'a [String],
    /// A folder to take files and wheels from before any network is asked.
    pub from: Option<&'a Path>,
}

/// What is happening, for the person who waits.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// Another pull works on the same home folder.
    Waiting,
    /// Something is on its way; about so many bytes.
    Fetching(&'a str, u64),
    /// A file is taken out of what was fetched and put in place.
    Placing(&'a str),
    /// A file is in its place.
    Placed(&'a str),
}

/// A file that is in its place now.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// Name and version of its pack.
    pub pack: String,
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Whether it was there before.
    pub kept: bool,
}

/// Brings everything that is not there yet; what is there and right is kept, what differs is replaced. Two
/// pulls at once wait for each other. A pull that was killed leaves no half file and goes on where it was.
///
/// # Errors
/// [`Error::Pack`] or [`Error::Io`] at the first file that cannot be had; files before it stay.
pub fn pull(
    manifest: &Manifest,
    home: &Path,
    request: &Request<'_>,
    tell: &mut dyn FnMut(Step<'_>),
) -> Result<Vec<Pulled>> {
    let packs = request.packs.iter().map(|name| manifest.pack(name)).collect::<Result<Vec<_>>>()?;
    if let Some(from) = request.from.filter(|from| !from.is_dir()) {
        return Err(Error::Pack(format!("{} is not a folder", from.display())));
    }
    if missing(home, &packs)?.is_empty() {
        return Ok(pulled(home, &packs, &[]));
    }
    let cache = home.join("cache");
    fs::create_dir_all(&cache).map_err(|cause| Error::io(format!("make the folder {}", cache.display()), cause))?;
    let _lock = lock(&cache, tell)?;
    for pack in &packs {
        sweep(&home.join(&pack.folder)).map_err(|cause| Error::io("sweep up after a killed pull", cause))?;
    }
    // Whoever held the lock before may have brought it all.
    let missing = missing(home, &packs)?;
    let mut fetcher = Fetcher { manifest, cache: &cache, from: request.from, tell };
    for group in missing.chunk_by(|(_, one), (_, other)| one.source.origin() == other.source.origin()) {
        let fetched = fetcher.fetch(group[0].1)?;
        for (pack, file) in group {
            (fetcher.tell)(Step::Placing(&file.file));
            make::place(&fetched.path, file, &pack.place(home, file)).inspect_err(|_| fetched.forget())?;
            (fetcher.tell)(Step::Placed(&file.file));
        }
        fetched.forget();
    }
    let brought: Vec<_> = missing.iter().map(|(pack, file)| pack.place(home, file)).collect();
    Ok(pulled(home, &packs, &brought))
}

/// The files that are not there or not right, those of one origin side by side.
fn missing<'a>(home: &Path, packs: &[&'a PackEntry]) -> Result<Vec<(&'a PackEntry, &'a FileEntry)>> {
    let mut missing = Vec::new();
    for pack in packs {
        for file in pack.files() {
            if state::of(&pack.place(home, file), file)? != State::Ready {
                missing.push((*pack, file));
            }
        }
    }
    missing.sort_by_key(|(_, file)| file.source.origin());
    Ok(missing)
}

fn pulled(home: &Path, packs: &[&PackEntry], brought: &[PathBuf]) -> Vec<Pulled> {
    let files = packs.iter().flat_map(|pack| pack.files().map(move |file| (pack, file)));
    files
        .map(|(pack, file)| {
            let path = pack.place(home, file);
            Pulled { pack: pack.label(), kept: !brought.contains(&path), path, bytes: file.bytes }
        })
        .collect()
}

/// Takes the home folder for this pull alone; the system lets go of it even when we are killed.
fn lock(cache: &Path, tell: &mut dyn FnMut(Step<'_>)) -> Result<File> {
    let path = cache.join("pull.lock");
    let refused = |cause| Error::io(format!("lock {}", path.display()), cause);
    let file = File::options().create(true).append(true).open(&path).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            tell(Step::Waiting);
            file.lock().map_err(refused)?;
        }
        Err(fs::TryLockError::Error(cause)) => return Err(refused(cause)),
    }
    Ok(file)
}

/// Brings the files that others are taken out of.
struct Fetcher<'a, 'b> {
    manifest: &'a Manifest,
    cache: &'a Path,
    from: Option<&'a Path>,
    tell: &'b mut dyn FnMut(Step<'_>),
}

/// A file that others are taken out of.
struct Fetched {
    path: PathBuf,
    /// Whether it is ours to remove.
    cached: bool,
}

impl Fetched {
    /// Removes it, if it lies in the cache. One that stays costs room, not correctness.
    fn forget(&self) {
        if self.cached
            && let Err(cause) = fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %cause, "cannot remove a fetched file");
        }
    }
}

impl Fetcher<'_, '_> {
    fn fetch(&mut self, file: &FileEntry) -> Result<Fetched> {
        match &file.source {
            Source::Pypi { wheel, .. } => self.fetch_wheel(wheel),
            Source::Url { url, path, sha256, .. } => {
                self.fetch_url(file, url, path, sha256.as_ref().unwrap_or(&file.sha256))
            }
        }
    }

    fn fetch_wheel(&mut self, name: &str) -> Result<Fetched> {
        let wheel = self.manifest.wheel(name)?;
        if let Some(from) = self.from
            && let Some(path) = pip::find(wheel, from)?
        {
            return Ok(Fetched { path, cached: false });
        }
        (self.tell)(Step::Fetching(&format!("{} {}", wheel.package, wheel.version), wheel.bytes));
        Ok(Fetched { path: pip::download(wheel, self.cache)?, cached: true })
    }

    fn fetch_url(&mut self, file: &FileEntry, url: &str, path: &Path, sha256: &str) -> Result<Fetched> {
        if let Some(from) = self.from {
            let path = from.join(path);
            check(&path, sha256)?;
            return Ok(Fetched { path, cached: false });
        }
        (self.tell)(Step::Fetching(&file.file, file.bytes));
        // Named by what it must become, so that a second try goes on with it.
        let fetched = Fetched { path: self.cache.join(format!("{sha256}.part")), cached: true };
        if !fetched.path.exists() || check(&fetched.path, sha256).is_err() {
            curl::download(url, &file.file, &fetched.path)?;
            check(&fetched.path, sha256).inspect_err(|_| fetched.forget())?;
        }
        Ok(fetched)
    }
}

/// Whether the file at `path` is the expected one.
fn check(path: &Path, sha256: &str) -> Result<()> {
    let (_, found) = digest::of_file(path).map_err(|cause| Error::io(format!("read {}", path.display()), cause))?;
    if found == sha256 {
        Ok(())
    } else {
        Err(Error::Pack(format!("{} has sha256 {found}, expected {sha256}", path.display())))
    }
}
