//! Reading many records outside scripts: Lua hashes every byte of every text it gets, the command itself does not.

use redis::Value;

use super::line::{Lead, Repeat};
use super::{Store, answer};
use crate::Result;
use crate::job::JobId;

/// Records as they lie in Redis; none of a job that it does not know.
pub(super) type Records = Vec<Option<Vec<u8>>>;

impl Store {
    /// The records of `groups` in one round trip, each of jobs of one shard and answered by itself: where one server
    /// of a cluster is away, the others answer.
    pub(super) async fn records(&self, verb: &'static str, groups: &[Vec<JobId>]) -> Vec<Result<Records>> {
        let command = |jobs: &Vec<JobId>| {
            let mut command = redis::cmd("MGET");
            if let Some(first) = jobs.first() {
                let mut keys = self.inner.keys.records(first.shard);
                jobs.iter().for_each(|job| {
                    command.arg(keys.of(job));
                });
            }
            command
        };
        let commands: Vec<_> = groups.iter().map(command).collect();
        if commands.is_empty() {
            return Vec::new();
        }
        let answers = self.inner.line.send_each(verb, Lead::Shared, Repeat::Once, commands).await;
        let read = |(jobs, answer): (&Vec<JobId>, Result<Value>)| {
            let records: Records = answer::one(answer?)?;
            (records.len() == jobs.len()).then_some(records).ok_or_else(|| answer::unexpected("a count of records"))
        };
        groups.iter().zip(answers).map(read).collect()
    }
}
