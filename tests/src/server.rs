//! A dispatcher inside the test's process.

use std::path::Path;

use gradphoto_dispatcher::config::ServeConfig;
use gradphoto_dispatcher::{keys, serve};
use gradphoto_shared::name::TenantId;
use gradphoto_shared::outcome::{JobResult, ReasonCode, StandardiseOutcome};
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::{Claim, Finished, Store};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::redis::PrivateRedis;

/// A dispatcher in this process, with keys for two schools.
pub struct Server {
    /// Its Redis.
    pub redis: PrivateRedis,
    /// Its home, with the object store in the folder `blobs`.
    pub home: TempDir,
    /// Where it listens.
    pub address: std::net::SocketAddr,
    /// API keys of the two schools.
    pub keys: [String; 2],
    /// API key of an operator, of a tenant of his own.
    pub operator: String,
    /// Stops it.
    pub shutdown: Shutdown,
    /// Its end.
    pub running: JoinHandle<gradphoto_shared::Result<()>>,
    /// A client.
    pub http: reqwest::Client,
}

impl Server {
    /// Starts one with sessions `open`, `closed` and `planned`.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// As [`Server::start`], with more words behind `dispatcher serve`.
    pub async fn start_with(more: &[&str]) -> Self {
        let redis = PrivateRedis::start();
        let home = tempfile::tempdir().expect("a temporary folder");
        let file = home.path().join("keys");
        let key = |tenant| keys::create(&file, &TenantId::new(tenant).expect("lawful")).expect("written");
        let keys = [key("school-1"), key("school-2")];
        let office = TenantId::new("office").expect("lawful");
        let operator = keys::create_operator(&file, &office).expect("written");
        let config = config(&redis, home.path(), more);
        let listener = serve::bind(&config).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shutdown = Shutdown::new();
        let running = tokio::spawn(serve::run(config, listener, shutdown.clone()));
        let http = reqwest::Client::new();
        let server = Self { redis, home, address, keys, operator, shutdown, running, http };
        for (session, state) in [("open", "open"), ("closed", "closed"), ("planned", "planned")] {
            let body = json!({"id": session, "state": state});
            let created = server.ask(Method::POST, "/v1/sessions").json(&body).send().await.expect("sent");
            assert_eq!(created.status(), StatusCode::CREATED, "{:?}", created.text().await);
        }
        server
    }

    /// A request as the first school.
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.ask_as(0, method, path)
    }

    /// A request as one of the schools.
    pub fn ask_as(&self, tenant: usize, method: Method, path: &str) -> RequestBuilder {
        self.ask_by(&self.keys[tenant], method, path)
    }

    /// A request as who bears `key`.
    pub fn ask_by(&self, key: &str, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address)).bearer_auth(key)
    }

    /// Uploads some bytes and submits a job on them; answers its id.
    pub async fn job(&self, bytes: &'static [u8]) -> String {
        let (status, body) =
            answer(self.ask(Method::POST, "/v1/sessions/open/photos?tasks=standardise").body(bytes)).await;
        assert_eq!(status, 202, "{body}");
        body["job"].as_str().expect("a job").to_owned()
    }

    /// Opens a session and submits `count` jobs on one photo of it; answers their ids.
    pub async fn jobs(&self, session: &str, count: usize) -> Vec<String> {
        let made = answer(self.ask(Method::POST, "/v1/sessions").json(&json!({"id": session}))).await;
        assert_eq!(made.0, 201, "{}", made.1);
        let (status, photo) =
            answer(self.ask(Method::PUT, &format!("/v1/sessions/{session}/photos")).body("photo")).await;
        assert_eq!(status, 201, "{photo}");
        let many = vec![json!({"photo": photo["photo"], "tasks": ["standardise"]}); count];
        let jobs = self.ask(Method::POST, &format!("/v1/sessions/{session}/jobs")).json(&many);
        let (status, body) = answer(jobs).await;
        assert_eq!(status, 202, "{body}");
        let ids = body["jobs"].as_array().expect("an answer for each").iter();
        ids.map(|job| job["id"].as_str().expect("a job").to_owned()).collect()
    }

    /// Settles every waiting job as a worker would: refused for want of a face.
    pub async fn work(&self) -> usize {
        let store = Store::connect(&self.redis.config()).await.expect("a lawful address");
        let taken = store.take(100).await.expect("redis runs");
        let finish = |attempt: &gradphoto_shared::job::Attempt| Finished {
            claim: Claim { job: attempt.job.id, lane: attempt.job.lane, fence: attempt.fence },
            result: JobResult {
                pack: "test-1".into(),
                standardise: Some(StandardiseOutcome::refused(ReasonCode::NoFace)),
                ..JobResult::default()
            },
        };
        let finished: Vec<Finished> = taken.iter().map(finish).collect();
        let settled = store.finish(&finished).await.expect("redis runs");
        assert!(settled.iter().all(|living| *living));
        settled.len()
    }

    /// Stops it and waits for a clean end.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.expect("no panic").expect("a clean stop");
    }
}

/// Settings of a dispatcher on `redis` that lives in `home`.
pub fn config(redis: &PrivateRedis, home: &Path, more: &[&str]) -> ServeConfig {
    let keys = home.join("keys");
    let keys = keys.to_str().expect("plain");
    let words = ["--listen", "127.0.0.1:0", "--shards", "4", "--redis", &redis.url(), "--keys", keys];
    ServeConfig::from_words(&[&words, more].concat(), home).expect("lawful words")
}

/// Status and body of an answer; null where the body is no JSON.
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let body = response.bytes().await.expect("a whole answer");
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// Asserts that a request is refused with `status` and `code`, a sentence and a request id.
pub async fn check(request: RequestBuilder, status: u16, code: &str) {
    let shown = format!("{request:?}");
    let (found, body) = answer(request).await;
    let error = &body["error"];
    assert_eq!((found, error["code"].as_str()), (status, Some(code)), "{shown}: {body}");
    let named = error["message"].as_str().is_some_and(|message| !message.is_empty());
    assert!(named && error["request_id"].as_str().is_some_and(|id| id.len() == 32), "{body}");
}
