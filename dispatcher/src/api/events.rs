//! Events as they happen: server-sent events of a session or of all sessions.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use futures::Stream;
use futures::stream::unfold;
use gradphoto_shared::Error;
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::store::{Event, Place};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::IntoParams;

use super::App;
use super::caller::Caller;
use super::extract::{Asked, Named};
use crate::problem::{Problem, ProblemBody};

/// Streams that one dispatcher keeps open: each looks at Redis once a second at least, and 500 slow readers
/// cost about 150 MB.
pub(crate) const STREAMS_MAX: usize = 500;
/// Events read ahead of a reader, of each shard: of 16 shards about 300 kB, which a slow one costs in memory.
const AHEAD: usize = 20;
/// Longest silence: proxies cut lines that are silent for a minute or half.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long one look waits for something to happen.
const LOOK: Duration = Duration::from_secs(30);
/// Pause while Redis is away; the stream stays open meanwhile.
const AWAY_PAUSE: Duration = Duration::from_secs(1);

/// The header in which a browser that connects again says what it saw last.
const LAST_EVENT_ID: &str = "last-event-id";

/// Where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// `id` of the last event seen; without it, and without the header `Last-Event-ID`, from the oldest kept
    /// result on.
    after: Option<String>,
}

impl EventsQuery {
    /// The header is the newer of the two: a browser keeps the address it began with.
    fn after(&self, headers: &HeaderMap) -> String {
        let header = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).filter(|id| !id.is_empty());
        header.or(self.after.as_deref()).unwrap_or("0").to_owned()
    }
}

/// Settled jobs of a session as server-sent events: `event` is `job` or `batch`, `data` the event as JSON, `id`
/// the place to go on from.
#[utoipa::path(get, path = "/v1/sessions/{session}/events", tag = "results",
    params(("session" = SessionId, Path), EventsQuery), responses(
    (status = 200, description = "A stream without end", content_type = "text/event-stream", body = Event),
    (status = 400, description = "invalid_name for a cursor that is none", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody),
    (status = 429, description = "too_many_streams", body = ProblemBody)))]
pub(super) async fn session(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Asked(query): Asked<EventsQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, Problem> {
    app.admission.store.session(&tenant, &session).await?;
    open(app, tenant, Source::Session(session, query.after(&headers))).await
}

/// Settled jobs of all sessions as server-sent events, in order for each session.
#[utoipa::path(get, path = "/v1/events", tag = "results", params(EventsQuery), responses(
    (status = 200, description = "A stream without end", content_type = "text/event-stream", body = Event),
    (status = 400, description = "invalid_name for a cursor that is none", body = ProblemBody),
    (status = 429, description = "too_many_streams", body = ProblemBody)))]
pub(super) async fn all(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Asked(query): Asked<EventsQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, Problem> {
    let place: Place = query.after(&headers).parse()?;
    open(app, tenant, Source::Tenant(place)).await
}

async fn open(
    app: Arc<App>,
    tenant: TenantId,
    source: Source,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, Problem> {
    let permit = Arc::clone(&app.streams).try_acquire_owned().map_err(|_| {
        let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", "too many streams are open");
        problem.retry_after = Some(AWAY_PAUSE);
        problem
    })?;
    let mut reading = Reading { app, tenant, source, ahead: VecDeque::new(), _permit: permit };
    // A cursor that is none is refused before the stream begins.
    reading.look(Duration::ZERO).await?;
    let stream = unfold(reading, |mut reading| async move {
        let message = reading.next().await?;
        Some((Ok(message), reading))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

/// What is read, and how far it was read from Redis.
enum Source {
    Session(SessionId, String),
    Tenant(Place),
}

/// One open stream.
struct Reading {
    app: Arc<App>,
    tenant: TenantId,
    source: Source,
    ahead: VecDeque<(String, Event)>,
    _permit: OwnedSemaphorePermit,
}

impl Reading {
    /// The next message; none when the server stops.
    async fn next(&mut self) -> Option<Message> {
        let shutdown = self.app.shutdown.clone();
        loop {
            if let Some((id, event)) = self.ahead.pop_front() {
                return Some(message(id, &event));
            }
            let looked = shutdown.run_until_cancelled(self.look(LOOK)).await?;
            if let Err(error) = looked {
                tracing::debug!(code = error.code(), "event stream waits for redis or the object store");
                shutdown.run_until_cancelled(tokio::time::sleep(AWAY_PAUSE)).await?;
            }
        }
    }

    /// Reads on; a look that is given up has read nothing.
    async fn look(&mut self, patience: Duration) -> Result<(), Error> {
        let store = &self.app.admission.store;
        match &mut self.source {
            Source::Session(session, after) => {
                let (mut events, next) = store.session_events(&self.tenant, session, after, AHEAD, patience).await?;
                for event in &mut events {
                    self.app.seals.open_event(&self.tenant, event).await?;
                }
                *after = next;
                self.ahead.extend(events.into_iter().map(|event| (event.cursor().to_owned(), event)));
            }
            Source::Tenant(place) => {
                // What the reader saw last, which trails what was read from Redis.
                let (mut seen, mut read) = (place.clone(), place.clone());
                let mut events = store.tenant_events(&self.tenant, &mut read, AHEAD, patience).await?;
                for (_, event) in &mut events {
                    self.app.seals.open_event(&self.tenant, event).await?;
                }
                *place = read;
                self.ahead.extend(events.into_iter().map(|(shard, event)| {
                    seen.pass(shard, &event);
                    (seen.to_string(), event)
                }));
            }
        }
        Ok(())
    }
}

fn message(id: String, event: &Event) -> Message {
    let kind = match event {
        Event::Job(_) => "job",
        Event::Batch(_) => "batch",
    };
    let data = serde_json::to_string(event).expect("an event is plain data");
    Message::default().id(id).event(kind).data(data)
}
