//! Many photos at once: upload, wait for the answers, fetch the pictures.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use gradphoto_shared::job::{JobId, Task};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{SessionId, SubjectId};
use gradphoto_shared::outcome::{JobResult, NOTHING, StandardiseOutcome};
use gradphoto_shared::store::ResultEvent;
use uuid::Uuid;

use super::retry::patiently;
use super::{Client, Failure};

/// Requests at the same time: enough to fill a school's line, few enough for one small server.
const AT_ONCE: usize = 8;

/// Seconds of one long poll.
const POLL_S: u64 = 10;

/// The server's codes that are answers about one photo; every other refusal is about the whole order, and
/// then no file got an answer.
const ABOUT_THE_PHOTO: [&str; 3] = ["empty_file", "body_too_large", "superseded"];

/// What is to be done with every photo.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) session: SessionId,
    pub(crate) lane: Lane,
    pub(crate) tasks: Vec<Task>,
    pub(crate) subject_from_name: bool,
    pub(crate) wait: bool,
    pub(crate) out: Option<PathBuf>,
}

/// One photo and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) file: PathBuf,
    /// File name of its picture, without a folder.
    pub(crate) picture: String,
    pub(crate) job: Option<JobId>,
    pub(crate) fate: Fate,
}

/// What became of a photo.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// In the queue, not waited for.
    Submitted,
    /// Answered.
    Done(Box<JobResult>),
    /// Answered by a code: the server refuses it.
    Refused(String),
    /// No answer: what failed.
    Failed(Cause),
}

/// Why a photo got no answer.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) code: String,
    /// A sentence for people, where the code does not say it all.
    pub(crate) says: Option<String>,
}

impl Cause {
    fn new(code: &str, says: impl Into<String>) -> Self {
        Self { code: code.to_owned(), says: Some(says.into()) }
    }

    fn bare(code: impl Into<String>) -> Self {
        Self { code: code.into(), says: None }
    }
}

impl From<Failure> for Cause {
    fn from(failure: Failure) -> Self {
        Self::new(&failure.code, failure.advice())
    }
}

impl Row {
    /// The outcome's word for tables.
    pub(crate) fn outcome(&self) -> &str {
        match &self.fate {
            Fate::Submitted => "submitted",
            Fate::Done(result) => {
                let mut outcomes = Task::ALL.iter().map(|task| result.outcome(*task));
                outcomes.find(|outcome| *outcome != NOTHING).unwrap_or("done")
            }
            Fate::Refused(_) => "refused",
            Fate::Failed(_) => "failed",
        }
    }
}

/// Whoever shows how far it is.
pub(crate) trait Progress: Sync {
    /// A photo was uploaded, or cannot be.
    fn uploaded(&self);
    /// `count` answers are there.
    fn answered(&self, count: usize);
}

/// Does all of it; answers in the order of `files`.
pub(crate) async fn submit(
    client: &Client,
    order: &Order,
    files: Vec<PathBuf>,
    progress: &dyn Progress,
) -> Result<Vec<Row>, Failure> {
    let names = picture_names(&files);
    let run = Uuid::now_v7().simple().to_string();
    let run = run.as_str();
    let collector = Collector { client, order, ours: Mutex::default(), complete: AtomicBool::new(false), progress };
    let uploads = async {
        let uploaded = files.into_iter().zip(names).enumerate().map(|(index, (file, picture))| {
            let collector = &collector;
            async move {
                // A repeated call finds its job; the same file twice in a run, or in two runs, is two jobs.
                let key = format!("submit-{run}-{index}");
                let (job, fate) = upload(client, order, &file, &key).await;
                if let Some(job) = job {
                    collector.ours.lock().expect("no holder panics").insert(job);
                }
                progress.uploaded();
                Row { file, picture, job, fate }
            }
        });
        let rows: Vec<Row> = stream::iter(uploaded).buffered(AT_ONCE).collect().await;
        collector.complete.store(true, Ordering::Release);
        rows
    };
    if !order.wait {
        return Ok(uploads.await);
    }
    let (mut rows, settled) = tokio::join!(uploads, collector.collect());
    let mut settled = settled?;
    for row in &mut rows {
        if let Some(event) = row.job.and_then(|job| settled.remove(&job)) {
            row.fate = fate(event.result, event.error);
        }
    }
    if let Some(out) = &order.out {
        let fetched = rows.into_iter().map(|row| fetch(client, out, row));
        rows = stream::iter(fetched).buffered(AT_ONCE).collect().await;
    }
    Ok(rows)
}

async fn upload(client: &Client, order: &Order, file: &Path, key: &str) -> (Option<JobId>, Fate) {
    let failed = |cause: Cause| (None, Fate::Failed(cause));
    let tasks: Vec<_> = order.tasks.iter().map(|task| task.name()).collect();
    let mut query = vec![("tasks", tasks.join(",")), ("lane", order.lane.name().to_owned())];
    if order.subject_from_name {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        match SubjectId::new(stem) {
            Ok(subject) => query.push(("subject", subject.to_string())),
            Err(error) => return failed(Cause::new(error.code(), error.to_string())),
        }
    }
    let photo = match tokio::fs::read(file).await {
        Ok(photo) => Bytes::from(photo),
        Err(cause) => return failed(Cause::new("unreadable", format!("the file cannot be read: {cause}"))),
    };
    match patiently(|| client.upload(&order.session, &query, key, photo.clone())).await {
        Ok(uploaded) => (uploaded.job, Fate::Submitted),
        Err(failure) if ABOUT_THE_PHOTO.contains(&failure.code.as_str()) => (None, Fate::Refused(failure.code)),
        Err(failure) => failed(failure.into()),
    }
}

fn fate(result: Option<JobResult>, error: Option<String>) -> Fate {
    match (result, error) {
        (Some(result), _) => Fate::Done(Box::new(result)),
        (None, error) => Fate::Failed(Cause::bare(error.unwrap_or_else(|| "result_gone".into()))),
    }
}

async fn fetch(client: &Client, out: &Path, mut row: Row) -> Row {
    let Fate::Done(result) = &row.fate else { return row };
    let (Some(job), Some(StandardiseOutcome::Finished { .. })) = (row.job, &result.standardise) else { return row };
    let written = async {
        let picture = patiently(|| client.picture(&job)).await.map_err(Cause::from)?;
        let written = tokio::fs::write(out.join(&row.picture), picture).await;
        written.map_err(|cause| Cause::new("unwritable", format!("a picture cannot be written: {cause}")))
    };
    if let Err(cause) = written.await {
        row.fate = Fate::Failed(cause);
    }
    row
}

/// Reads the session's results while uploads still run.
struct Collector<'a> {
    client: &'a Client,
    order: &'a Order,
    /// Jobs of this run.
    ours: Mutex<HashSet<JobId>>,
    /// Whether `ours` is whole.
    complete: AtomicBool,
    progress: &'a dyn Progress,
}

impl Collector<'_> {
    /// Every event of the session is kept until the uploads are through: an answer may come before the
    /// upload's own, and other runs may use the same session.
    async fn collect(&self) -> Result<HashMap<JobId, ResultEvent>, Failure> {
        let mut settled = HashMap::new();
        let mut after = "0".to_owned();
        loop {
            let whole = self.complete.load(Ordering::Acquire);
            let missing = self.missing(&settled);
            if whole && missing.is_empty() {
                return Ok(settled);
            }
            let wait = if whole { POLL_S } else { 1 };
            let page = patiently(|| self.client.results(&self.order.session, &after, wait)).await?;
            if page.events.is_empty() && whole {
                self.look(&missing, &mut settled).await?;
            }
            after = page.next;
            settled.extend(page.events.into_iter().map(|event| (event.job, event)));
            let ours = self.ours.lock().expect("no holder panics");
            self.progress.answered(ours.iter().filter(|job| settled.contains_key(job)).count());
        }
    }

    fn missing(&self, settled: &HashMap<JobId, ResultEvent>) -> Vec<JobId> {
        let ours = self.ours.lock().expect("no holder panics");
        ours.iter().filter(|job| !settled.contains_key(job)).copied().collect()
    }

    /// Asks for some jobs by name when the stream is silent: their events may have been trimmed.
    async fn look(&self, missing: &[JobId], settled: &mut HashMap<JobId, ResultEvent>) -> Result<(), Failure> {
        for &job in missing.iter().take(AT_ONCE) {
            let (state, result, error) = match patiently(|| self.client.job(&job)).await {
                Ok(view) if view.state.is_settled() => (view.state, view.result, view.error),
                Ok(_) => continue,
                Err(failure) if failure.code == "unknown_job" => {
                    (gradphoto_shared::job::State::Dead, None, Some("result_gone".to_owned()))
                }
                Err(failure) => return Err(failure),
            };
            let session = self.order.session.clone();
            let event = ResultEvent {
                cursor: String::new(),
                job,
                session,
                subject: None,
                generation: 0,
                state,
                at_ms: 0,
                result,
                error,
            };
            settled.insert(job, event);
        }
        Ok(())
    }
}

/// `stem.jpg` for each file; a stem that was used before gets a number, so that none overwrites another.
fn picture_names(files: &[PathBuf]) -> Vec<String> {
    let mut used = HashSet::new();
    let name = |file: &PathBuf| {
        let stem = file.file_stem().map_or_else(|| "photo".into(), |stem| stem.to_string_lossy());
        let numbered = (2..).map(|number: u32| format!("{stem}-{number}.jpg"));
        let mut candidates = std::iter::once(format!("{stem}.jpg")).chain(numbered);
        let free = candidates.find(|candidate| used.insert(candidate.to_lowercase()));
        free.expect("numbers do not end")
    };
    files.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_picture_overwrites_another() {
        let files = ["a/1.jpg", "b/1.png", "b/1-2.jpg", "c/1.JPG", "x"].map(PathBuf::from);
        assert_eq!(picture_names(&files), ["1.jpg", "1-2.jpg", "1-2-2.jpg", "1-3.jpg", "x.jpg"]);
    }
}
