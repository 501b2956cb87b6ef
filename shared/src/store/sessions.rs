//! Verbs on sessions.

use redis::Value;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::keys::member;
use super::line::{Lead, Repeat};
use super::{Store, answer, scripts};
use crate::name::{SessionId, SubjectId, TenantId};
use crate::session::{Session, SessionState};
use crate::spec::{Overrides, base_of};
use crate::{Error, Result};

/// Fields of the session hash that make a [`Session`].
const FIELDS: [&str; 3] = ["state", "spec", "created_at_ms"];
/// The fields' values; absent where the session is.
type Fields = (Option<String>, Option<String>, Option<u64>);
/// Most standards that one session has had: nobody tries out so many while photos come in, and each takes room.
const STANDARDS_MAX: usize = 32;

/// How far a session's jobs are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// Jobs that the queue took, ever.
    pub accepted: u64,
    /// Jobs answered.
    pub done: u64,
    /// Jobs given up.
    pub dead: u64,
    /// Jobs not wanted any more.
    #[serde(default)]
    pub cancelled: u64,
}

impl Progress {
    /// Jobs that are not settled yet.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.accepted.saturating_sub(self.done + self.dead + self.cancelled)
    }
}

impl Store {
    /// Makes a session known. The same session with the same settings again changes nothing, whatever its
    /// state is by now.
    ///
    /// # Errors
    /// [`crate::Error::SessionExists`] with other settings.
    pub async fn create_session(&self, session: &Session) -> Result<()> {
        let inner = &self.inner;
        let call = self
            .call(&scripts::SESSION_CREATE, inner.shards.of(&session.tenant, &session.id))
            .argument(session.tenant.as_str())
            .argument(session.id.as_str())
            .argument(session.state.name())
            .argument(&session.spec)
            .argument(session.created_at_ms)
            .argument(kept(&session.overrides));
        let answer = inner.line.run("create_session", Lead::Sure, Repeat::Once, &[call]).await?;
        if answer::only(answer)? { Ok(()) } else { Err(Error::SessionExists) }
    }

    /// Moves a session to another state; planned -> open <-> closed, and any state to itself.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSession`], [`crate::Error::SessionMove`].
    pub async fn move_session(&self, tenant: &TenantId, session: &SessionId, to: SessionState) -> Result<Session> {
        let inner = &self.inner;
        let lawful = SessionState::ALL.into_iter().filter(|from| from.may_become(to)).map(SessionState::name);
        let call = self
            .call(&scripts::SESSION_MOVE, inner.shards.of(tenant, session))
            .argument(member(tenant, session))
            .argument(to.name())
            .arguments(lawful);
        let answer = inner.line.run("move_session", Lead::Sure, Repeat::Once, &[call]).await?;
        let moved: Vec<Value> = answer::only(answer)?;
        if moved.is_empty() {
            return Err(Error::UnknownSession);
        }
        let (is_lawful, state): (bool, String) = answer::one(Value::Array(moved))?;
        if !is_lawful {
            return Err(Error::SessionMove { from: state.parse::<SessionState>()?.name(), to: to.name() });
        }
        self.session(tenant, session).await
    }

    /// Changes the standard of a session for the jobs to come; those in the queue keep theirs.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSession`]; [`crate::Error::InvalidSpec`] when the session had too many standards
    /// already.
    pub async fn change_standard(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        spec: &str,
        overrides: &Overrides,
    ) -> Result<()> {
        let inner = &self.inner;
        let call = self
            .call(&scripts::SESSION_STANDARD, inner.shards.of(tenant, session))
            .argument(member(tenant, session))
            .argument(spec)
            .argument(kept(overrides))
            .argument(STANDARDS_MAX);
        let answer = inner.line.run("change_standard", Lead::Sure, Repeat::Once, &[call]).await?;
        match answer::only::<String>(answer)?.as_str() {
            "changed" => Ok(()),
            "full" => Err(Error::InvalidSpec(format!("a session has {STANDARDS_MAX} standards at most"))),
            _ => Err(Error::UnknownSession),
        }
    }

    /// What a session changes of a standard, under the name that a job of it bears.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSpec`] when the session knows none of that name.
    pub async fn overrides(&self, tenant: &TenantId, session: &SessionId, spec: &str) -> Result<Overrides> {
        let inner = &self.inner;
        let key = inner.keys.session(inner.shards.of(tenant, session), tenant, session);
        let mut pipeline = redis::pipe();
        pipeline.cmd("HGET").arg(key).arg(standard(spec));
        let answer = inner.line.send("overrides", Lead::Shared, Repeat::Once, &pipeline).await?;
        let text: Option<String> = answer::only(answer)?;
        Overrides::read(&text.ok_or(Error::UnknownSpec)?)
    }

    /// A session.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSession`].
    pub async fn session(&self, tenant: &TenantId, session: &SessionId) -> Result<Session> {
        let inner = &self.inner;
        let key = inner.keys.session(inner.shards.of(tenant, session), tenant, session);
        let mut pipeline = redis::pipe();
        pipeline.cmd("HMGET").arg(key).arg(&FIELDS);
        let answer = inner.line.send("session", Lead::Shared, Repeat::Once, &pipeline).await?;
        let mut known = read(tenant, session, answer::only(answer)?)?.ok_or(Error::UnknownSession)?;
        if base_of(&known.spec).is_some() {
            known.overrides = self.overrides(tenant, session, &known.spec).await?;
        }
        Ok(known)
    }

    /// How far a session's jobs are.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSession`].
    pub async fn progress(&self, tenant: &TenantId, session: &SessionId) -> Result<Progress> {
        let inner = &self.inner;
        let key = inner.keys.session(inner.shards.of(tenant, session), tenant, session);
        let mut pipeline = redis::pipe();
        pipeline.cmd("HMGET").arg(key).arg(&["state", "accepted", "done", "dead", "cancelled"]);
        let answer = inner.line.send("progress", Lead::Shared, Repeat::Once, &pipeline).await?;
        type Counts = (Option<String>, Option<u64>, Option<u64>, Option<u64>, Option<u64>);
        let (state, accepted, done, dead, cancelled): Counts = answer::only(answer)?;
        state.ok_or(Error::UnknownSession)?;
        let count = Option::unwrap_or_default;
        Ok(Progress { accepted: count(accepted), done: count(done), dead: count(dead), cancelled: count(cancelled) })
    }

    /// The newest generation of each subject's photo, in the order given; 0 where none is known.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn generations(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        subjects: &[SubjectId],
    ) -> Result<Vec<u64>> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        let inner = &self.inner;
        let key = inner.keys.generations(inner.shards.of(tenant, session), tenant, session);
        let mut pipeline = redis::pipe();
        let fields: Vec<&str> = subjects.iter().map(SubjectId::as_str).collect();
        pipeline.cmd("HMGET").arg(key).arg(fields);
        let answer = inner.line.send("generations", Lead::Shared, Repeat::Once, &pipeline).await?;
        let known: Vec<Option<u64>> = answer::only(answer)?;
        Ok(known.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// The tenant's sessions, by name; what they change of their standards is left out.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn sessions(&self, tenant: &TenantId) -> Result<Vec<Session>> {
        let inner = &self.inner;
        let mut pipeline = redis::pipe();
        for shard in inner.shards.all() {
            pipeline.cmd("SMEMBERS").arg(inner.keys.sessions(shard, tenant));
        }
        let answer = inner.line.send("sessions", Lead::Shared, Repeat::Once, &pipeline).await?;
        let names: Vec<Vec<String>> = answer::each(answer)?;
        let mut names = names.into_iter().flatten().map(SessionId::new).collect::<Result<Vec<_>>>()?;
        names.sort_unstable();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        for name in &names {
            pipeline.cmd("HMGET").arg(inner.keys.session(inner.shards.of(tenant, name), tenant, name)).arg(&FIELDS);
        }
        let answer = inner.line.send("sessions", Lead::Shared, Repeat::Once, &pipeline).await?;
        let fields: Vec<Fields> = answer::each(answer)?;
        let sessions = names.iter().zip(fields).map(|(name, fields)| read(tenant, name, fields));
        sessions.filter_map(Result::transpose).collect()
    }
}

fn read(tenant: &TenantId, session: &SessionId, fields: Fields) -> Result<Option<Session>> {
    let (Some(state), Some(spec), Some(created_at_ms)) = fields else { return Ok(None) };
    let state = state.parse().map_err(|_| answer::unexpected("a session's state"))?;
    let (id, tenant, overrides) = (session.clone(), tenant.clone(), Overrides::default());
    Ok(Some(Session { id, tenant, state, spec, overrides, created_at_ms }))
}

/// The field that keeps what a session changes of a standard.
fn standard(spec: &str) -> String {
    format!("standard:{spec}")
}

/// What is kept of a session's changes: nothing where there are none.
fn kept(overrides: &Overrides) -> String {
    if overrides.is_empty() { String::new() } else { overrides.text() }
}
