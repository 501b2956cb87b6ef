//! A wall clock of some processes that jumps when a test says so.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// The clock of every process that is started in its environment.
#[derive(Debug)]
pub struct ShiftedClock {
    file: File,
    folder: TempDir,
}

impl ShiftedClock {
    /// A clock that shows the machine's time.
    ///
    /// # Panics
    /// When there is no C compiler, which the build of this workspace needs too.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/clock.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(folder.path().join("clock.so")).arg(source);
        let built = compiler.status().expect("a C compiler");
        assert!(built.success(), "clock.c cannot be built");
        let file = File::create(folder.path().join("ahead_ms")).expect("a file in a folder of ours");
        let clock = Self { file, folder };
        clock.set_ahead_ms(0);
        clock
    }

    /// The environment of a process that goes by this clock.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |name: &str| self.folder.path().join(name).display().to_string();
        vec![("LD_PRELOAD".into(), text("clock.so")), ("SHIFTED_CLOCK".into(), text("ahead_ms"))]
    }

    /// Sets it so far before the machine's time, or behind where negative.
    ///
    /// # Panics
    /// When its file cannot be written.
    pub fn set_ahead_ms(&self, ahead_ms: i64) {
        // In place: the file is mapped by those who read it, and must never be shorter.
        self.file.write_all_at(&ahead_ms.to_ne_bytes(), 0).expect("a file in a folder of ours");
    }
}

impl Default for ShiftedClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::{Durability, PrivateRedis};

    fn seconds(redis: &PrivateRedis) -> i64 {
        redis.cli(&["TIME"]).lines().next().and_then(|line| line.parse().ok()).expect("the time in seconds")
    }

    #[test]
    fn a_clock_jumps_while_its_process_runs() {
        let clock = ShiftedClock::new();
        let redis = PrivateRedis::start_in(Durability::Memory, clock.environment());
        let began = seconds(&redis);
        for hours in [1, -1, 0] {
            clock.set_ahead_ms(hours * 3_600_000);
            let moved = seconds(&redis) - began - hours * 3_600;
            assert!((0..60).contains(&moved), "{hours} hours: {moved} seconds off");
        }
    }
}
