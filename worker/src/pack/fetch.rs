//! What files are taken out of: wheels, tarballs, and files of an address of their own.

use std::fs;
use std::path::{Path, PathBuf};

use gradphoto_shared::{Error, Result};

use super::manifest::{FileEntry, Manifest, Source};
use super::pull::Step;
use super::{curl, digest, npm, pip};

/// Brings the files that others are taken out of.
pub(super) struct Fetcher<'a, 'b> {
    manifest: &'a Manifest,
    cache: &'a Path,
    from: Option<&'a Path>,
    tell: &'b mut dyn FnMut(Step<'_>),
}

/// A file that others are taken out of.
pub(super) struct Fetched {
    pub(super) path: PathBuf,
    /// Whether it is ours to remove.
    cached: bool,
}

impl Fetched {
    /// Removes it, if it lies in the cache. One that stays costs room, not correctness.
    pub(super) fn forget(&self) {
        if self.cached
            && let Err(cause) = fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %cause, "cannot remove a fetched file");
        }
    }
}

impl<'a, 'b> Fetcher<'a, 'b> {
    pub(super) fn new(
        manifest: &'a Manifest,
        cache: &'a Path,
        from: Option<&'a Path>,
        tell: &'b mut dyn FnMut(Step<'_>),
    ) -> Self {
        Self { manifest, cache, from, tell }
    }

    pub(super) fn tell(&mut self, step: Step<'_>) {
        (self.tell)(step);
    }

    /// Brings what `file` is taken out of.
    pub(super) fn fetch(&mut self, file: &FileEntry) -> Result<Fetched> {
        match &file.source {
            Source::Pypi { wheel, .. } => self.fetch_wheel(wheel),
            Source::Npm { tarball, .. } => self.fetch_tarball(tarball),
            Source::Url { url, path, sha256, .. } => {
                self.fetch_url(file, url, path, sha256.as_ref().unwrap_or(&file.sha256))
            }
            Source::Folder { path, origin } => {
                let from = self.from.ok_or_else(|| {
                    Error::Pack(format!(
                        "{} lies at no address, it was made from {origin}: give the folder that holds {} with --from",
                        file.file,
                        path.display()
                    ))
                })?;
                let path = from.join(path);
                check(&path, &file.sha256)?;
                Ok(Fetched { path, cached: false })
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
        self.tell(Step::Fetching(&format!("{} {}", wheel.package, wheel.version), wheel.bytes));
        Ok(Fetched { path: pip::download(wheel, self.cache)?, cached: true })
    }

    fn fetch_tarball(&mut self, name: &str) -> Result<Fetched> {
        let tarball = self.manifest.tarball(name)?;
        if let Some(path) = self.from.and_then(|from| npm::find(tarball, from)) {
            return Ok(Fetched { path, cached: false });
        }
        self.tell(Step::Fetching(&format!("{} {}", tarball.package, tarball.version), tarball.bytes));
        Ok(Fetched { path: npm::download(tarball, self.cache)?, cached: true })
    }

    fn fetch_url(&mut self, file: &FileEntry, url: &str, path: &Path, sha256: &str) -> Result<Fetched> {
        if let Some(from) = self.from {
            let path = from.join(path);
            check(&path, sha256)?;
            return Ok(Fetched { path, cached: false });
        }
        self.tell(Step::Fetching(&file.file, file.bytes));
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
