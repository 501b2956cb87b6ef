//! A main system that is told: it notes every message, checks its signature by itself, and answers as a test
//! wants.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// Longest wait for messages; usual are milliseconds, a busy machine takes much longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the receiver answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Status(u16),
    Redirect,
    /// Not at all.
    Hang,
    /// After a while.
    Slowly(Duration),
}

/// One message as it came.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signatures: String,
    pub(crate) text: String,
}

impl Told {
    pub(crate) fn body(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// Whether `secret` made one of the signatures.
    pub(crate) fn is_signed_by(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret's beginning")).expect("base64");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
        mac.update(format!("{}.{}.{}", self.id, self.timestamp, self.text).as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.signatures.split(' ').any(|signature| signature == expected)
    }
}

type Plan = Box<dyn Fn(usize, &Told) -> Answer + Send + Sync>;

struct Desk {
    told: Mutex<Vec<Told>>,
    plan: Plan,
}

/// The receiver; stops with the test's runtime.
pub(crate) struct Receiver {
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
    desk: Arc<Desk>,
}

impl Receiver {
    /// Starts one whose answers `plan` gives: it sees how many messages came before, and the message.
    pub(crate) async fn start(plan: impl Fn(usize, &Told) -> Answer + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let host = listener.local_addr().expect("bound").to_string();
        let desk = Arc::new(Desk { told: Mutex::default(), plan: Box::new(plan) });
        let router = Router::new().fallback(any(receive)).with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { host, desk }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.host)
    }

    /// Everything so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.desk.told.lock().expect("no panic").clone()
    }

    /// Waits until messages are as `enough` wants them.
    pub(crate) async fn until(&self, enough: impl Fn(&[Told]) -> bool) -> Vec<Told> {
        let began = Instant::now();
        loop {
            let told = self.told();
            if enough(&told) {
                return told;
            }
            assert!(began.elapsed() < PATIENCE, "{} messages only: {:?}", told.len(), told.last());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for `count` messages.
    pub(crate) async fn count(&self, count: usize) -> Vec<Told> {
        self.until(|told| told.len() >= count).await
    }
}

async fn receive(
    State(desk): State<Arc<Desk>>,
    uri: axum::http::Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap) {
    let word = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let told = Told {
        path: uri.path().to_owned(),
        id: word("webhook-id"),
        timestamp: word("webhook-timestamp"),
        signatures: word("webhook-signature"),
        text: String::from_utf8(body.to_vec()).expect("text"),
    };
    let answer = {
        let mut all = desk.told.lock().expect("no panic");
        let answer = (desk.plan)(all.len(), &told);
        all.push(told);
        answer
    };
    let mut headers = HeaderMap::new();
    let status = match answer {
        Answer::Status(status) => status,
        Answer::Redirect => {
            headers.insert(header::LOCATION, HeaderValue::from_static("/elsewhere"));
            307
        }
        Answer::Hang => std::future::pending().await,
        Answer::Slowly(pause) => {
            tokio::time::sleep(pause).await;
            200
        }
    };
    (StatusCode::from_u16(status).expect("a status"), headers)
}
