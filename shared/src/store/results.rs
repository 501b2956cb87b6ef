//! The results stream: settled jobs of a tenant, read session by session or all together.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use redis::Value;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use utoipa::ToSchema;

use super::event::{BatchEvent, Event, ResultEvent};
use super::keys::member;
use super::line::{Lead, Repeat};
use super::scripts::{self, ScriptCall};
use super::send::LOOK_PAUSE;
use super::{Store, answer};
use crate::lane::Shard;
use crate::name::{SessionId, TenantId};
use crate::{Error, Result};

/// Fewest events to read in one round trip: other sessions share the stream and are read over.
const READ_MIN: usize = 50;
/// Most events to read in one round trip: about 200 kB.
const READ_MAX: usize = 500;
/// Most events of a page.
const PAGE_MAX: usize = 1_000;
/// Pause after a ring that was for others: on a busy installation it rings all the time.
pub(super) const RING_PAUSE: Duration = Duration::from_millis(50);

/// Some settled jobs of a session, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResultPage {
    /// The events.
    pub events: Vec<ResultEvent>,
    /// Batches that were completed meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub batches: Vec<BatchEvent>,
    /// Where to go on.
    pub next: String,
}

/// How far a reader of all sessions of a tenant is: its place in every shard's stream. Written as
/// `SHARD:PLACE` with commas, `0` at the start; callers treat it as opaque.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(BTreeMap<Shard, String>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("0");
        }
        let places: Vec<_> = self.0.iter().map(|(shard, place)| format!("{}:{place}", shard.0)).collect();
        f.write_str(&places.join(","))
    }
}

impl FromStr for Place {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "0" {
            return Ok(Self::default());
        }
        let place = |part: &str| {
            let (shard, place) = part.split_once(':')?;
            Some((Shard(shard.parse().ok()?), checked(place).ok()?))
        };
        let places: Option<BTreeMap<_, _>> = text.split(',').map(place).collect();
        places.map(Self).ok_or(Error::InvalidName { what: "cursor" })
    }
}

impl Place {
    /// Goes on behind `event`, which `shard` told.
    pub fn pass(&mut self, shard: Shard, event: &Event) {
        self.0.insert(shard, event.cursor().to_owned());
    }

    fn of(&self, shard: Shard) -> &str {
        self.0.get(&shard).map_or("0-0", String::as_str)
    }
}

/// What one look at a shard's stream found.
struct Look {
    next: String,
    has_more: bool,
    events: Vec<Event>,
}

impl Store {
    /// Settled jobs of a session after `after` (`0` from the start), at most `limit` (1 to 1,000); waits
    /// for the first, at most `patience`.
    ///
    /// # Errors
    /// [`crate::Error::InvalidName`] for a cursor that is none.
    pub async fn results(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        after: &str,
        limit: usize,
        patience: Duration,
    ) -> Result<ResultPage> {
        let (events, next) = self.session_events(tenant, session, after, limit, patience).await?;
        let mut page = ResultPage { events: Vec::new(), batches: Vec::new(), next };
        for event in events {
            match event {
                Event::Job(event) => page.events.push(*event),
                Event::Batch(event) => page.batches.push(event),
            }
        }
        Ok(page)
    }

    /// As [`Store::results`], but in the order of the stream: the events, and where to go on.
    ///
    /// # Errors
    /// As [`Store::results`].
    pub async fn session_events(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        after: &str,
        limit: usize,
        patience: Duration,
    ) -> Result<(Vec<Event>, String)> {
        let deadline = Instant::now() + patience;
        let shard = self.inner.shards.of(tenant, session);
        let mut cursor = checked(after)?;
        let mut bell = self.inner.tower.settled_in(shard);
        loop {
            let (events, next) = self.page(shard, tenant, session, cursor, limit.clamp(1, PAGE_MAX)).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !events.is_empty() || left.is_zero() {
                return Ok((events, next));
            }
            cursor = next;
            bell.rung(left.min(LOOK_PAUSE)).await;
        }
    }

    /// Settled jobs of all sessions of a tenant after `place`, which goes on to the last one; waits for the
    /// first, at most `patience`. In order for each shard only; at most `limit` of each.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn tenant_events(
        &self,
        tenant: &TenantId,
        place: &mut Place,
        limit: usize,
        patience: Duration,
    ) -> Result<Vec<(Shard, Event)>> {
        let deadline = Instant::now() + patience;
        let mut bell = self.inner.tower.settled();
        loop {
            let (events, has_more) = self.tenant_page(tenant, place, limit.clamp(1, PAGE_MAX)).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !events.is_empty() || left.is_zero() {
                return Ok(events);
            }
            if !has_more {
                bell.rung(left.min(LOOK_PAUSE)).await;
                sleep(left.min(RING_PAUSE)).await;
            }
        }
    }

    async fn tenant_page(
        &self,
        tenant: &TenantId,
        place: &mut Place,
        limit: usize,
    ) -> Result<(Vec<(Shard, Event)>, bool)> {
        let shards: Vec<_> = self.inner.shards.all().collect();
        let call = |shard: &Shard| self.page_call(*shard, tenant, "", place.of(*shard), limit, limit);
        let calls: Vec<_> = shards.iter().map(call).collect();
        let answers = self.inner.line.run("tenant_events", Lead::Shared, Repeat::Once, &calls).await?;
        let (mut events, mut any_more) = (Vec::new(), false);
        for (shard, answer) in shards.into_iter().zip(answers) {
            let look = looked(shard, answer)?;
            any_more |= look.has_more;
            // Entries whose time is over are passed too; a stream that was never read keeps no place.
            if look.next != place.of(shard) {
                place.0.insert(shard, look.next);
            }
            events.extend(look.events.into_iter().map(|event| (shard, event)));
        }
        Ok((events, any_more))
    }

    /// Reads on from `next` until the page is full or the stream ends; it holds about
    /// [`super::Limits::events`] at most.
    async fn page(
        &self,
        shard: Shard,
        tenant: &TenantId,
        session: &SessionId,
        mut next: String,
        limit: usize,
    ) -> Result<(Vec<Event>, String)> {
        let mut events = Vec::new();
        loop {
            let left = limit - events.len();
            let member = member(tenant, session);
            let call = self.page_call(shard, tenant, &member, &next, left.clamp(READ_MIN, READ_MAX), left);
            let answer = self.inner.line.run("results", Lead::Shared, Repeat::Once, &[call]).await?;
            let look = looked(shard, answer::only(answer)?)?;
            next = look.next;
            events.extend(look.events);
            if !look.has_more || events.len() >= limit {
                return Ok((events, next));
            }
        }
    }

    fn page_call(
        &self,
        shard: Shard,
        tenant: &TenantId,
        member: &str,
        after: &str,
        read: usize,
        limit: usize,
    ) -> ScriptCall {
        let call = self.call(&scripts::PAGE, shard).argument(tenant.as_str()).argument(member);
        call.argument(after).argument(read).argument(limit)
    }
}

fn looked(shard: Shard, answer: Value) -> Result<Look> {
    let (next, has_more, events): (String, bool, Vec<Vec<Value>>) = answer::one(answer)?;
    let events = events.into_iter().map(|event| Event::read(shard, event)).collect::<Result<_>>()?;
    Ok(Look { next, has_more, events })
}

/// A cursor is `0` or a place in a stream: two numbers and a dash, and another of three digits within an entry that
/// tells of several jobs.
pub(super) fn checked(cursor: &str) -> Result<String> {
    let (ms, rest) = cursor.split_once('-').unwrap_or((cursor, "0"));
    let (sequence, within) = rest.split_once('-').map_or((rest, None), |(sequence, within)| (sequence, Some(within)));
    if within.is_some_and(|within| within.len() != 3 || !within.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(Error::InvalidName { what: "cursor" });
    }
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    match (number(ms), number(sequence)) {
        // Redis has no id after the greatest.
        (Some(ms), Some(sequence)) if (ms, sequence) < (u64::MAX, u64::MAX) => {
            Ok(within.map_or_else(|| format!("{ms}-{sequence}"), |within| format!("{ms}-{sequence}-{within}")))
        }
        _ => Err(Error::InvalidName { what: "cursor" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_zero_or_a_stream_id() {
        let cases = [
            ("0", Some("0-0")),
            ("1526919030474-55", Some("1526919030474-55")),
            ("7", Some("7-0")),
            ("", None),
            ("-", None),
            ("+", None),
            ("1-", None),
            ("1526919030474-55-007", Some("1526919030474-55-007")),
            ("1-2-3", None),
            ("1-2-+03", None),
            ("1-2-003-004", None),
            ("+1-0", None),
            ("18446744073709551615-18446744073709551615", None),
            ("18446744073709551616-0", None),
            ("a-0", None),
        ];
        for (text, expected) in cases {
            assert_eq!(checked(text).ok().as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_place_in_all_shards_is_written_and_read() {
        for text in ["0", "3:1526919030474-55", "0:1-0,15:7-2"] {
            assert_eq!(text.parse::<Place>().expect("lawful").to_string(), text);
        }
        for text in ["", "3", "3:", "3:x", "256:1-0", "1-0", "3:1-0,"] {
            assert!(text.parse::<Place>().is_err(), "{text:?}");
        }
    }
}
