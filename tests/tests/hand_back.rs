//! Results handed back to those who read them: consumer groups and server-sent events.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gradphoto_tests::server::{Server, answer, check};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// Longest wait for events; usual are milliseconds, a busy machine takes much longer.
const PATIENCE: Duration = Duration::from_secs(60);

async fn read(server: &Server, group: &str, limit: usize, visible_after_s: u64) -> Vec<Value> {
    let asked = json!({"limit": limit, "visible_after_s": visible_after_s});
    let (status, body) = answer(server.ask(Method::POST, &format!("/v1/groups/{group}/read")).json(&asked)).await;
    assert_eq!(status, 200, "{body}");
    body["events"].as_array().expect("events").clone()
}

async fn acknowledge(server: &Server, group: &str, events: &[Value]) -> u64 {
    let receipts: Vec<_> = events.iter().map(|event| event["receipt"].clone()).collect();
    let asked = server.ask(Method::POST, &format!("/v1/groups/{group}/ack")).json(&json!({"receipts": receipts}));
    let (status, body) = answer(asked).await;
    assert_eq!(status, 200, "{body}");
    body["acknowledged"].as_u64().expect("a count")
}

fn jobs(events: &[Value]) -> BTreeSet<String> {
    events.iter().map(|event| event["job"].as_str().expect("a job").to_owned()).collect()
}

async fn groups(server: &Server) -> Value {
    answer(server.ask(Method::GET, "/v1/groups")).await.1["groups"].clone()
}

/// Jobs of several sessions, so of several shards, settled.
async fn settled(server: &Server, each: usize) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for session in ["a", "b", "c", "d", "e"] {
        ids.extend(server.jobs(session, each).await);
    }
    let mut worked = 0;
    while worked < ids.len() {
        worked += server.work().await;
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn two_consumers_share_and_what_a_dead_one_held_goes_to_the_other() {
    let server = Server::start().await;
    let ids = settled(&server, 20).await;
    // One takes some and is never seen again.
    let lost = read(&server, "main", 30, 1).await;
    assert_eq!(lost.len(), 30);
    let sessions: BTreeSet<_> = lost.iter().map(|event| event["session"].to_string()).collect();
    assert!(sessions.len() > 1, "shards are read in turn: {sessions:?}");
    assert_eq!(groups(&server).await, json!([{"group": "main", "pending": 30, "lag": 70}]));
    let mut seen = BTreeSet::new();
    let began = Instant::now();
    while seen.len() < ids.len() {
        let events = read(&server, "main", 25, 60).await;
        assert_eq!(acknowledge(&server, "main", &events).await, events.len() as u64);
        for event in &events {
            let again = lost.iter().any(|lost| lost["receipt"] == event["receipt"]);
            assert_eq!(event["deliveries"], if again { 2 } else { 1 }, "{event}");
        }
        let fresh = jobs(&events);
        assert!(fresh.is_disjoint(&seen), "nothing is handed out after it was acknowledged");
        seen.extend(fresh);
        assert!(began.elapsed() < PATIENCE, "{} of {}", seen.len(), ids.len());
        if events.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert_eq!(seen, ids);
    assert_eq!(acknowledge(&server, "main", &lost).await, 0, "a late acknowledgement harms nobody");
    assert_eq!(groups(&server).await, json!([{"group": "main", "pending": 0, "lag": 0}]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_group_and_tenant_reads_for_itself() {
    let server = Server::start().await;
    let ids = settled(&server, 4).await;
    let first = read(&server, "one", 1_000, 60).await;
    assert_eq!(jobs(&first), ids);
    assert_eq!(acknowledge(&server, "one", &first).await, 20);
    assert_eq!(jobs(&read(&server, "two", 1_000, 60).await), ids);
    let foreign = server.ask_as(1, Method::POST, "/v1/groups/one/read").json(&json!({}));
    assert_eq!(answer(foreign).await.1, json!({"events": []}));
    assert_eq!(answer(server.ask(Method::DELETE, "/v1/groups/two")).await.0, 204);
    check(server.ask(Method::DELETE, "/v1/groups/two"), 404, "unknown_group").await;
    assert_eq!(groups(&server).await, json!([{"group": "one", "pending": 0, "lag": 0}]));
    let post = |path: &str, body: Value| server.ask(Method::POST, path).json(&body);
    check(post("/v1/groups/one/read", json!({"limit": 0})), 400, "invalid_query").await;
    check(post("/v1/groups/one/read", json!({"wait": 61})), 400, "invalid_query").await;
    check(post("/v1/groups/one/read", json!({"visible_after_s": 0})), 400, "invalid_query").await;
    check(post("/v1/groups/one/ack", json!({"receipts": vec!["1-1-0"; 1_001]})), 400, "invalid_query").await;
    assert_eq!(acknowledge(&server, "one", &[]).await, 0);
    check(post("/v1/groups/one/ack", json!({"receipts": ["x"]})), 422, "invalid_field").await;
    check(post("/v1/groups/one/ack", json!({"receipts": ["200-1-0"]})), 400, "invalid_name").await;
    check(post("/v1/groups/a%20b/read", json!({})), 400, "invalid_name").await;
    for number in 0..15 {
        assert_eq!(read(&server, &format!("g{number}"), 1, 60).await.len(), 1);
    }
    // A group has its place in each shard from its first look at it on; one event looks at one.
    let (mut refused, mut number) = (false, 15);
    while !refused && number < 100 {
        let asked = post(&format!("/v1/groups/g{number}/read"), json!({"limit": 1_000}));
        let (status, body) = answer(asked).await;
        refused = status == 409 && body["error"]["code"] == "too_many_readers";
        number += 1;
    }
    assert!(refused, "groups are made without end");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_hides_nothing_from_a_group() {
    const DELETE_LAST: &str = "
        local entry = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
        if not entry then return 0 end
        redis.call('XDEL', KEYS[1], entry[1])
        return #entry[2][2] / 16";
    let server = Server::start().await;
    let ids = settled(&server, 4).await;
    let first = read(&server, "main", 5, 60).await;
    let mut deleted = 0;
    for shard in 0..4 {
        let stream = format!("gp:{{{shard}}}:out:school-1");
        let jobs = server.redis.cli(&["EVAL", DELETE_LAST, "1", &stream]);
        deleted += jobs.parse::<usize>().expect("a count");
    }
    assert!((1..ids.len()).contains(&deleted), "{deleted} of {}", ids.len());
    // What was handed out before is in hand; what was deleted is told to nobody.
    let rest = read(&server, "main", 1_000, 60).await;
    let told: std::collections::HashSet<_> = first.iter().chain(&rest).map(|event| event["job"].to_string()).collect();
    assert_eq!(told.len(), first.len() + rest.len());
    assert!((ids.len() - deleted..=ids.len() - deleted + first.len()).contains(&told.len()), "{}", told.len());
    assert_eq!(groups(&server).await, json!([{"group": "main", "pending": told.len(), "lag": 0}]));
    assert!(read(&server, "main", 1_000, 60).await.is_empty());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_consumer_is_woken_and_a_stop_answers_it() {
    let server = Server::start().await;
    let wait = |group: &str| server.ask(Method::POST, &format!("/v1/groups/{group}/read")).json(&json!({"wait": 60}));
    server.jobs("a", 1).await;
    let work = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(server.work().await, 1);
    };
    let began = Instant::now();
    let ((_, body), ()) = tokio::join!(answer(wait("main")), work);
    assert_eq!(body["events"].as_array().map(Vec::len), Some(1), "{body}");
    assert!(began.elapsed() < Duration::from_secs(20), "waited {:?}", began.elapsed());
    let waiting = tokio::spawn(answer(wait("main")));
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.stop().await;
    assert_eq!(waiting.await.expect("no panic"), (200, json!({"events": []})));
}

/// A stream of server-sent events, read message by message.
struct Stream {
    response: Response,
    text: Vec<u8>,
}

#[derive(Debug, PartialEq)]
struct Message {
    id: String,
    event: String,
    data: Value,
}

impl Stream {
    async fn open(server: &Server, path: &str, last: Option<&str>) -> Self {
        let mut asked = server.ask(Method::GET, path);
        if let Some(last) = last {
            asked = asked.header("last-event-id", last);
        }
        let response = asked.send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: Vec::new() }
    }

    /// The next message; none at the stream's end.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<_> = self.text.drain(..end + 2).collect();
                let block = std::str::from_utf8(&block).expect("text");
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    line.map(str::to_owned)
                };
                let message = field("data").map(|data| Message {
                    id: field("id").expect("an id"),
                    event: field("event").expect("a kind"),
                    data: serde_json::from_str(&data).expect("JSON"),
                });
                if message.is_some() {
                    return message;
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("something comes");
            self.text.extend(chunk.expect("a whole stream")?);
        }
    }

    async fn take(&mut self, count: usize) -> Vec<Message> {
        let mut messages = Vec::new();
        while messages.len() < count {
            messages.push(self.next().await.expect("a stream without end"));
        }
        messages
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_connects_again_misses_nothing_and_sees_nothing_twice() {
    let server = Server::start().await;
    let ids = settled(&server, 30).await;
    let mut seen = Vec::new();
    let mut last = None;
    // The line breaks at odd places.
    for count in [1, 47, 2, 60, 40] {
        let mut stream = Stream::open(&server, "/v1/events", last.as_deref()).await;
        let messages = stream.take(count).await;
        last = messages.last().map(|message| message.id.clone());
        seen.extend(messages);
    }
    let data: Vec<_> = seen.iter().map(|message| message.data.clone()).collect();
    assert_eq!((data.len(), jobs(&data)), (ids.len(), ids));
    assert!(seen.iter().all(|message| message.event == "job"));
    let mut stream = Stream::open(&server, "/v1/events", last.as_deref()).await;
    let more = server.jobs("c", 3).await;
    let work = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(server.work().await, 3);
    };
    let (fresh, ()) = tokio::join!(stream.take(3), work);
    let data: Vec<_> = fresh.into_iter().map(|message| message.data).collect();
    assert_eq!(jobs(&data), more.into_iter().collect());
    server.stop().await;
    assert_eq!(stream.next().await, None, "a stop ends the stream");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_a_stream_of_its_own() {
    let server = Server::start().await;
    settled(&server, 3).await;
    let mut stream = Stream::open(&server, "/v1/sessions/b/events", None).await;
    let messages = stream.take(3).await;
    assert!(messages.iter().all(|message| message.data["session"] == "b" && message.data["cursor"] == message.id));
    let path = format!("/v1/sessions/b/events?after={}", messages[0].id);
    let rest = Stream::open(&server, &path, None).await.take(2).await;
    assert_eq!(rest, messages[1..]);
    let newer = Stream::open(&server, &path, Some(&messages[1].id)).await.take(1).await;
    assert_eq!(newer, messages[2..], "the header is newer than the address");
    check(server.ask(Method::GET, "/v1/sessions/none/events"), 404, "unknown_session").await;
    check(server.ask(Method::GET, "/v1/sessions/b/events?after=x"), 400, "invalid_name").await;
    check(server.ask(Method::GET, "/v1/events?after=x"), 400, "invalid_name").await;
    drop(stream);
    server.stop().await;
}
