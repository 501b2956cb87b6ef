//! What Redis and this process used.

use gradphoto_tests::redis::PrivateRedis;

/// Processor seconds and bytes that Redis used so far, and processor seconds of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) cpu_s: f64,
    pub(crate) bytes: f64,
    pub(crate) own_s: f64,
}

/// Ticks of a second in `/proc`: USER_HZ, the same on every Linux machine that people run.
const TICKS: f64 = 100.0;

/// Processor seconds of this process, all threads: fields 14 and 15 of `/proc/self/stat` (proc(5)).
fn own_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is a name that may hold blanks, in brackets.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks = rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}

impl Usage {
    pub(crate) fn of(redis: &PrivateRedis) -> Self {
        let sum = |section: &str, names: &[&str]| -> f64 {
            let info = redis.cli(&["INFO", section]);
            let values = info.lines().filter_map(|line| line.trim().split_once(':'));
            values.filter(|(name, _)| names.contains(name)).filter_map(|(_, value)| value.parse::<f64>().ok()).sum()
        };
        // Of the process itself, not of children that rewrite the log.
        let cpu_s = sum("cpu", &["used_cpu_user", "used_cpu_sys"]);
        Self { cpu_s, bytes: sum("memory", &["used_memory"]), own_s: own_s() }
    }
}
