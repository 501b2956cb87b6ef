//! Asking sentinels for the primary, and nodes of a cluster for the slots they serve.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::select_ok;
use futures::stream::{FuturesUnordered, StreamExt};
use redis::{ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, Value, from_redis_value};

use super::Lead;
use super::node::Node;

/// Slots from `first` to `last`, and the primary that serves them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) host: String,
    pub(super) port: u16,
}

/// Where the primary is: as soon as most sentinels name the same place, else what the most name. So one
/// that is cut off from the others and tells old news is outvoted.
///
/// # Errors
/// When no sentinel knows.
pub(super) async fn primary(sentinels: &[Arc<Node>], name: &str) -> RedisResult<(String, u16)> {
    let mut asked: FuturesUnordered<_> = sentinels.iter().map(|sentinel| named(sentinel, name)).collect();
    let mut votes: HashMap<(String, u16), usize> = HashMap::new();
    let mut refused = None;
    while let Some(answer) = asked.next().await {
        match answer {
            Ok(place) => {
                let count = votes.entry(place.clone()).or_default();
                *count += 1;
                if *count * 2 > sentinels.len() {
                    return Ok(place);
                }
            }
            Err(cause) => refused = Some(cause),
        }
    }
    let most = votes.into_iter().max_by_key(|(_, count)| *count).map(|(place, _)| place);
    most.ok_or_else(|| refused.unwrap_or_else(|| (ErrorKind::Io, "no sentinel is named").into()))
}

async fn named(sentinel: &Node, name: &str) -> RedisResult<(String, u16)> {
    let mut pipeline = redis::pipe();
    pipeline.ignore_errors().cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    let place: Option<(String, u16)> = only(sentinel, &pipeline).await?;
    place.ok_or_else(|| (ErrorKind::Io, "a sentinel knows no primary of that name").into())
}

/// The slots and their primaries, from the first node that answers and stands well with the cluster.
///
/// # Errors
/// When none does.
pub(super) async fn ranges(nodes: impl Iterator<Item = &Arc<Node>>) -> RedisResult<Vec<Range>> {
    let mut asked: HashMap<String, _> = HashMap::new();
    for node in nodes {
        asked.entry(node.place()).or_insert_with(|| Box::pin(slots_of(node)));
    }
    if asked.is_empty() {
        return Err((ErrorKind::Io, "no node is named").into());
    }
    select_ok(asked.into_values()).await.map(|(ranges, _)| ranges)
}

async fn slots_of(node: &Node) -> RedisResult<Vec<Range>> {
    let mut pipeline = redis::pipe();
    pipeline.ignore_errors().cmd("CLUSTER").arg("INFO").cmd("CLUSTER").arg("SLOTS");
    let mut answers = node.sent(Lead::Shared, &pipeline).await?.into_iter();
    let (Some(state), Some(slots)) = (answers.next(), answers.next()) else { return Err(unexpected()) };
    let state: String = from_redis_value(state?)?;
    if !state.contains("cluster_state:ok") {
        return Err((ErrorKind::Io, "a node is cut off from its cluster, or the cluster is down").into());
    }
    let slots: Vec<Vec<Value>> = from_redis_value(slots?)?;
    let asked = node.host();
    let mut ranges = slots.into_iter().map(|entry| range(entry, asked)).collect::<RedisResult<Vec<_>>>()?;
    ranges.sort();
    Ok(ranges)
}

/// Reads `first, last, [host, port, id, ...], replicas...`. A node that does not know its own host is
/// reached by the name it was asked under.
fn range(entry: Vec<Value>, asked: &str) -> RedisResult<Range> {
    let [first, last, Value::Array(primary), ..] = &entry[..] else { return Err(unexpected()) };
    let [host, port, ..] = &primary[..] else { return Err(unexpected()) };
    let host: Option<String> = read(host)?;
    let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| asked.to_owned());
    Ok(Range { first: read(first)?, last: read(last)?, host, port: read(port)? })
}

fn read<T: FromRedisValue>(value: &Value) -> RedisResult<T> {
    Ok(from_redis_value(value.clone())?)
}

async fn only<T: FromRedisValue>(node: &Node, pipeline: &Pipeline) -> RedisResult<T> {
    let answer = node.sent(Lead::Shared, pipeline).await?.into_iter().next().ok_or_else(unexpected)?;
    Ok(from_redis_value(answer?)?)
}

fn unexpected() -> RedisError {
    (ErrorKind::UnexpectedReturnType, "an unknown description of the cluster").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_names_its_primary_or_the_node_that_was_asked() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let entry =
            |host: Value| vec![Value::Int(0), Value::Int(99), Value::Array(vec![host, Value::Int(7000), text("id")])];
        for (host, expected) in [(text("10.0.0.1"), "10.0.0.1"), (text(""), "asked"), (Value::Nil, "asked")] {
            let range = range(entry(host), "asked").unwrap();
            assert_eq!(range, Range { first: 0, last: 99, host: expected.into(), port: 7000 });
        }
        assert!(range(vec![Value::Int(0)], "asked").is_err());
    }
}
