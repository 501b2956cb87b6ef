//! One round trip: sent, measured, sent again where that is right, and ended when its time is over.

use std::time::{Duration, Instant};

use futures::future::{FutureExt, join_all};
use redis::{RedisError, RedisResult, Value};
use tokio::time::{sleep, timeout_at};

use super::node::{Answers, Node};
use super::part::{self, Part, Sent};
use super::{Lead, Line, Repeat};
use crate::metrics;

/// Pauses before a command is sent again that a server refused because another one serves now, or none
/// yet. Together about half a second, as for a connection that is made anew.
const REFUSED_PAUSES: [Duration; 4] =
    [Duration::from_millis(20), Duration::from_millis(80), Duration::from_millis(150), Duration::from_millis(250)];

/// A round trip of a verb.
pub(super) struct Trip<'a> {
    pub(super) line: &'a Line,
    pub(super) verb: &'static str,
    pub(super) lead: Lead,
    pub(super) repeat: Repeat,
    pub(super) deadline: tokio::time::Instant,
}

impl Trip<'_> {
    /// The one round trip: measured, counted, and ended when its time is over.
    pub(super) async fn answered(&self, commands: Vec<Sent>) -> Answers {
        let (began, count) = (Instant::now(), commands.len());
        let parts = Part::split(commands, self.line.routes.is_cluster());
        // Boxed, so that the types of what waits for it stay small enough to be compiled.
        let answers = join_all(parts.iter().map(|part| self.part_answered(part).boxed())).await;
        if answers.iter().all(Result::is_ok) {
            metrics::redis_answered(self.verb, began.elapsed());
        }
        part::joined(count, &parts, answers)
    }

    /// Sends a part, once more where its connection broke and that is allowed, and always the commands that
    /// were refused unread because another server serves them.
    async fn part_answered(&self, part: &Part) -> RedisResult<Answers> {
        let mut answers = self.sent(part).await;
        if self.repeat == Repeat::Once && answers.as_ref().is_err_and(is_broken_line) {
            answers = self.sent(part).await;
        }
        let mut answers = answers?;
        for pause in REFUSED_PAUSES {
            let refused: Vec<_> = (0..answers.len()).filter(|index| is_elsewhere(&answers[*index])).collect();
            if refused.is_empty() || tokio::time::Instant::now() + pause > self.deadline {
                break;
            }
            sleep(pause).await;
            let again = part.again(&refused);
            match self.sent(&again).await {
                Ok(new) => part::put(&mut answers, &again.places, new),
                Err(cause) => refused.iter().for_each(|index| answers[*index] = Err(cause.clone())),
            }
        }
        Ok(answers)
    }

    async fn sent(&self, part: &Part) -> RedisResult<Answers> {
        let known = timeout_at(self.deadline, self.line.routes.current()).await.unwrap_or_else(|_| Err(silent()))?;
        let node = known.serving(part.slot, self.line.next_turn());
        // Where nobody serves the slot, somebody will: a map with a hole is one of a bad moment.
        let node = node.inspect_err(|_| self.line.routes.doubt(&known))?;
        let sent = async {
            if self.lead == Lead::Sure {
                self.sure(node, part).await
            } else {
                node.sent(self.lead, &part.pipeline).await
            }
        };
        let answers = timeout_at(self.deadline, sent).await.unwrap_or_else(|_| Err(silent()));
        let is_doubtful = match &answers {
            Ok(answers) => answers.iter().any(is_elsewhere),
            Err(_) => true,
        };
        if is_doubtful {
            self.line.routes.doubt(&known);
        }
        answers
    }

    /// Sends a part and waits for the replicas, on one connection: Redis waits for its own writes only.
    async fn sure(&self, node: &Node, part: &Part) -> RedisResult<Answers> {
        let patience = u64::try_from((self.line.timeout / 2).as_millis()).unwrap_or(u64::MAX);
        let mut pipeline = part.pipeline.clone();
        pipeline.cmd("WAIT").arg(self.line.replicas).arg(patience);
        let mut answers = node.sent(Lead::Sure, &pipeline).await?;
        let reached = answers.pop();
        if !answers.is_empty() && answers.iter().all(is_elsewhere) {
            // Nothing was written here: it is sent again to whoever serves now.
            return Ok(answers);
        }
        // A server that was demoted meanwhile answers an error: nobody is known to hold the write.
        let reached = reached.and_then(Result::ok).and_then(|reached| redis::from_redis_value(reached).ok());
        let reached: u32 = reached.unwrap_or_default();
        if reached < self.line.replicas {
            let detail = format!("{reached} of {} replicas hold the write", self.line.replicas);
            return Err(redis::make_extension_error("NOREPLICAS".to_owned(), Some(detail)));
        }
        Ok(answers)
    }
}

/// A command that did nothing because its server serves it no more or not yet.
fn is_elsewhere(answer: &RedisResult<Value>) -> bool {
    const CODES: [&str; 7] = ["MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "READONLY", "MASTERDOWN", "NOREPLICAS"];
    answer.as_ref().is_err_and(|cause| cause.code().is_some_and(|code| CODES.contains(&code)))
}

/// A connection that is gone, as after a restart; not one that only keeps silent, where waiting again
/// would double the time-out.
fn is_broken_line(cause: &RedisError) -> bool {
    (cause.is_io_error() || cause.is_connection_dropped()) && !cause.is_timeout() && !cause.is_connection_refusal()
}

/// What stands for an answer that did not come.
pub(super) fn silent() -> RedisError {
    std::io::Error::new(std::io::ErrorKind::TimedOut, "redis did not answer in time").into()
}
