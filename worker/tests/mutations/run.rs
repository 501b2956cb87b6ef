//! Broken files through the real program, and what is demanded of its answers.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use gradphoto_shared::check::CheckOutcome;
use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_shared::outcome::{ReasonCode, StageTime};
use gradphoto_worker::rules::RULES;
use serde::Deserialize;

/// Longest that a file may take in milliseconds.
const SLOWEST_MS: f64 = 5_000.0;
/// Longest that nothing at all may be heard.
const SILENCE: Duration = Duration::from_secs(60);
/// Time between looks at the program's memory.
const LOOK: Duration = Duration::from_millis(20);

/// Most memory in MB that two threads may take at any time: what docs/PHOTO_SPEED.md holds whole photos to, so broken ones
/// get no more.
pub(crate) const MOST_MEMORY_MB: u64 = 600;

/// How the program is run.
pub(crate) struct Program<'a> {
    pub(crate) worker: &'a Path,
    pub(crate) home: &'a Path,
    pub(crate) pack: &'a str,
    pub(crate) threads: usize,
    /// Most memory in MB that it may take at any time.
    pub(crate) memory_mb: u64,
}

/// What came of all files.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) files: usize,
    /// Files by outcome and first reason.
    pub(crate) outcomes: BTreeMap<String, usize>,
    /// The file that took longest, in milliseconds.
    pub(crate) slowest: (f64, String),
    /// Most memory in MB.
    pub(crate) memory_mb: u64,
    /// Whatever is not as it should be.
    pub(crate) findings: Vec<String>,
}

/// A line of `worker process --json`, as strict as its readers are.
#[derive(Deserialize)]
struct Answer {
    file: PathBuf,
    outcome: String,
    reasons: Vec<ReasonCode>,
    error: Option<serde_json::Value>,
    result: Option<serde_json::Value>,
    check: Option<CheckOutcome>,
    read_code: Option<ReadCodeOutcome>,
    stages: Vec<StageTime>,
}

impl Program<'_> {
    /// Runs the files of a folder, and adds what came of them to `report`.
    pub(crate) fn run(&self, folder: &Path, out: &Path, report: &mut Report) {
        let mut command = Command::new(self.worker);
        command.args(["process", "--json", "--tasks", "standardise,check,read_code", "--log", "error"]);
        command.args(["--pack", self.pack, "--threads", &self.threads.to_string(), "--out"]).arg(out).arg(folder);
        command.env("GRADPHOTO_HOME", self.home).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the worker starts");
        let lines = self.listen(&mut child, report);
        let mut told = String::new();
        let errors = child.stderr.take().map(|mut errors| errors.read_to_string(&mut told));
        let status = child.wait().expect("the worker ends");
        if !status.success() || errors.is_none_or(|read| read.is_err()) {
            report.findings.push(format!("the worker ended with {status}: {told}"));
        }
        let mut due: Vec<PathBuf> =
            fs::read_dir(folder).expect("our folder").map(|entry| entry.expect("our file").path()).collect();
        due.sort();
        let answered: Vec<PathBuf> = lines.iter().filter_map(|line| report.judge(line)).collect();
        if answered != due {
            report.findings.push(format!("{} answers to {} files of {}", answered.len(), due.len(), folder.display()));
        }
        report.files += due.len();
    }

    /// Takes the answers and watches the memory until the program ends or falls silent.
    fn listen(&self, child: &mut Child, report: &mut Report) -> Vec<String> {
        let output = BufReader::new(child.stdout.take().expect("its output is ours"));
        let (send, heard) = mpsc::channel();
        thread::spawn(move || output.lines().map_while(Result::ok).all(|line| send.send(line).is_ok()));
        let (mut lines, mut silence) = (Vec::new(), Duration::ZERO);
        loop {
            report.memory_mb = report.memory_mb.max(peak_mb(child.id()));
            match heard.recv_timeout(LOOK) {
                Ok(line) => {
                    lines.push(line);
                    silence = Duration::ZERO;
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) if silence > SILENCE => {
                    report.findings.push(format!("silence after {:?}", lines.last()));
                    child.kill().expect("the worker is ours");
                    break;
                }
                Err(mpsc::RecvTimeoutError::Timeout) => silence += LOOK,
            }
        }
        if report.memory_mb > self.memory_mb {
            report.findings.push(format!("{} MB of memory; lawful are {}", report.memory_mb, self.memory_mb));
        }
        lines
    }
}

impl Report {
    /// All of it in a line.
    pub(crate) fn summary(&self) -> String {
        let mut words: BTreeMap<&str, usize> = BTreeMap::new();
        for (outcome, files) in &self.outcomes {
            *words.entry(outcome.split(' ').next().unwrap_or_default()).or_default() += files;
        }
        let words: Vec<String> = words.iter().map(|(word, files)| format!("{files} {word}")).collect();
        let (files, findings) = (self.files, self.findings.len());
        let (slowest, memory) = (self.slowest.0, self.memory_mb);
        format!(
            "{files} files: {}; slowest {slowest:.0} ms, most memory {memory} MB, {findings} findings",
            words.join(", ")
        )
    }

    /// Adds an answer; gives its file.
    fn judge(&mut self, line: &str) -> Option<PathBuf> {
        let answer: Answer = match serde_json::from_str(line) {
            Ok(answer) => answer,
            Err(cause) => {
                // The line itself may hold what a code says.
                self.findings.push(format!("a line that is no answer: {cause}"));
                return None;
            }
        };
        let reason = answer.reasons.first().map_or("", |reason| reason.code());
        *self.outcomes.entry(format!("{} {reason}", answer.outcome)).or_default() += 1;
        let ms: f64 = answer.stages.iter().map(|stage| stage.ms).sum();
        if ms > self.slowest.0 {
            self.slowest = (ms, answer.file.display().to_string());
        }
        if let Some(fault) = answer.fault(ms) {
            self.findings.push(format!("{}: {fault}", answer.file.display()));
        }
        Some(answer.file)
    }
}

impl Answer {
    /// What is wrong with an answer.
    fn fault(&self, ms: f64) -> Option<String> {
        let is_whole = match self.outcome.as_str() {
            "finished" => self.reasons.is_empty() && self.result.is_some(),
            "refused" => !self.reasons.is_empty() && self.result.is_none(),
            _ => false,
        };
        let findings = self.check.as_ref().map_or(0, |check| check.rules.len());
        if ms > SLOWEST_MS {
            Some(format!("{ms:.0} ms"))
        } else if !is_whole {
            Some(format!("outcome {} with {:?} and error {:?}", self.outcome, self.reasons, self.error))
        } else if findings != RULES.len() || self.read_code.is_none() {
            Some(format!("{findings} findings of {} rules, code {}", RULES.len(), self.read_code.is_some()))
        } else {
            None
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} files, {} findings", self.files, self.findings.len())?;
        writeln!(f, "slowest {:.0} ms ({}), most memory {} MB", self.slowest.0, self.slowest.1, self.memory_mb)?;
        for (outcome, files) in &self.outcomes {
            writeln!(f, "{files:>6} {outcome}")?;
        }
        self.findings.iter().try_for_each(|finding| writeln!(f, "FINDING {finding}"))
    }
}

/// The most memory that a process ever had, in MB; 0 once it ended.
fn peak_mb(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}
