//! Readers of results streams that hand every event to one hand at a time: consumer groups and webhooks.
//!
//! A reader is a consumer group on the tenant's stream in every shard. What it has in hand lies beside in a
//! sorted set, by when it is handed out again; see `lua/reader_take.lua`.

use std::time::Duration;

use redis::Value;
use uuid::Uuid;

use super::event::Event;
use super::line::{Lead, Repeat};
use super::scripts::{self, Script, ScriptCall};
use super::settle::milliseconds;
use super::{Store, answer};
use crate::lane::Shard;
use crate::name::TenantId;
use crate::{Error, Result};

/// Rounds over the shards of one call; what is left after them waits for the next.
const ROUNDS_MAX: usize = 20;
/// Most readers of one kind and tenant: a consumer group costs Redis little, but nobody must make them
/// without end.
pub(super) const READERS_MAX: usize = 16;
/// Events that one call of a script moves: Redis serves nobody else meanwhile.
const MOVE_BATCH: usize = 1_000;

/// A reader of a tenant's results.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub(super) tenant: &'a TenantId,
    /// `g:GROUP` or `h:WEBHOOK`.
    pub(super) name: &'a str,
}

/// What a reader wants to be handed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    pub(super) most: usize,
    /// After which time an event that was not acknowledged is handed out again.
    pub(super) visible_after: Duration,
    /// `tenant:session`, empty for all.
    pub(super) member: &'a str,
    /// Letters of the states to tell of, `b` for batches.
    pub(super) letters: &'a str,
}

/// An event in a reader's hand.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) shard: Shard,
    /// How often it was handed out, this time included.
    pub(super) tries: u32,
    pub(super) event: Event,
}

/// How a reader stands in all shards together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) name: String,
    /// Events in hand.
    pub(super) held: u64,
    /// Those of them that may be handed out, maybe again.
    pub(super) due: u64,
    /// Those of them that were handed out: an entry may bring more than was asked for.
    pub(super) given: u64,
    /// Events behind its place.
    pub(super) lag: u64,
}

impl Store {
    /// Hands events to a reader, shards in turn; answers them, and how many were gone before they were
    /// acknowledged. A shard whose server is away is passed over while others have events.
    ///
    /// # Errors
    /// [`Error::TooManyReaders`] for a new reader too many; when Redis fails.
    pub(super) async fn reader_take(
        &self,
        verb: &'static str,
        reader: Reader<'_>,
        wish: Wish<'_>,
    ) -> Result<(Vec<Held>, u64)> {
        let mut shards: Vec<_> = self.inner.shards.all().collect();
        let turn = Uuid::now_v7().as_bytes()[15];
        let count = shards.len();
        shards.rotate_left(usize::from(turn) % count);
        let (mut taken, mut gone, mut failure) = (Vec::new(), 0, None);
        for _ in 0..ROUNDS_MAX {
            let left = wish.most - taken.len();
            let unasked = shards.split_off(left.min(shards.len()));
            if shards.is_empty() {
                break;
            }
            let share = left / shards.len();
            let call = |shard: &Shard| self.reader_take_call(*shard, reader, wish, share);
            let calls: Vec<_> = shards.iter().map(call).collect();
            let answers = self.inner.line.run_each(verb, Lead::Shared, Repeat::Once, &calls).await;
            let mut going_on = unasked;
            for (shard, answer) in shards.into_iter().zip(answers) {
                match answer.and_then(|answer| handed(shard, answer)) {
                    Ok((has_more, lost, held)) => {
                        gone += lost;
                        taken.extend(held);
                        going_on.extend(has_more.then_some(shard));
                    }
                    Err(error) => failure = Some(error),
                }
            }
            shards = going_on;
        }
        match failure {
            Some(error) if taken.is_empty() => Err(error),
            _ => Ok((taken, gone)),
        }
    }

    fn reader_take_call(&self, shard: Shard, reader: Reader<'_>, wish: Wish<'_>, most: usize) -> ScriptCall {
        self.reader_call(&scripts::READER_TAKE, shard, reader)
            .argument(most)
            .argument(milliseconds(wish.visible_after))
            .argument(wish.member)
            .argument(wish.letters)
            .argument(READERS_MAX)
    }

    fn reader_call(&self, script: &'static Script, shard: Shard, reader: Reader<'_>) -> ScriptCall {
        self.call(script, shard).argument(reader.tenant.as_str()).argument(reader.name)
    }

    /// Lets a reader begin at the end of every stream.
    pub(super) async fn reader_begin(&self, verb: &'static str, reader: Reader<'_>) -> Result<()> {
        let shards = self.inner.shards.all();
        let calls: Vec<_> = shards.map(|shard| self.reader_call(&scripts::READER_BEGIN, shard, reader)).collect();
        self.inner.line.run(verb, Lead::Shared, Repeat::Once, &calls).await.map(drop)
    }

    /// Acknowledges events; answers how many the reader had in hand.
    pub(super) async fn reader_ack(
        &self,
        verb: &'static str,
        reader: Reader<'_>,
        entries: &[(Shard, String)],
    ) -> Result<u64> {
        let mut shards: Vec<_> = entries.iter().map(|(shard, _)| *shard).collect();
        shards.sort_unstable();
        shards.dedup();
        let of = |shard: Shard| entries.iter().filter(move |entry| entry.0 == shard).map(|(_, entry)| entry.as_str());
        let call = |shard: &Shard| self.reader_call(&scripts::READER_ACK, *shard, reader).arguments(of(*shard));
        let calls: Vec<_> = shards.iter().map(call).collect();
        let answers = self.inner.line.run(verb, Lead::Shared, Repeat::Once, &calls).await?;
        Ok(answer::each::<u64>(answers)?.into_iter().sum())
    }

    /// Puts an event in hand off.
    pub(super) async fn reader_delay(
        &self,
        verb: &'static str,
        reader: Reader<'_>,
        (shard, entry): (Shard, &str),
        pause: Duration,
    ) -> Result<bool> {
        let call =
            self.reader_call(&scripts::READER_DELAY, shard, reader).argument(entry).argument(milliseconds(pause));
        answer::only(self.inner.line.run(verb, Lead::Shared, Repeat::Once, &[call]).await?)
    }

    /// Lets everything that the reader put off be handed out at once.
    pub(super) async fn reader_wake(&self, verb: &'static str, reader: Reader<'_>) -> Result<()> {
        let mut shards: Vec<_> = self.inner.shards.all().collect();
        while !shards.is_empty() {
            let call = |shard: &Shard| self.reader_call(&scripts::READER_WAKE, *shard, reader).argument(MOVE_BATCH);
            let calls: Vec<_> = shards.iter().map(call).collect();
            let answers = self.inner.line.run(verb, Lead::Shared, Repeat::Once, &calls).await?;
            let has_more: Vec<bool> = answer::each(answers)?;
            let mut more = has_more.into_iter();
            shards.retain(|_| more.next().unwrap_or_default());
        }
        Ok(())
    }

    /// Forgets a reader; `false` where there was none.
    pub(super) async fn reader_drop(&self, verb: &'static str, reader: Reader<'_>) -> Result<bool> {
        let shards = self.inner.shards.all();
        let calls: Vec<_> = shards.map(|shard| self.reader_call(&scripts::READER_DROP, shard, reader)).collect();
        let answers = self.inner.line.run(verb, Lead::Shared, Repeat::Once, &calls).await?;
        Ok(answer::each::<bool>(answers)?.into_iter().any(|dropped| dropped))
    }

    /// How the readers of each of `tenants` stand, by name; one of `names` counts everything as not read in a
    /// shard where it has no place yet.
    pub(super) async fn standings(
        &self,
        verb: &'static str,
        tenants: &[(&TenantId, Vec<String>)],
    ) -> Result<Vec<Vec<Standing>>> {
        let shards = self.inner.shards.all();
        let names: Vec<_> = tenants.iter().map(|(tenant, _)| tenant.as_str()).collect();
        let call = |shard| self.call(&scripts::READER_LIST, shard).arguments(&names);
        let calls: Vec<_> = shards.map(call).collect();
        let answers = self.inner.line.run(verb, Lead::Aside, Repeat::Once, &calls).await?;
        type Streams = Vec<(u64, Vec<(String, u64, u64, u64, u64)>)>;
        let none = |name: &String| Standing { name: name.clone(), held: 0, due: 0, given: 0, lag: 0 };
        let mut all: Vec<Vec<_>> = tenants.iter().map(|(_, names)| names.iter().map(none).collect()).collect();
        for streams in answer::each::<Streams>(answers)? {
            for (standings, (length, readers)) in all.iter_mut().zip(streams) {
                add(standings, length, readers);
            }
        }
        Ok(all)
    }
}

fn add(standings: &mut Vec<Standing>, length: u64, readers: Vec<(String, u64, u64, u64, u64)>) {
    for standing in standings.iter_mut().filter(|standing| readers.iter().all(|reader| reader.0 != standing.name)) {
        standing.lag += length;
    }
    for (name, held, due, given, lag) in readers {
        match standings.iter_mut().find(|standing| standing.name == name) {
            Some(standing) => {
                standing.held += held;
                standing.due += due;
                standing.given += given;
                standing.lag += lag;
            }
            None => standings.push(Standing { name, held, due, given, lag }),
        }
    }
}

fn handed(shard: Shard, answer: Value) -> Result<(bool, u64, Vec<Held>)> {
    let (more, gone, events): (i8, u64, Vec<(u32, Vec<Value>)>) = answer::one(answer)?;
    if more < 0 {
        return Err(Error::TooManyReaders);
    }
    let held = |(tries, event)| Event::read(shard, event).map(|event| Held { shard, tries, event });
    Ok((more == 1, gone, events.into_iter().map(held).collect::<Result<_>>()?))
}
