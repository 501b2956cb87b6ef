//! Settings of the worker. With its namesake in `shared` the only place that reads the environment,
//! through clap.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};
use gradphoto_shared::config::{BlobArgs, QueueArgs, RedisArgs, RedisConfig, address, bytes};
use gradphoto_shared::store::Limits;
use gradphoto_shared::{Error, Result};

use crate::evidence::When;
use crate::layout::Font;
use crate::local::Language;
use crate::model::Device;
use crate::pipeline::Besides;
use crate::preview::Watermark;
use crate::stage::decode::DecodeLimits;

/// What `worker run` takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    redis: RedisArgs,
    #[command(flatten)]
    queue: QueueArgs,
    #[command(flatten)]
    pub(crate) blobs: BlobArgs,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    besides: BesideArgs,
    #[command(flatten)]
    letters: FontArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

/// What is left beside the answers, in the folder of the job's results; it goes when the session is erased.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Besides")]
struct BesideArgs {
    /// Whose evidence picture is kept for reviewers. Each is one more reduced copy of a photo, of about 150 KB, and
    /// costs some 10 ms.
    #[arg(long, env = "GRADPHOTO_EVIDENCE", value_enum, default_value_t = When::Never)]
    evidence: When,
    /// Language of evidence pictures.
    #[arg(long = "evidence-lang", env = "GRADPHOTO_EVIDENCE_LANG", value_enum, default_value_t = Language::Zh)]
    language: Language,
    /// Text of a watermark, 1 to 24 letters, for example PREVIEW: beside each finished picture a preview under it is
    /// kept, for the student to confirm before payment. Chinese letters need a font: one of the machine, or --font.
    #[arg(long, env = "GRADPHOTO_PREVIEW", value_name = "TEXT")]
    preview: Option<String>,
}

/// How much a worker does at once, and for how long a job is its own.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Work")]
struct WorkArgs {
    /// Model pack: base or full.
    #[arg(long, env = "GRADPHOTO_PACK", default_value = "base")]
    pack: String,
    /// Where models run: cpu, cuda, cuda:NUMBER or auto. A device that is missing is an error, except with auto.
    #[arg(long, env = "GRADPHOTO_DEVICE", default_value = "cpu")]
    device: Device,
    /// Compute threads, each with its own models in memory. [default: the processor's cores]
    #[arg(long, env = "GRADPHOTO_THREADS")]
    threads: Option<NonZeroUsize>,
    /// Jobs fetched ahead of the compute threads, beside one a thread for people who wait. Too few leave
    /// threads waiting for the object store; many cost memory and keep jobs from idle workers. [default: as
    /// many as threads]
    #[arg(long, env = "GRADPHOTO_AHEAD")]
    ahead: Option<usize>,
    /// Seconds after which the jobs of a worker that gives no sign of life go to others; the same as the
    /// dispatcher's. Too short and a slow network has work done twice; too long and students wait for the
    /// jobs of a dead worker.
    #[arg(long = "lease", env = "GRADPHOTO_LEASE", default_value_t = 30.0)]
    lease_s: f64,
    /// Seconds that fetching a photo, and then working on it, may take, each; a job may ask for less. Too short
    /// and slow machines give up sound photos; too long and one odd photo holds its thread.
    // The default is about a hundred times a photo of 12 megapixels on one core.
    #[arg(long = "job-timeout", env = "GRADPHOTO_JOB_TIMEOUT", default_value_t = 60.0)]
    job_timeout_s: f64,
    /// Seconds to finish what was begun after SIGTERM or a drain; what is not done by then goes back to the
    /// queue.
    #[arg(long = "drain-seconds", env = "GRADPHOTO_DRAIN", default_value_t = 30.0)]
    drain_s: f64,
    /// Where to serve /metrics, /healthz and /readyz; port 0 takes a free one, and the log says which.
    #[arg(long = "metrics", env = "GRADPHOTO_WORKER_METRICS", default_value = "127.0.0.1:0", value_name = "IP:PORT", value_parser = address)]
    metrics: SocketAddr,
}

/// Where letters come from.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Letters")]
pub(crate) struct FontArgs {
    /// Font file for watermarks, captions and evidence pictures; needed for other than Latin letters where no font
    /// package is installed. Of a collection of fonts the first is taken.
    #[arg(long, env = "GRADPHOTO_FONT", value_name = "FILE.ttf", value_hint = ValueHint::FilePath)]
    pub(crate) font: Option<PathBuf>,
}

/// What a photo may cost.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Most millions of pixels of a photo; a thread holds up to 7 bytes for each. Larger ones are refused
    /// before they are decoded.
    #[arg(
        long,
        env = "GRADPHOTO_MAX_MEGAPIXELS",
        value_name = "N",
        default_value_t = 100,
        value_parser = clap::value_parser!(u64).range(1..=1000)
    )]
    max_megapixels: u64,
    /// Most bytes of a photo; K, M and G count 1,024. Larger ones are refused.
    #[arg(long, env = "GRADPHOTO_PHOTO_BYTES_MAX", value_name = "SIZE", default_value = "50M", value_parser = bytes)]
    max_bytes: u64,
}

impl LimitArgs {
    /// The limits as the decoder takes them.
    pub(crate) fn limits(&self) -> DecodeLimits {
        DecodeLimits { max_bytes: self.max_bytes, max_pixels: self.max_megapixels * 1_000_000 }
    }
}

/// Settings of `worker run`, checked.
#[derive(Clone, Debug)]
pub(crate) struct RunConfig {
    /// The queue.
    pub(crate) redis: RedisConfig,
    /// The queue's address without user and password, for people.
    pub(crate) redis_address: String,
    /// Name of the model pack.
    pub(crate) pack: String,
    /// Where models run.
    pub(crate) device: Device,
    /// Compute threads.
    pub(crate) threads: usize,
    /// Most jobs in hand, those in urgent places aside: there are as many of these as threads.
    pub(crate) places: usize,
    /// How long a job stays ours without renewal.
    pub(crate) lease: Duration,
    /// What keeps Redis from growing.
    pub(crate) queue: Limits,
    /// How long fetching a photo, and then working on it, may take.
    pub(crate) job_timeout: Duration,
    /// How long a drain may take.
    pub(crate) drain: Duration,
    /// Where to serve metrics.
    pub(crate) metrics: SocketAddr,
    /// What a photo may cost.
    pub(crate) limits: DecodeLimits,
    /// What is left beside the answers.
    pub(crate) besides: Besides,
    /// The font for captions of sheets, where one is named.
    pub(crate) font: Option<PathBuf>,
    /// Of the words in evidence pictures.
    pub(crate) language: Language,
}

impl RunArgs {
    /// Checks what was typed.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub(crate) fn check(&self) -> Result<RunConfig> {
        let work = &self.work;
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let threads = work.threads.unwrap_or(cores).get();
        // A third of it is the pause between renewals, and has to be long against a round trip.
        let lease = seconds("lease", work.lease_s, 1.0)?;
        let font = self.letters.font.as_deref();
        // A wrong file is said here: the first order of sheets would be too late.
        font.map(Font::of_file).transpose()?;
        let watermark = |text: &str| Watermark::new(text, font);
        Ok(RunConfig {
            redis: self.redis.check()?,
            redis_address: without_secrets(self.redis.url.reveal()),
            pack: work.pack.clone(),
            device: work.device,
            threads,
            places: threads.saturating_add(work.ahead.unwrap_or(threads)),
            lease,
            queue: self.queue.limits(lease),
            // One stage of a photo alone may take a tenth of a second.
            job_timeout: seconds("job-timeout", work.job_timeout_s, 1.0)?,
            drain: seconds("drain-seconds", work.drain_s, 0.0)?,
            metrics: work.metrics,
            limits: self.limits.limits(),
            besides: Besides {
                evidence: self.besides.evidence,
                preview: self.besides.preview.as_deref().map(watermark).transpose()?,
            },
            font: self.letters.font.clone(),
            language: self.besides.language,
        })
    }
}

fn seconds(name: &str, value: f64, least: f64) -> Result<Duration> {
    let duration = Duration::try_from_secs_f64(value).ok().filter(|_| value >= least);
    duration.ok_or_else(|| Error::Config(format!("{name} must be at least {least} seconds, not {value}")))
}

/// An address without what stands before its last `@` and after its first `?`.
fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("redis", url));
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let place = place.split_once('?').map_or(place, |(place, _)| place);
    format!("{scheme}://{place}")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        run: RunArgs,
    }

    fn check(typed: &[&str]) -> Result<RunConfig> {
        Typed::parse_from([&["worker"], typed].concat()).run.check()
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        for (url, shown) in [
            ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
            ("rediss://user:p@ss@host:1/2", "rediss://host:1/2"),
            ("redis+unix:///tmp/r.sock?pass=secret", "redis+unix:///tmp/r.sock"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }

    #[test]
    fn one_batch_ahead_is_the_default() {
        let config = check(&["--threads", "3"]).unwrap();
        assert_eq!((config.threads, config.places), (3, 6));
        let config = check(&["--threads", "3", "--ahead", "1"]).unwrap();
        assert_eq!(config.places, 4);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for typed in [
            ["--lease", "0.5"],
            ["--lease", "inf"],
            ["--job-timeout", "0"],
            ["--drain-seconds", "NaN"],
            ["--shards", "0"],
            ["--font", "/nowhere/font.ttf"],
        ] {
            let Err(error) = check(&typed) else { panic!("{typed:?} was taken") };
            let message = error.to_string();
            assert!(message.contains(typed[0].trim_start_matches('-')), "{typed:?}: {message}");
        }
    }
}
