//! The envelope: how a job is written for a worker that may be older or newer.

use serde::{Deserialize, Serialize};

use crate::job::Job;
use crate::{Error, Result};

/// Version of the envelope that this build writes, and the newest it reads.
pub const SCHEMA: u16 = 1;

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

/// Writes a job as one line of JSON.
#[must_use]
pub fn encode(job: &Job) -> String {
    serde_json::to_string(&Outgoing { schema: SCHEMA, job }).expect("a job is plain data with text keys")
}

/// Reads a job.
///
/// # Errors
/// [`Error::SchemaNewer`] for a version this build does not know, which must go back to the queue
/// untouched; [`Error::Envelope`] when it is not an envelope at all.
pub fn decode(text: &str) -> Result<Job> {
    let version: Version = serde_json::from_str(text).map_err(Error::Envelope)?;
    if version.schema > SCHEMA {
        return Err(Error::SchemaNewer { found: version.schema, known: SCHEMA });
    }
    serde_json::from_str(text).map_err(Error::Envelope)
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
    fn a_newer_version_is_told_apart_from_rubbish() {
        let newer = V1.replace("\"schema\":1", "\"schema\":2");
        assert!(matches!(decode(&newer), Err(Error::SchemaNewer { found: 2, known: 1 })));
        assert!(matches!(decode("{}"), Err(Error::Envelope(_))));
        assert!(matches!(decode("\0"), Err(Error::Envelope(_))));
    }
}
