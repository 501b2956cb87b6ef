//! What commands ask about sessions and pauses.

use std::time::Duration;

use gradphoto_shared::name::{BatchId, SessionId};
use gradphoto_shared::session::Session;
use reqwest::{Method, Response};

use super::{Client, Failure, answered, read};
use crate::api::{
    CancelWish, Cancelled, Erased, ExportFormat, PauseList, PauseScope, ProgressView, Resumed, SessionChange,
    SessionList,
};

/// Longest that an export may take: 30,000 pictures over a slow line.
const EXPORT: Duration = Duration::from_secs(6 * 60 * 60);

impl Client {
    pub(crate) async fn sessions(&self) -> Result<SessionList, Failure> {
        read(self.ask(Method::GET, "/v1/sessions")).await
    }

    pub(crate) async fn progress(&self, session: &SessionId) -> Result<ProgressView, Failure> {
        read(self.ask(Method::GET, &format!("/v1/sessions/{session}/progress"))).await
    }

    pub(crate) async fn change_session(&self, session: &SessionId, change: &SessionChange) -> Result<Session, Failure> {
        read(self.ask(Method::PATCH, &format!("/v1/sessions/{session}")).json(change)).await
    }

    /// Cancels the jobs of a session, or of one batch of it, that are not settled.
    pub(crate) async fn cancel(&self, session: &SessionId, batch: Option<BatchId>) -> Result<Cancelled, Failure> {
        read(self.ask(Method::POST, &format!("/v1/sessions/{session}/cancel")).json(&CancelWish { batch })).await
    }

    /// Begins an export; its body comes piece by piece.
    pub(crate) async fn export(
        &self,
        session: &SessionId,
        format: ExportFormat,
        template: &str,
    ) -> Result<Response, Failure> {
        let query = [("format", format.ending()), ("template", template)];
        let request = self.ask(Method::GET, &format!("/v1/sessions/{session}/export"));
        answered(request.query(&query).timeout(EXPORT)).await
    }

    /// Erases a session; by `force` one that is open, too.
    pub(crate) async fn erase(&self, session: &SessionId, force: bool) -> Result<Erased, Failure> {
        let query = [("force", force)];
        read(self.ask(Method::DELETE, &format!("/v1/sessions/{session}")).query(&query)).await
    }

    pub(crate) async fn pauses(&self) -> Result<PauseList, Failure> {
        read(self.ask(Method::GET, "/v1/pauses")).await
    }

    pub(crate) async fn pause(&self, scope: PauseScope, name: &str) -> Result<(), Failure> {
        answered(self.ask(Method::PUT, &place(scope, name))).await.map(drop)
    }

    pub(crate) async fn resume(&self, scope: PauseScope, name: &str) -> Result<Resumed, Failure> {
        read(self.ask(Method::DELETE, &place(scope, name))).await
    }
}

/// `name` is checked by whoever read it: it is one word of the path.
fn place(scope: PauseScope, name: &str) -> String {
    format!("/v1/pauses/{}/{name}", scope.name())
}
