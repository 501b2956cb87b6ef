//! The connections to Redis, and the one function through which every round trip goes.
//!
//! Redis may be one server, a primary behind sentinels, or a cluster: `address` reads which, `routes` knows
//! the servers and learns them anew when one is gone, `node` holds the connections to one, `part` brings
//! commands to the server of their slot and the answers back in order, `trip` is the round trip itself.

mod address;
mod learn;
mod node;
mod part;
mod routes;
mod slot;
mod trip;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use redis::aio::PubSub;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::time::timeout;

use super::scripts::ScriptCall;
use crate::config::RedisConfig;
use crate::{Error, Result, metrics};

use address::Address;
use node::Answers;
use part::Sent;
use routes::{Known, Routes};
use trip::{Trip, silent};

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
        Ok(self.known(verb).await?.steady())
    }

    /// Sends one command to every primary; answers one value for each.
    ///
    /// # Errors
    /// When any of them fails.
    pub(super) async fn everywhere(&self, verb: &'static str, lead: Lead, command: &Cmd) -> Result<Vec<Value>> {
        let slots = self.known(verb).await?.one_slot_each();
        let commands = slots.into_iter().map(|slot| Sent { slot: Some(slot), command: command.clone() }).collect();
        whole(verb, self.trip(verb, lead, Repeat::Once).answered(commands).await)
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
        whole(verb, self.trip(verb, lead, repeat).answered(commands).await)
    }

    /// As [`Line::send`], but a command that fails leaves the others their answers.
    pub(super) async fn send_each(
        &self,
        verb: &'static str,
        lead: Lead,
        repeat: Repeat,
        commands: Vec<Cmd>,
    ) -> Vec<Result<Value>> {
        let commands = commands.into_iter().map(|command| self.addressed(command)).collect();
        each(verb, self.trip(verb, lead, repeat).answered(commands).await)
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
        each(verb, self.ran(verb, lead, repeat, calls).await)
    }

    async fn ran(&self, verb: &'static str, lead: Lead, repeat: Repeat, calls: &[ScriptCall]) -> Answers {
        let trip = self.trip(verb, lead, repeat);
        let commands = calls.iter().map(|call| self.addressed(call.command())).collect();
        let mut answers = trip.answered(commands).await;
        let unknown: Vec<usize> = (0..calls.len()).filter(|index| is_unknown_script(&answers[*index])).collect();
        if !unknown.is_empty() {
            let with_script = |index: &usize| {
                let call = self.addressed(calls[*index].command());
                [Sent { slot: call.slot, command: loading(&calls[*index]) }, call]
            };
            let again = trip.answered(unknown.iter().flat_map(with_script).collect()).await;
            part::put(&mut answers, &unknown, again.into_iter().skip(1).step_by(2).collect());
        }
        answers
    }

    async fn known(&self, verb: &'static str) -> Result<Arc<Known>> {
        let known = timeout(self.timeout, self.routes.current()).await.unwrap_or_else(|_| Err(silent()));
        known.map_err(|cause| failed(verb, cause))
    }

    fn addressed(&self, command: Cmd) -> Sent {
        let slot = if self.routes.is_cluster() { slot::slot_of(&command, &self.prefix) } else { None };
        Sent { slot, command }
    }

    fn trip(&self, verb: &'static str, lead: Lead, repeat: Repeat) -> Trip<'_> {
        let lead = if lead == Lead::Sure && self.replicas == 0 { Lead::Shared } else { lead };
        Trip { line: self, verb, lead, repeat, deadline: tokio::time::Instant::now() + self.timeout }
    }

    fn next_turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }
}

fn whole(verb: &'static str, answers: Answers) -> Result<Vec<Value>> {
    answers.into_iter().collect::<RedisResult<_>>().map_err(|cause| failed(verb, cause))
}

fn each(verb: &'static str, answers: Answers) -> Vec<Result<Value>> {
    answers.into_iter().map(|answer| answer.map_err(|cause| failed(verb, cause))).collect()
}

fn loading(call: &ScriptCall) -> Cmd {
    let mut pipeline = redis::pipe();
    pipeline.load_script(call.script());
    pipeline.cmd_iter().next().cloned().unwrap_or_default()
}

fn is_unknown_script(answer: &RedisResult<Value>) -> bool {
    answer.as_ref().is_err_and(|cause| cause.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
}

fn failed(verb: &'static str, cause: RedisError) -> Error {
    let error = Error::from(cause);
    metrics::redis_failed(verb, error.code());
    error
}
