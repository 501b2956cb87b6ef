//! The envelope: how a job is written for a worker that may be older or newer.
//!
//! Builds of different age run side by side during a rolling update, hence the rules:
//!
//! - Within a version only optional fields are added, and only such as a reader may ignore without harm;
//!   readers ignore fields that they do not know.
//! - Whatever an older reader would do wrong, such as a new task, raises [`SCHEMA`].
//! - A job is written in the lowest version that says all of it, so that older workers go on with
//!   everything that they understand.
//! - A reader leaves a newer version alone: the job goes back to the queue untouched, the try is not
//!   counted, and a newer worker finds it.
//! - Answers bear no version: dispatchers are updated before workers, and taken back after them.
//! - Versions once released stay readable: `tests/fixtures/envelopes` holds samples of each.

use serde::{Deserialize, Serialize};

use crate::job::{Job, Task};
use crate::spec::base_of;
use crate::{Error, Result};

/// The newest version of the envelope that this build reads and writes.
pub const SCHEMA: u16 = 4;

/// The version that brought a task.
fn since(task: Task) -> u16 {
    match task {
        Task::Standardise => 1,
        Task::Check | Task::ReadCode => 2,
        Task::Enrol | Task::Search | Task::Candidates | Task::Layout => 3,
    }
}

/// The version that brought standards which a session changed.
const CHANGED_STANDARDS: u16 = 3;

/// The version that brought photos to compare with: an older worker would say that there are none.
const REFERENCES: u16 = 4;

/// The lowest version that says all of a job.
fn lowest(job: &Job) -> u16 {
    let tasks = job.tasks.iter().copied().map(since).max().unwrap_or(1);
    let standard = if base_of(&job.spec).is_some() { CHANGED_STANDARDS } else { 1 };
    let references = if job.references.is_empty() { 1 } else { REFERENCES };
    tasks.max(standard).max(references)
}

#[derive(Serialize)]
struct Outgoing<'a> {
    schema: u16,
    #[serde(flatten)]
    job: &'a Job,
}

#[derive(Deserialize)]
struct Version {
    schema: u16,
}

/// Writes a job as one line of JSON, in the lowest version that says all of it.
#[must_use]
pub fn encode(job: &Job) -> String {
    serde_json::to_string(&Outgoing { schema: lowest(job), job }).expect("a job is plain data with text keys")
}

/// Reads a job.
///
/// # Errors
/// [`Error::SchemaNewer`] for a version this build does not know, which must go back to the queue
/// untouched; [`Error::Envelope`] when it is not an envelope at all.
pub fn decode(text: &str) -> Result<Job> {
    let found = match leading_version(text) {
        Some(version) => version,
        None => serde_json::from_str::<Version>(text).map_err(Error::Envelope)?.schema,
    };
    if found > SCHEMA {
        return Err(Error::SchemaNewer { found, known: SCHEMA });
    }
    serde_json::from_str(text).map_err(Error::Envelope)
}

/// The version where it stands first, as [`encode`] writes it: the text then need not be read twice.
fn leading_version(text: &str) -> Option<u16> {
    let (version, _) = text.strip_prefix("{\"schema\":")?.split_once(',')?;
    version.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = r#"{"schema":1,"id":"2a-0192f0c8e1b97c3a8d5e4f6071829304","tenant":"t","session":"s",
        "lane":"onsite","tasks":["standardise"],"photo":"photos/t/s/1","spec":"chsi","accepted_at_ms":1}"#;

    #[test]
    fn a_job_survives_the_wire() {
        let job = decode(V1).expect("a lawful envelope");
        assert_eq!(decode(&encode(&job)).expect("own envelope"), job);
    }

    #[test]
    fn a_standard_that_a_session_changed_is_for_builds_that_know_how_to_ask_for_it() {
        let job = decode(V1).expect("a lawful envelope");
        let changed = Job { spec: "chsi+0123456789abcdef".to_owned(), ..job.clone() };
        assert_eq!([lowest(&job), lowest(&changed)], [1, 3]);
    }

    #[test]
    fn photos_to_compare_with_are_for_builds_that_compare() {
        let job = decode(V1).expect("a lawful envelope");
        let compared = Job { tasks: vec![Task::Check], references: vec![job.photo.clone()], ..job.clone() };
        assert_eq!([lowest(&Job { references: Vec::new(), ..compared.clone() }), lowest(&compared)], [2, 4]);
        assert_eq!(decode(&encode(&compared)).expect("own envelope"), compared);
    }

    #[test]
    fn no_task_is_newer_than_this_build() {
        for task in Task::ALL {
            assert!((1..=SCHEMA).contains(&since(task)), "{task}");
        }
    }

    #[test]
    fn a_newer_version_is_told_apart_from_rubbish() {
        let newer = V1.replace("\"schema\":1", "\"schema\":5");
        assert!(matches!(decode(&newer), Err(Error::SchemaNewer { found: 5, known: 4 })));
        let elsewhere = newer.replace("{\"schema\":5,", "{").replace("\"lane\"", "\"schema\":5,\"lane\"");
        assert!(matches!(decode(&elsewhere), Err(Error::SchemaNewer { found: 5, known: 4 })));
        assert!(matches!(decode("{}"), Err(Error::Envelope(_))));
        assert!(matches!(decode("\0"), Err(Error::Envelope(_))));
    }
}
