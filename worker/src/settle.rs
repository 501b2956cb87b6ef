//! The one way out for a job in hand: what became of it decides what the queue is told.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gradphoto_shared::blob::{BlobKey, Blobs};
use gradphoto_shared::card::{Card, CardName};
use gradphoto_shared::job::{Job, Task};
use gradphoto_shared::layout::LayoutOutcome;
use gradphoto_shared::outcome::{JobResult, StandardiseOutcome};
use gradphoto_shared::seal::Seals;
use gradphoto_shared::{Class, Error, Result};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tracing::Instrument;

use crate::close::tell_finished;
use crate::evidence::Evidence;
use crate::gallery::Galleries;
use crate::layout::Laid;
use crate::local::Language;
use crate::outage::jittered;
use crate::pipeline::{LayoutProduct, Product, StandardiseProduct};
use crate::ticket::Ticket;

/// Tries of a job whose errors say "again": with the pauses below they span about a quarter of a minute
/// on average, enough for a restart of what is away; the dispatcher can replay a buried job after more.
const TRIES_MAX: u32 = 5;
/// Longest pause before the second try; doubles with every further one.
const RETRY_FIRST: Duration = Duration::from_secs(2);
/// Longest pause before any try.
const RETRY_LONGEST: Duration = Duration::from_secs(60);

/// What became of a job in hand.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// There is an answer.
    Answered(Box<Product>),
    /// The work could not be done.
    Failed(Error),
    /// Not begun, or dropped half-way because this worker stops or lost the job.
    Dropped,
}

/// What the queue is told.
#[derive(Debug)]
pub(crate) enum Closing {
    /// Done, with its answer.
    Finish(Box<JobResult>),
    /// Another try after `pause`.
    Retry {
        /// Code of the error.
        code: &'static str,
        /// How long the job stays aside.
        pause: Duration,
    },
    /// Given up, with the error's code.
    Bury(&'static str),
    /// Untouched: somebody else may have it.
    GiveBack,
}

/// The way out. Clones lead to the same place; when the last is gone, `close` ends.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    blobs: Blobs,
    seals: Seals,
    galleries: Galleries,
    pack: Arc<str>,
    /// Of the words in evidence pictures.
    language: Language,
    runtime: Handle,
    closings: mpsc::Sender<(Ticket, Closing)>,
}

impl Door {
    /// A way out that stores pictures in `blobs`, evidence in `language`, enrols and searches faces in `galleries` and
    /// names `pack` in every answer; what the queue is to be told comes out at the other end of `closings`.
    pub(crate) fn new(
        blobs: Blobs,
        galleries: Galleries,
        pack: &str,
        language: Language,
        runtime: Handle,
        closings: mpsc::Sender<(Ticket, Closing)>,
    ) -> Self {
        Self { seals: Seals::new(blobs.clone()), blobs, galleries, pack: pack.into(), language, runtime, closings }
    }

    /// Takes a job out of the hand; returns at once, from any thread.
    ///
    /// A job whose lease was lost is nobody's business here any more: its ticket is dropped.
    pub(crate) fn settle(&self, ticket: Ticket, verdict: Verdict) {
        let door = self.clone();
        let span = ticket.span();
        let work = async move {
            if ticket.is_lost() {
                tracing::info!("dropped, the job is not ours any more");
                return;
            }
            let closing = match door.closing(&ticket, verdict).await {
                Ok(Some(closing)) => closing,
                Ok(None) => return,
                Err(error) => after_failure(&error, ticket.number()),
            };
            // Fails only when the process gives up on Redis at its end; the lease then returns the job.
            let _ = door.closings.send((ticket, closing)).await;
        };
        self.runtime.spawn(work.instrument(span));
    }

    /// What the queue is to be told; nothing where it was told, or where the job is not ours any more.
    async fn closing(&self, ticket: &Ticket, verdict: Verdict) -> Result<Option<Closing>> {
        let job = ticket.job();
        let Product { standardise, mut check, read_code, face, layout, evidence, stages } = match verdict {
            Verdict::Answered(product) => *product,
            Verdict::Failed(error) => return Err(error),
            Verdict::Dropped => return Ok(Some(Closing::GiveBack)),
        };
        let standardise = match standardise {
            Some(product) => Some(self.stored(job, product).await?),
            None => None,
        };
        if let (Some(check), Some(evidence)) = (&mut check, evidence) {
            check.evidence = Some(self.drawn(job, *evidence).await?);
        }
        let read_code = match read_code {
            Some(outcome) => Some(self.seals.seal(&job.tenant, &job.session, &job.id, outcome).await?),
            None => None,
        };
        if let Some(card) = Card::of(job, standardise.as_ref(), check.as_ref()) {
            let text = serde_json::to_vec(&card).expect("a card is plain data");
            self.blobs.put(&CardName::of(job).key(&job.tenant, &job.session)?, text.into()).await?;
        }
        let layout = match layout {
            Some(product) => Some(self.laid(job, product).await?),
            None => None,
        };
        let pack = self.pack.to_string();
        let mut result = JobResult { pack, standardise, check, read_code, layout, stages, ..JobResult::default() };
        let Some(seen) = face else { return Ok(Some(Closing::Finish(Box::new(result)))) };
        if job.tasks.contains(&Task::Enrol) {
            result.enrol = match self.galleries.enrol(ticket, &seen).await? {
                Some(enrolled) => Some(enrolled),
                None => return Ok(None),
            };
        }
        if !job.tasks.iter().any(|task| task.looks_for_somebody()) {
            return Ok(Some(Closing::Finish(Box::new(result))));
        }
        // Whoever is shown is looked up in the same step that settles, so this job leaves by a door of its own.
        if let Some((result, living)) = self.galleries.settle(ticket, result, &seen).await? {
            tell_finished(ticket, &result, living);
        }
        Ok(None)
    }

    /// Draws and stores the evidence; it lies beside the picture and never in Redis.
    async fn drawn(&self, job: &Job, evidence: Evidence) -> Result<BlobKey> {
        let language = self.language;
        let svg = self.runtime.spawn_blocking(move || evidence.svg(language)).await;
        let svg = svg.map_err(|_| Error::Broken { stage: "evidence" })?;
        let key = result_key(job, "evidence.svg")?;
        self.blobs.put(&key, Bytes::from(svg)).await?;
        Ok(key)
    }

    /// The sheets lie in the object store before anybody hears of them.
    async fn laid(&self, job: &Job, product: LayoutProduct) -> Result<LayoutOutcome> {
        let Laid { files, facts } = match product {
            LayoutProduct::Finished(laid) => laid,
            LayoutProduct::Refused(fault) => return Ok(LayoutOutcome::Refused { fault }),
        };
        let mut sheets = Vec::with_capacity(files.len());
        for (number, file) in (1..).zip(files) {
            let sheet = result_key(job, &format!("sheet-{number}.{}", facts.format.ending()))?;
            self.blobs.put(&sheet, Bytes::from(file)).await?;
            sheets.push(sheet);
        }
        Ok(LayoutOutcome::Finished { sheets, facts })
    }

    /// The picture lies in the object store before anybody hears of it.
    async fn stored(&self, job: &Job, product: StandardiseProduct) -> Result<StandardiseOutcome> {
        match product {
            StandardiseProduct::Finished { facts, jpeg, preview } => {
                let picture = result_key(job, "standardise.jpg")?;
                self.blobs.put(&picture, Bytes::from(jpeg)).await?;
                let preview = match preview {
                    Some(jpeg) => {
                        let preview = result_key(job, "preview.jpg")?;
                        self.blobs.put(&preview, Bytes::from(jpeg)).await?;
                        Some(preview)
                    }
                    None => None,
                };
                Ok(StandardiseOutcome::Finished { picture, preview, facts: *facts })
            }
            StandardiseProduct::Refused(codes) => {
                Ok(StandardiseOutcome::Refused { reasons: StandardiseProduct::reasons(&codes) })
            }
        }
    }
}

/// Where a file of a job lies: the same for every try, so that a second one writes the same object. All of it
/// goes when the session is erased.
fn result_key(job: &Job, name: &str) -> Result<BlobKey> {
    BlobKey::of_result(&job.tenant, &job.session, &job.id, name)
}

/// What follows a failure of try `attempt` (1 for the first).
fn after_failure(error: &Error, attempt: u32) -> Closing {
    let code = error.code();
    if error.class() == Class::Retry && attempt < TRIES_MAX {
        let pause = jittered(RETRY_FIRST, RETRY_LONGEST, attempt);
        let pause_s = pause.as_secs_f64();
        tracing::warn!(code, error = told(error), pause_s, "try failed, another follows");
        Closing::Retry { code, pause }
    } else if matches!(error, Error::Expired) {
        // What the job asked for; nothing went wrong.
        tracing::info!(code, "job is given up");
        Closing::Bury(code)
    } else {
        tracing::error!(code, error = told(error), "job is given up");
        Closing::Bury(code)
    }
}

/// The error as the log may tell it: an object store's own words name the key.
fn told(error: &Error) -> String {
    match error {
        Error::BlobAway(_) => "object store is away".into(),
        error => error.to_string(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use futures::FutureExt;
    use gradphoto_shared::code::ReadCodeOutcome;
    use gradphoto_shared::config::{BlobArgs, RedisAccess, RedisConfig};
    use gradphoto_shared::lane::Shards;
    use gradphoto_shared::outcome::{Placement, Standardised};
    use gradphoto_shared::store::Store;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::ticket::Held;
    use crate::ticket::tests::ticket;

    /// Blobs in a temporary folder.
    pub(crate) fn blobs() -> (tempfile::TempDir, Blobs) {
        let folder = tempfile::tempdir().unwrap();
        let args = BlobArgs { url: None, s3_endpoint: None, s3_region: "r".into(), s3_key_id: None, s3_secret: None };
        let blobs = Blobs::open(&args, folder.path()).unwrap();
        (folder, blobs)
    }

    /// A door over a temporary folder, and what comes out of it.
    pub(crate) fn door() -> (tempfile::TempDir, Door, mpsc::Receiver<(Ticket, Closing)>) {
        let (folder, blobs) = blobs();
        let (closings, closed) = mpsc::channel(8);
        let access = RedisAccess::default();
        // Nobody listens there; nothing is asked either.
        let (url, timeout) = ("redis://127.0.0.1:9/".into(), Duration::from_secs(1));
        let config = RedisConfig { url, prefix: "gp".into(), shards: Shards::DEFAULT, timeout, access };
        let store = Store::connect(&config).now_or_never().unwrap().unwrap();
        (
            folder,
            Door::new(blobs, Galleries::new(store, None), "base-1", Language::En, Handle::current(), closings),
            closed,
        )
    }

    /// A finished picture.
    pub(crate) fn product(jpeg: &[u8]) -> Product {
        let placement = Placement {
            hair_top_px: 78.0,
            eyes_px: 250.0,
            face_width_px: 230.0,
            centre_offset_px: 0.0,
            scale: 0.5,
            crop_left_px: 0.0,
            crop_top_px: 0.0,
        };
        let facts = Standardised {
            sha256: String::new(),
            bytes: jpeg.len() as u64,
            quality: 90,
            width_px: 480,
            height_px: 640,
            dpi: 300,
            background: [100, 197, 255],
            placement,
            matte_confidence: 1.0,
            edge_to_old_background: None,
            edge_to_new_background: None,
            notes: Vec::new(),
        };
        let finished = StandardiseProduct::Finished {
            facts: Box::new(facts),
            jpeg: jpeg.to_vec(),
            preview: Some(b"marked".to_vec()),
        };
        Product { standardise: Some(finished), ..Product::default() }
    }

    #[tokio::test]
    async fn the_picture_is_stored_before_the_job_is_finished() {
        let (_folder, door, mut closed) = door();
        let permits = Arc::new(Semaphore::new(1));
        let ticket = ticket(&Held::default(), &permits, "photo", 1);
        let expected = result_key(ticket.job(), "standardise.jpg").unwrap();
        assert_eq!(expected.to_string(), format!("results/t/s/{}/standardise.jpg", ticket.job().id.uuid.simple()));
        door.settle(ticket, Verdict::Answered(Box::new(product(b"jpeg"))));
        let (ticket, closing) = closed.recv().await.unwrap();
        let Closing::Finish(result) = closing else { panic!("not finished: {closing:?}") };
        assert_eq!(result.pack, "base-1");
        let Some(StandardiseOutcome::Finished { picture, preview, .. }) = result.standardise else {
            panic!("no picture")
        };
        assert_eq!(picture, expected);
        assert_eq!(door.blobs.get(&preview.unwrap(), 100).await.unwrap(), "marked");
        assert_eq!(door.blobs.get(&picture, 100).await.unwrap(), "jpeg");
        let card = CardName { subject: None, generation: 0, job: ticket.job().id };
        let card =
            door.blobs.get(&card.key(&ticket.job().tenant, &ticket.job().session).unwrap(), 10_000).await.unwrap();
        let card: Card = serde_json::from_slice(&card).unwrap();
        assert_eq!(card.picture.unwrap().key, expected);
    }

    #[tokio::test]
    async fn a_codes_text_is_sealed_before_the_queue_is_told() {
        let (_folder, door, mut closed) = door();
        let permits = Arc::new(Semaphore::new(1));
        let ticket = ticket(&Held::default(), &permits, "photo", 1);
        let read_code = Some(ReadCodeOutcome::found("A1b2="));
        door.settle(ticket, Verdict::Answered(Box::new(Product { read_code, ..Product::default() })));
        let (_ticket, closing) = closed.recv().await.unwrap();
        let Closing::Finish(result) = closing else { panic!("not finished: {closing:?}") };
        let stored = serde_json::to_string(&result).unwrap();
        assert!(stored.contains("found") && stored.contains("sealed") && !stored.contains("A1b2"), "{stored}");
    }

    #[tokio::test]
    async fn nothing_is_settled_for_a_lost_job() {
        let (_folder, door, mut closed) = door();
        let (held, permits) = (Held::default(), Arc::new(Semaphore::new(1)));
        let ticket = ticket(&held, &permits, "photo", 1);
        let picture = result_key(ticket.job(), "standardise.jpg").unwrap();
        held.lose(&[ticket.claim()]);
        let blobs = door.blobs.clone();
        door.settle(ticket, Verdict::Answered(Box::new(product(b"jpeg"))));
        drop(door);
        assert!(closed.recv().await.is_none());
        assert!(matches!(blobs.get(&picture, 100).await, Err(Error::BlobMissing)));
        assert_eq!(permits.available_permits(), 1);
    }

    #[test]
    fn an_error_is_tried_again_or_buried_by_its_class() {
        let io = Error::io("read", std::io::ErrorKind::Other.into());
        let cases: [(Error, u32, bool); 10] = [
            (io, 1, true),
            (Error::TimedOut, 1, true),
            (Error::TimedOut, TRIES_MAX, false),
            (Error::Expired, 1, false),
            (Error::Pack("odd".into()), 1, false),
            (Error::Model("odd".into()), 1, true),
            (Error::Model("odd".into()), TRIES_MAX - 1, true),
            (Error::Model("odd".into()), TRIES_MAX, false),
            (Error::BlobMissing, 1, false),
            (Error::UnknownSpec, 1, false),
        ];
        for (error, attempt, again) in cases {
            let closing = after_failure(&error, attempt);
            match closing {
                Closing::Retry { code, pause } => assert!(again && code == error.code() && pause <= RETRY_LONGEST),
                Closing::Bury(code) => assert!(!again && code == error.code()),
                other => panic!("{error} at try {attempt}: {other:?}"),
            }
        }
    }
}
