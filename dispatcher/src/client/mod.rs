//! The other end of the wire: what commands ask of a dispatcher.

mod control;
mod gallery;
mod retry;
mod submit;
mod webhooks;

use std::time::Duration;

use bytes::Bytes;
use gradphoto_shared::config::Secret;
use gradphoto_shared::job::JobId;
use gradphoto_shared::name::SessionId;
use gradphoto_shared::store::{Bulk, DeadPage, JobView, ResultPage};
use reqwest::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;

pub(crate) use submit::{Fate, Order, Progress, Row, submit};

use crate::api::{DeadWish, NewSession, QueueView, Uploaded, WorkerList};
use crate::config::ServerArgs;
use crate::problem::ProblemBody;

/// Longest that an answer may take, beyond a wait that was asked for.
const ANSWER: Duration = Duration::from_secs(120);

/// Why a request brought no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// A stable word: the server's, or `unreachable`, `bad_answer`.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// Whether another try may do.
    pub passing: bool,
    /// What the server asked to wait.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// The sentence for whoever typed a command. How a request bears a key, which is what the server says, is no help
    /// there.
    pub(crate) fn advice(&self) -> &str {
        match self.code.as_str() {
            "unauthorised" => {
                "the server knows no such API key; give one with --key or GRADPHOTO_KEY, or make one with \
                 `dispatcher key new` and start the server again"
            }
            _ => &self.message,
        }
    }
}

/// A dispatcher.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    key: Option<Secret>,
}

impl Client {
    pub(crate) fn new(args: &ServerArgs) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).build();
        let http = http.map_err(|cause| unreachable(&cause))?;
        Ok(Self { http, url: args.url.trim_end_matches('/').to_owned(), key: args.key.clone() })
    }

    /// The address, for people.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url)).timeout(ANSWER);
        match &self.key {
            Some(key) => request.bearer_auth(key.reveal()),
            None => request,
        }
    }

    /// Whether the server can work.
    pub(crate) async fn ready(&self) -> Result<(), Failure> {
        let request = self.ask(Method::GET, "/readyz").timeout(Duration::from_secs(5));
        answered(request).await.map(drop)
    }

    pub(crate) async fn queue(&self) -> Result<QueueView, Failure> {
        read(self.ask(Method::GET, "/v1/queue")).await
    }

    pub(crate) async fn workers(&self) -> Result<WorkerList, Failure> {
        read(self.ask(Method::GET, "/v1/workers")).await
    }

    pub(crate) async fn drain_worker(&self, worker: &str) -> Result<(), Failure> {
        // Whatever was typed is one word of the path.
        let is_plain = !worker.is_empty() && worker.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let worker = if is_plain { worker } else { "-" };
        answered(self.ask(Method::POST, &format!("/v1/workers/{worker}/drain"))).await.map(drop)
    }

    pub(crate) async fn create_session(&self, session: &NewSession) -> Result<(), Failure> {
        answered(self.ask(Method::POST, "/v1/sessions").json(session)).await.map(drop)
    }

    /// Stores a photo and submits a job on it, the same job under the same key.
    pub(crate) async fn upload(
        &self,
        session: &SessionId,
        query: &[(&str, String)],
        key: &str,
        photo: Bytes,
    ) -> Result<Uploaded, Failure> {
        let path = format!("/v1/sessions/{session}/photos");
        read(self.ask(Method::POST, &path).query(query).header("idempotency-key", key).body(photo)).await
    }

    pub(crate) async fn dead(&self, query: &[(&str, String)]) -> Result<DeadPage, Failure> {
        read(self.ask(Method::GET, "/v1/dead").query(query)).await
    }

    /// Replays one dead job.
    pub(crate) async fn replay(&self, id: &JobId) -> Result<(), Failure> {
        answered(self.ask(Method::POST, &format!("/v1/dead/{id}/replay"))).await.map(drop)
    }

    /// Drops one dead job.
    pub(crate) async fn drop_dead(&self, id: &JobId) -> Result<(), Failure> {
        answered(self.ask(Method::DELETE, &format!("/v1/dead/{id}"))).await.map(drop)
    }

    /// Replays or drops many dead jobs, as `verb` says.
    pub(crate) async fn dead_in_bulk(&self, verb: &str, wish: &DeadWish) -> Result<Bulk, Failure> {
        read(self.ask(Method::POST, &format!("/v1/dead/{verb}")).json(wish)).await
    }

    pub(crate) async fn results(&self, session: &SessionId, after: &str, wait: u64) -> Result<ResultPage, Failure> {
        let query = [("after", after.to_owned()), ("limit", "1000".into()), ("wait", wait.to_string())];
        read(self.ask(Method::GET, &format!("/v1/sessions/{session}/results")).query(&query)).await
    }

    pub(crate) async fn job(&self, id: &JobId) -> Result<JobView, Failure> {
        read(self.ask(Method::GET, &format!("/v1/jobs/{id}"))).await
    }

    pub(crate) async fn picture(&self, id: &JobId) -> Result<Bytes, Failure> {
        let response = answered(self.ask(Method::GET, &format!("/v1/jobs/{id}/picture"))).await?;
        response.bytes().await.map_err(|cause| unreachable(&cause))
    }
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Failure> {
    let text = answered(request).await?.bytes().await.map_err(|cause| unreachable(&cause))?;
    serde_json::from_slice(&text).map_err(|cause| Failure {
        code: "bad_answer".into(),
        message: format!("the server's answer cannot be read: {cause}"),
        passing: false,
        retry_after: None,
    })
}

async fn answered(request: RequestBuilder) -> Result<Response, Failure> {
    let response = request.send().await.map_err(|cause| unreachable(&cause))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let header = response.headers().get(reqwest::header::RETRY_AFTER);
    let retry_after = header.and_then(|value| value.to_str().ok()?.parse().ok()).map(Duration::from_secs);
    let body = response.bytes().await.unwrap_or_default();
    let (code, message) = match serde_json::from_slice::<ProblemBody>(&body) {
        Ok(ProblemBody { error }) => (error.code, error.message),
        Err(_) => ("bad_answer".into(), format!("the server answered {status}")),
    };
    let passing = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
    Err(Failure { code, message, passing, retry_after })
}

fn unreachable(cause: &reqwest::Error) -> Failure {
    // The cause's own text holds the address with its query.
    let mut deepest: &dyn std::error::Error = cause;
    while let Some(next) = deepest.source() {
        deepest = next;
    }
    let message = format!("the server cannot be reached: {deepest}");
    Failure { code: "unreachable".into(), message, passing: true, retry_after: None }
}
