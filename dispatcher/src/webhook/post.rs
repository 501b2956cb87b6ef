//! One try to tell: a signed POST that follows no redirect and reads hardly any answer.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::time::Duration;

use gradphoto_shared::{Error, Result as OurResult};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

use super::config::WebhookConfig;
use super::hosts::Guard;
use super::message::Message;
use super::now_ms;
use super::secret::SigningSecret;

/// Bytes of an answer that are read, so that its connection can serve again; what they say does not matter.
const ANSWER_BYTES_MAX: usize = 4_096;
/// How long a connection is kept for the next event.
const IDLE: Duration = Duration::from_secs(30);

/// Why a receiver was not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// A stable word: `status_500`, `timeout`, `unreachable`, `redirect`, `gone`, `address_not_allowed`,
    /// `host_not_allowed`, `invalid_url`.
    pub(crate) code: String,
    /// Whether the receiver wants nothing more.
    pub(crate) is_gone: bool,
}

impl Failure {
    /// One that another try may mend.
    pub(super) fn passing(code: impl Into<String>) -> Self {
        Self { code: code.into(), is_gone: false }
    }
}

/// The client.
#[derive(Clone, Debug)]
pub(super) struct Post {
    client: Client,
}

impl Post {
    /// Prepares a client that goes where it was told only: no redirects, no proxy of the environment.
    pub(super) fn new(config: &WebhookConfig) -> OurResult<Self> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Guard::new(&config.hosts))
            .timeout(config.timeout)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|cause| Error::Config(format!("webhooks cannot be sent: {cause}")))?;
        Ok(Self { client })
    }

    /// Sends a message, signed with every secret.
    pub(super) async fn send(&self, url: Url, message: &Message, secrets: &[SigningSecret]) -> Result<(), Failure> {
        let timestamp = now_ms() / 1_000;
        let signatures: Vec<_> =
            secrets.iter().map(|secret| secret.sign(&message.id, timestamp, &message.body)).collect();
        let request = self.client.post(url).body(message.body.clone());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("gradphoto/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "));
        let response = request.send().await.map_err(|cause| unreached(&cause))?;
        let status = response.status();
        drain(response).await;
        judged(status)
    }
}

fn judged(status: StatusCode) -> Result<(), Failure> {
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::GONE => Err(Failure { code: "gone".into(), is_gone: true }),
        _ if status.is_redirection() => Err(Failure::passing("redirect")),
        _ => Err(Failure::passing(format!("status_{}", status.as_u16()))),
    }
}

async fn drain(mut response: Response) {
    let mut read = 0;
    while read < ANSWER_BYTES_MAX {
        match response.chunk().await {
            Ok(Some(chunk)) => read += chunk.len(),
            _ => return,
        }
    }
}

fn unreached(cause: &reqwest::Error) -> Failure {
    if cause.is_timeout() {
        return Failure::passing("timeout");
    }
    let mut source = StdError::source(cause);
    while let Some(inner) = source {
        let refused = inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        // So answers our resolver, and a firewall on this machine.
        if refused == Some(ErrorKind::PermissionDenied) {
            return Failure::passing("address_not_allowed");
        }
        source = inner.source();
    }
    Failure::passing("unreachable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_2xx_counts_as_told_and_410_ends_it() {
        let judged = |status| judged(StatusCode::from_u16(status).expect("a status")).map_err(|failure| failure.code);
        for (status, code) in [
            (200, None),
            (204, None),
            (301, Some("redirect")),
            (404, Some("status_404")),
            (410, Some("gone")),
            (429, Some("status_429")),
            (503, Some("status_503")),
        ] {
            assert_eq!(judged(status).err().as_deref(), code, "{status}");
        }
    }
}
