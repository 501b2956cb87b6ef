//! What a webhook is told: one event, named by what happened to whom.

use gradphoto_shared::job::State;
use gradphoto_shared::name::TenantId;
use gradphoto_shared::store::{BatchEvent, Event};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::now_ms;

/// A message: the same event gives the same message at every try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// The receiver's means to know a repeat; holds no full stop, which parts what is signed.
    pub(super) id: String,
    /// JSON.
    pub(super) body: String,
}

#[derive(Serialize)]
struct Body<'a, T> {
    r#type: &'a str,
    timestamp: String,
    data: &'a T,
}

impl Message {
    /// Tells of an event.
    pub(crate) fn of(tenant: &TenantId, event: &Event) -> Self {
        let at_ms = event.at_ms();
        match event {
            // A job that was replayed is settled again, at another time.
            Event::Job(settled) => Self {
                id: format!("msg_{}_{}_{at_ms}", settled.job, settled.state.name()),
                body: body(kind(settled.state), at_ms, settled),
            },
            Event::Batch(batch) => {
                Self { id: format!("msg_batch_{}", digest(tenant, batch)), body: body("batch.completed", at_ms, batch) }
            }
        }
    }

    /// Tells of nothing, to try an endpoint out.
    pub(crate) fn test() -> Self {
        let id = format!("msg_test_{}", Uuid::now_v7().simple());
        Self { id, body: body("test", now_ms(), &json!({})) }
    }
}

fn kind(state: State) -> &'static str {
    match state {
        State::Dead => "job.dead",
        State::Cancelled => "job.cancelled",
        _ => "job.done",
    }
}

fn body<T: Serialize>(kind: &str, at_ms: u64, data: &T) -> String {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(at_ms);
    let body = Body { r#type: kind, timestamp: humantime::format_rfc3339_millis(at).to_string(), data };
    serde_json::to_string(&body).expect("an event is plain data")
}

/// Names of sessions and batches may hold full stops.
fn digest(tenant: &TenantId, batch: &BatchEvent) -> String {
    let name = format!("{tenant}:{}:{}:{}", batch.session, batch.batch, batch.cursor);
    hex::encode(&Sha256::digest(name.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::name::{BatchId, SessionId};

    use super::*;

    #[test]
    fn a_message_is_the_same_at_every_try_and_its_id_holds_no_full_stop() {
        let tenant = TenantId::new("school.1").expect("lawful");
        let event = Event::Batch(BatchEvent {
            cursor: "1526919030474-5".into(),
            session: SessionId::new("day.1").expect("lawful"),
            batch: BatchId::new("b.1").expect("lawful"),
            total: 3,
            done: 1,
            dead: 1,
            cancelled: 1,
        });
        let message = Message::of(&tenant, &event);
        assert_eq!(message, Message::of(&tenant, &event));
        assert!(!message.id.contains('.'), "{}", message.id);
        let body: serde_json::Value = serde_json::from_str(&message.body).expect("JSON");
        assert_eq!(body["type"], "batch.completed");
        assert_eq!(body["timestamp"], "2018-05-21T16:10:30.474Z");
        assert_eq!(body["data"]["batch"], "b.1");
    }
}
