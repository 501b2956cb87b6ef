//! What Redis says of itself.

use gradphoto_tests::redis::PrivateRedis;

/// Processor seconds and bytes that Redis used so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) cpu_s: f64,
    pub(crate) bytes: f64,
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
        Self { cpu_s, bytes: sum("memory", &["used_memory"]) }
    }
}
