//! Whole processes of `worker process`: how many photos a second, at what processor time, with how much memory.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gradphoto_tests::photos;
use gradphoto_tests::process::program;
use gradphoto_tests::row::Row;

use crate::{Result, input};

/// Times that each photo of a folder is worked on in a run.
const TURNS: usize = 6;
/// Time between looks at a process.
const LOOK: Duration = Duration::from_millis(200);
/// Part of a run that is left out of the comparison of memory: models load at first use, buffers find their size.
const WARM_SHARE: f64 = 0.1;

/// What was seen of a process while it ran.
#[derive(Default)]
struct Seen {
    took: Duration,
    cpu_s: f64,
    /// Peak of resident memory in MB.
    peak_mb: f64,
    /// Resident memory in MB at each look.
    resident_mb: Vec<f64>,
}

/// Photos per second and memory: one process of one thread, one of two, and two of one each.
pub(crate) fn rates(pack: &str, photos: &Path, count: usize) -> Result<Vec<Row>> {
    let place = tempfile::tempdir()?;
    let files: Vec<_> = fs::read_dir(photos)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    links(&files, place.path(), count * TURNS)?;
    let mut rows = Vec::new();
    for (what, threads, processes) in
        [("one thread", 1, 1), ("two threads", 2, 1), ("two processes of one thread", 1, 2)]
    {
        let out = tempfile::tempdir()?;
        let start = Instant::now();
        let children: Vec<Child> =
            (0..processes).map(|_| process(pack, place.path(), out.path(), threads)).collect::<Result<_>>()?;
        let seen = watch(children)?;
        let done = (count * TURNS * processes) as f64;
        let per_photo = seen.iter().map(|seen| seen.cpu_s).sum::<f64>() / done * 1e3;
        let peak = seen.iter().map(|seen| seen.peak_mb).fold(0.0, f64::max);
        rows.push(Row::new(format!("{pack}: {what}, rate"), done / start.elapsed().as_secs_f64(), "photos/s"));
        rows.push(Row::new(format!("{pack}: {what}, processor time"), per_photo, "ms"));
        let memory = Row::new(format!("{pack}: {what}, most memory"), peak, "MB");
        rows.push(if threads == 2 { memory.reach("at most 600") } else { memory });
    }
    Ok(rows)
}

/// Memory of two threads over `count` portraits of a folder that comes again and again.
pub(crate) fn memory(pack: &str, count: usize) -> Result<Vec<Row>> {
    let (place, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
    links(&input::portraits()?, place.path(), count)?;
    let seen = watch(vec![process(pack, place.path(), out.path(), 2)?])?.pop().unwrap_or_default();
    let looks = &seen.resident_mb[(seen.resident_mb.len() as f64 * WARM_SHARE) as usize..];
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
    let (first, last) = looks.split_at(looks.len() / 2);
    Ok(vec![
        Row::new(format!("{pack}: most memory over {count} photos"), seen.peak_mb, "MB").reach("at most 600"),
        Row::new(format!("{pack}: mean memory, first half"), mean(first), "MB"),
        Row::new(format!("{pack}: mean memory, second half"), mean(last), "MB").reach("no more than the first"),
        Row::new(format!("{pack}: rate over {count} photos"), count as f64 / seen.took.as_secs_f64(), "photos/s"),
    ])
}

/// Fills a folder with `count` links to `files` in turn.
fn links(files: &[std::path::PathBuf], folder: &Path, count: usize) -> Result<()> {
    for (number, file) in files.iter().cycle().take(count).enumerate() {
        symlink(file, folder.join(format!("{number:06}.jpg")))?;
    }
    Ok(())
}

fn process(pack: &str, photos: &Path, out: &Path, threads: usize) -> Result<Child> {
    let mut command = Command::new(program("worker"));
    command.args(["process", "--json", "--tasks", "standardise,check", "--log", "error", "--pack", pack]);
    command.args(["--threads", &threads.to_string(), "--out"]).arg(out).arg(photos);
    command.env("GRADPHOTO_HOME", photos::home()).stdout(Stdio::null());
    Ok(command.spawn()?)
}

/// Looks at processes until all have ended.
fn watch(mut children: Vec<Child>) -> Result<Vec<Seen>> {
    let start = Instant::now();
    let mut seen: Vec<Seen> = children.iter().map(|_| Seen::default()).collect();
    loop {
        let mut is_any_running = false;
        for (child, seen) in children.iter_mut().zip(&mut seen) {
            look(child.id(), seen);
            match child.try_wait()? {
                None => is_any_running = true,
                Some(status) if status.success() => {}
                Some(status) => return Err(format!("the worker ended with {status}").into()),
            }
            if is_any_running {
                seen.took = start.elapsed();
            }
        }
        if !is_any_running {
            return Ok(seen);
        }
        thread::sleep(LOOK);
    }
}

/// Adds what the kernel says of a process; one that has ended says nothing.
fn look(process: u32, seen: &mut Seen) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches("kB").trim().parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
    };
    if let (Some(peak), Some(now)) = (megabytes("VmHWM:"), megabytes("VmRSS:")) {
        seen.peak_mb = peak;
        seen.resident_mb.push(now);
    }
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind the name in brackets, which may hold anything: user and system time in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    if let Some((user, system)) = ticks(11).zip(ticks(12)).filter(|_| !status.is_empty()) {
        seen.cpu_s = seen.cpu_s.max((user + system) / 100.0);
    }
}
