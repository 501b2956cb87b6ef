//! The folder of a development set: one set at a time, and what a crashed one left behind.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gradphoto_shared::{Error, Result};

/// Longest wait for the Redis of a set that was killed: the kernel has told it to end, and it still
/// writes its file.
const LEFTOVER_PATIENCE: Duration = Duration::from_secs(15);

/// The folder, locked for as long as this lives. The kernel lets go of the lock even after a crash.
#[derive(Debug)]
pub(super) struct Home {
    /// Absolute.
    pub(super) home: PathBuf,
    _lock: File,
}

impl Home {
    pub(super) fn lock(home: &Path) -> Result<Self> {
        let failed = |cause| Error::io(format!("use the folder {}", home.join("dev").display()), cause);
        std::fs::create_dir_all(home.join("dev/redis")).map_err(failed)?;
        let home = home.canonicalize().map_err(failed)?;
        let place = home.join("dev/lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&place).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { home, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::Config(format!(
                "another `dispatcher dev` runs in {}: stop it, or choose another --home",
                home.display()
            ))),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// A place in the folder.
    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.home.join("dev").join(name)
    }

    /// Waits until the Redis of a crashed set is gone: two on one folder would ruin each other's file.
    pub(super) async fn wait_for_leftovers(&self) -> Result<()> {
        let began = Instant::now();
        while let Some(id) = self.living_redis() {
            if began.elapsed() > LEFTOVER_PATIENCE {
                return Err(Error::Config(format!(
                    "a redis-server (process {id}) of an earlier start still uses {}: stop it first",
                    self.place("redis").display()
                )));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// The process that the pid file names, if it lives and works in our folder.
    fn living_redis(&self) -> Option<u32> {
        let id: u32 = std::fs::read_to_string(self.place("redis.pid")).ok()?.trim().parse().ok()?;
        let works_in = std::fs::read_link(format!("/proc/{id}/cwd")).ok()?;
        (works_in == self.place("redis")).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_set_at_a_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = Home::lock(folder.path()).expect("free");
        let error = Home::lock(folder.path()).expect_err("taken");
        assert!(error.to_string().contains("another"), "{error}");
        drop(first);
        assert!(Home::lock(folder.path()).is_ok());
    }
}
