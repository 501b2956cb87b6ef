//! The connections to Redis, and the one function through which every round trip goes.
//!
//! Redis may be one server, a primary behind sentinels, or a cluster: `address` reads which, `routes` knows
//! the servers and learns them anew when one is gone, `node` holds the connections to one, `part` brings
//! commands to the server of their slot and the answers back in order.

mod address;
mod learn;
mod node;
mod part;
mod routes;
mod slot;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::{FutureExt, join_all};
use redis::aio::PubSub;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::time::{sleep, timeout_at};

use super::scripts::ScriptCall;
use crate::config::RedisConfig;
use crate::{Error, Result, metrics};

use address::Address;
use node::Answers;
use part::{Part, Sent};
use routes::Routes;

/// Pauses before a command is sent again that a server refused because another one serves now, or none
/// yet. Together about half a second, as for a connection that is made anew.
const REFUSED_PAUSES: [Duration; 4] =
    [Duration::from_millis(20), Duration::from_millis(80), Duration::from_millis(150), Duration::from_millis(250)];

/// Which connection a verb uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// The multiplexed one, for everything that somebody waits for.
    Shared,
    /// One of its own, for scans that must never stand in front of the others.
    Aside,
    /// One that answers when as many replicas hold the write as the settings ask for; the multiplexed one
    /// where they ask for none.
    Sure,
}

/// Whether a round trip whose connection broke may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// The verb answers the same the second time.
    Once,
    /// A lost answer is lost.
    Never,
}

/// All connections of a process.
pub(super) struct Line {
    routes: Routes,
    prefix: String,
    timeout: Duration,
    replicas: u32,
    /// Chooses a server where any will do.
    turn: AtomicUsize,
}

/// How a round trip goes.
#[derive(Clone, Copy)]
struct Trip {
    verb: &'static str,
    lead: Lead,
    repeat: Repeat,
    deadline: tokio::time::Instant,
}

impl Line {
    /// Prepares the connections; none is made before it is needed.
    ///
    /// # Errors
    /// [`Error::Config`] when the address cannot be read.
    pub(super) fn new(config: &RedisConfig) -> Result<Self> {
        let routes = Routes::new(Address::read(config)?, config.timeout)
            .map_err(|cause| Error::Config(format!("redis address cannot be used: {cause}")))?;
        let (prefix, timeout) = (config.prefix.clone(), config.timeout);
        Ok(Self { routes, prefix, timeout, replicas: config.access.replicas, turn: AtomicUsize::new(0) })
    }

    /// A connection that hears `channels`, on a living server: what one of a cluster hears, all hear.
    ///
    /// # Errors
    /// When Redis fails; the next call tries another server where there is one.
    pub(super) async fn listen(&self, channels: &[String]) -> RedisResult<PubSub> {
        let known = self.routes.current().await?;
        let node = known.serving(None, self.next_turn())?;
        let subscription = node.listening(channels).await;
        if subscription.is_err() {
            self.routes.doubt(&known);
        }
        subscription
    }

    /// How long the primaries are the same, as far as this process knows: a promoted replica does not tell
    /// since when it serves. [`Duration::MAX`] where they never changed.
    ///
    /// # Errors
    /// When Redis fails.
    pub(super) async fn steady(&self, verb: &'static str) -> Result<Duration> {
        let known = self.routes.current().await.map_err(|cause| failed(verb, cause))?;
        Ok(known.steady())
    }

    /// Sends one command to every primary; answers one value for each.
    ///
    /// # Errors
    /// When any of them fails.
    pub(super) async fn everywhere(&self, verb: &'static str, lead: Lead, command: &Cmd) -> Result<Vec<Value>> {
        let began = Instant::now();
        let known = self.routes.current().await.map_err(|cause| failed(verb, cause))?;
        let mut pipeline = redis::pipe();
        pipeline.ignore_errors().add_command(command.clone());
        let asked = known.primaries().iter().map(|node| node.sent(lead, &pipeline));
        let deadline = tokio::time::Instant::now() + self.timeout;
        let answers = timeout_at(deadline, join_all(asked)).await.unwrap_or_else(|_| vec![Err(silent())]);
        if answers.iter().any(Result::is_err) {
            self.routes.doubt(&known);
        }
        let answers = answers.into_iter().map(|answers| answers.and_then(|answers| answers.into_iter().collect()));
        let answers: Vec<Vec<Value>> = answers.collect::<RedisResult<_>>().map_err(|cause| failed(verb, cause))?;
        metrics::redis_answered(verb, began.elapsed());
        Ok(answers.into_iter().flatten().collect())
    }

    /// Sends commands in one round trip; answers one value for each.
    ///
    /// # Errors
    /// When Redis fails, or any command does.
    pub(super) async fn send(
        &self,
        verb: &'static str,
        lead: Lead,
        repeat: Repeat,
        pipeline: &Pipeline,
    ) -> Result<Vec<Value>> {
        let commands = pipeline.cmd_iter().cloned().map(|command| self.addressed(command)).collect();
        whole(verb, self.answered(&self.trip(verb, lead, repeat), commands).await)
    }

    /// Runs scripts in one round trip; answers one value for each. A Redis that lost its scripts (restart,
    /// SCRIPT FLUSH, another primary) gets them again, and only the calls that it did not know are sent
    /// again.
    ///
    /// # Errors
    /// When Redis fails, or any script does.
    pub(super) async fn run(
        &self,
        verb: &'static str,
        lead: Lead,
        repeat: Repeat,
        calls: &[ScriptCall],
    ) -> Result<Vec<Value>> {
        whole(verb, self.ran(verb, lead, repeat, calls).await)
    }

    /// As [`Line::run`], but a call that fails leaves the others their answers: where one server of a
    /// cluster is away, the rest goes on.
    pub(super) async fn run_each(
        &self,
        verb: &'static str,
        lead: Lead,
        repeat: Repeat,
        calls: &[ScriptCall],
    ) -> Vec<Result<Value>> {
        let answers = self.ran(verb, lead, repeat, calls).await;
        answers.into_iter().map(|answer| answer.map_err(|cause| failed(verb, cause))).collect()
    }

    async fn ran(&self, verb: &'static str, lead: Lead, repeat: Repeat, calls: &[ScriptCall]) -> Answers {
        let trip = self.trip(verb, lead, repeat);
        let commands = calls.iter().map(|call| self.addressed(call.command())).collect();
        let mut answers = self.answered(&trip, commands).await;
        let unknown: Vec<usize> = (0..calls.len()).filter(|index| is_unknown_script(&answers[*index])).collect();
        if !unknown.is_empty() {
            let with_script = |index: &usize| {
                let call = self.addressed(calls[*index].command());
                [Sent { slot: call.slot, command: loading(&calls[*index]) }, call]
            };
            let again = self.answered(&trip, unknown.iter().flat_map(with_script).collect()).await;
            part::put(&mut answers, &unknown, again.into_iter().skip(1).step_by(2).collect());
        }
        answers
    }

    fn addressed(&self, command: Cmd) -> Sent {
        let slot = if self.routes.is_cluster() { slot::slot_of(&command, &self.prefix) } else { None };
        Sent { slot, command }
    }

    fn trip(&self, verb: &'static str, lead: Lead, repeat: Repeat) -> Trip {
        let lead = if lead == Lead::Sure && self.replicas == 0 { Lead::Shared } else { lead };
        Trip { verb, lead, repeat, deadline: tokio::time::Instant::now() + self.timeout }
    }

    /// The one round trip: measured, counted, and ended when its time is over.
    async fn answered(&self, trip: &Trip, commands: Vec<Sent>) -> Answers {
        let (began, count) = (Instant::now(), commands.len());
        let parts = Part::split(commands, self.routes.is_cluster());
        // Boxed, so that the types of what waits for it stay small enough to be compiled.
        let answers = join_all(parts.iter().map(|part| self.part_answered(trip, part).boxed())).await;
        if answers.iter().all(Result::is_ok) {
            metrics::redis_answered(trip.verb, began.elapsed());
        }
        part::joined(count, &parts, answers)
    }

    /// Sends a part, once more where its connection broke and that is allowed, and always the commands that
    /// were refused unread because another server serves them.
    async fn part_answered(&self, trip: &Trip, part: &Part) -> RedisResult<Answers> {
        let mut answers = self.sent(trip, part).await;
        if trip.repeat == Repeat::Once && answers.as_ref().is_err_and(is_broken_line) {
            answers = self.sent(trip, part).await;
        }
        let mut answers = answers?;
        for pause in REFUSED_PAUSES {
            let refused: Vec<_> = (0..answers.len()).filter(|index| is_elsewhere(&answers[*index])).collect();
            if refused.is_empty() || tokio::time::Instant::now() + pause > trip.deadline {
                break;
            }
            sleep(pause).await;
            let again = part.again(&refused);
            match self.sent(trip, &again).await {
                Ok(new) => part::put(&mut answers, &again.places, new),
                Err(cause) => refused.iter().for_each(|index| answers[*index] = Err(cause.clone())),
            }
        }
        Ok(answers)
    }

    async fn sent(&self, trip: &Trip, part: &Part) -> RedisResult<Answers> {
        let known = timeout_at(trip.deadline, self.routes.current()).await.unwrap_or_else(|_| Err(silent()))?;
        let node = known.serving(part.slot, self.next_turn())?;
        let sent = async {
            if trip.lead == Lead::Sure {
                self.sure(node, part).await
            } else {
                node.sent(trip.lead, &part.pipeline).await
            }
        };
        let answers = timeout_at(trip.deadline, sent).await.unwrap_or_else(|_| Err(silent()));
        let is_doubtful = match &answers {
            Ok(answers) => answers.iter().any(is_elsewhere),
            Err(_) => true,
        };
        if is_doubtful {
            self.routes.doubt(&known);
        }
        answers
    }

    /// Sends a part and waits for the replicas, on one connection: Redis waits for its own writes only.
    async fn sure(&self, node: &node::Node, part: &Part) -> RedisResult<Answers> {
        let patience = u64::try_from((self.timeout / 2).as_millis()).unwrap_or(u64::MAX);
        let mut pipeline = part.pipeline.clone();
        pipeline.cmd("WAIT").arg(self.replicas).arg(patience);
        let mut answers = node.sent(Lead::Sure, &pipeline).await?;
        let reached: u32 = answers
            .pop()
            .map_or(Ok(0), |reached| Ok(redis::from_redis_value(reached?)?))
            .or_else(|cause: RedisError| Err(cause))?;
        if reached < self.replicas {
            let detail = format!("{reached} of {} replicas hold the write", self.replicas);
            return Err(redis::make_extension_error("NOREPLICAS".to_owned(), Some(detail)));
        }
        Ok(answers)
    }

    fn next_turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }
}

fn whole(verb: &'static str, answers: Answers) -> Result<Vec<Value>> {
    answers.into_iter().collect::<RedisResult<_>>().map_err(|cause| failed(verb, cause))
}

fn loading(call: &ScriptCall) -> Cmd {
    let mut pipeline = redis::pipe();
    pipeline.load_script(call.script());
    pipeline.cmd_iter().next().cloned().unwrap_or_default()
}

fn is_unknown_script(answer: &RedisResult<Value>) -> bool {
    answer.as_ref().is_err_and(|cause| cause.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
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

fn silent() -> RedisError {
    std::io::Error::new(std::io::ErrorKind::TimedOut, "redis did not answer in time").into()
}

fn failed(verb: &'static str, cause: RedisError) -> Error {
    let error = Error::from(cause);
    metrics::redis_failed(verb, error.code());
    error
}
