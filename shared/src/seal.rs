//! Texts of codes, sealed while they lie in Redis.
//!
//! A text is personal, and Redis writes what it holds into its append-only file, its snapshots and its replicas. So a
//! worker seals it with a key of the session that lies in the object store, beside the photo that shows the code
//! anyway, and a dispatcher opens it when it hands the answer over. Whoever has one of the two stores has no text;
//! the answer leaves Redis with its time, and the key leaves the object store with the session, after which no copy
//! of Redis can be opened any more. Nothing is to be configured.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::RngExt;

use crate::blob::{BlobKey, Blobs};
use crate::code::{CodeText, ReadCodeOutcome};
use crate::job::JobId;
use crate::name::{SessionId, TenantId};
use crate::outcome::{JobResult, ReasonCode};
use crate::store::{Event, JobView, ResultEvent};
use crate::{Error, Result};

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes of a nonce: so many that each may be drawn by chance.
const NONCE_BYTES: usize = 24;
/// Keys that a process remembers: more sessions than are read at a time, and no more than 200 kB.
const REMEMBERED: usize = 1_000;

type Key = [u8; KEY_BYTES];
type Owner = (TenantId, SessionId);

/// Seals texts and opens them. Clones share what they remember.
#[derive(Clone)]
pub struct Seals {
    blobs: Blobs,
    known: Arc<Mutex<HashMap<Owner, Key>>>,
}

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seals")
    }
}

impl Seals {
    /// Keeps the sessions' keys in `blobs`.
    #[must_use]
    pub fn new(blobs: Blobs) -> Self {
        Self { blobs, known: Arc::default() }
    }

    /// The answer with its text sealed; one without a text as it is.
    ///
    /// # Errors
    /// When the object store fails.
    pub async fn seal(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        job: &JobId,
        outcome: ReadCodeOutcome,
    ) -> Result<ReadCodeOutcome> {
        let ReadCodeOutcome::Found { text } = &outcome else { return Ok(outcome) };
        let Some(plain) = text.reveal() else { return Ok(outcome) };
        // Not from memory: a session of the same name that was erased had another key.
        let key = self.made(tenant, session).await?;
        let mut nonce = [0_u8; NONCE_BYTES];
        rand::rng().fill(&mut nonce);
        let sealed = cipher(&key).encrypt(&XNonce::from(nonce), Payload { msg: plain.as_bytes(), aad: &bound(job) });
        let sealed = sealed.map_err(|_| Error::Broken { stage: "seal" })?;
        Ok(ReadCodeOutcome::Found { text: CodeText::sealed(&[&nonce[..], &sealed].concat()) })
    }

    /// Opens the text of an answer, where it has one. A text whose key is gone, because the session is being erased
    /// or somebody deleted it, becomes `unreadable` with `code_gone`.
    ///
    /// # Errors
    /// When the object store fails; to be asked again.
    pub async fn open(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        job: &JobId,
        result: Option<&mut JobResult>,
    ) -> Result<()> {
        let Some(answer) = result.and_then(|result| result.read_code.as_mut()) else { return Ok(()) };
        let ReadCodeOutcome::Found { text } = &*answer else { return Ok(()) };
        let Some(sealed) = text.as_sealed() else { return Ok(()) };
        let remembered = self.remembered(tenant, session).and_then(|key| opened(&key, job, &sealed));
        let text = match remembered {
            None => self.kept(tenant, session).await?.and_then(|key| opened(&key, job, &sealed)),
            text => text,
        };
        *answer = match text {
            Some(text) => ReadCodeOutcome::found(text),
            None => ReadCodeOutcome::because(ReasonCode::CodeGone),
        };
        Ok(())
    }

    /// As [`Seals::open`], of an event.
    ///
    /// # Errors
    /// As [`Seals::open`].
    pub async fn open_event(&self, tenant: &TenantId, event: &mut Event) -> Result<()> {
        match event {
            Event::Job(settled) => self.open_settled(tenant, settled).await,
            Event::Batch(_) => Ok(()),
        }
    }

    /// As [`Seals::open`], of a job that somebody looks at.
    ///
    /// # Errors
    /// As [`Seals::open`].
    pub async fn open_view(&self, tenant: &TenantId, view: &mut JobView) -> Result<()> {
        self.open(tenant, &view.session, &view.id, view.result.as_mut()).await
    }

    /// As [`Seals::open`], of a settled job.
    ///
    /// # Errors
    /// As [`Seals::open`].
    pub async fn open_settled(&self, tenant: &TenantId, settled: &mut ResultEvent) -> Result<()> {
        self.open(tenant, &settled.session, &settled.job, settled.result.as_mut()).await
    }

    /// The session's key, made where there is none.
    async fn made(&self, tenant: &TenantId, session: &SessionId) -> Result<Key> {
        if let Some(key) = self.kept(tenant, session).await? {
            return Ok(key);
        }
        let mut key = Key::default();
        rand::rng().fill(&mut key);
        if self.blobs.put_new(&place(tenant, session)?, Bytes::copy_from_slice(&key)).await? {
            return Ok(key);
        }
        // Another worker was first.
        self.kept(tenant, session).await?.ok_or(Error::BlobMissing)
    }

    /// The session's key as the object store has it.
    async fn kept(&self, tenant: &TenantId, session: &SessionId) -> Result<Option<Key>> {
        let kept = match self.blobs.get(&place(tenant, session)?, KEY_BYTES as u64).await {
            Ok(bytes) => Key::try_from(&bytes[..]).ok(),
            Err(Error::BlobMissing) => None,
            Err(error) => return Err(error),
        };
        if let Some(key) = kept {
            let mut known = self.lock();
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert((tenant.clone(), session.clone()), key);
        }
        Ok(kept)
    }

    fn remembered(&self, tenant: &TenantId, session: &SessionId) -> Option<Key> {
        self.lock().get(&(tenant.clone(), session.clone())).copied()
    }

    /// Nothing panics half-way through a change, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<Owner, Key>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a session's key lies: with its results, so that it is erased with them.
fn place(tenant: &TenantId, session: &SessionId) -> Result<BlobKey> {
    BlobKey::new(format!("results/{tenant}/{session}/code.key"))
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key).into())
}

/// What a text is sealed for: put into another job's answer, it does not open.
fn bound(job: &JobId) -> Vec<u8> {
    job.to_string().into_bytes()
}

fn opened(key: &Key, job: &JobId, sealed: &[u8]) -> Option<String> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload { msg: sealed, aad: &bound(job) };
    String::from_utf8(cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Shard;

    fn names() -> (TenantId, SessionId, JobId) {
        let (tenant, session) = (TenantId::new("t").unwrap(), SessionId::new("s").unwrap());
        (tenant, session, JobId::new(Shard(3)))
    }

    fn result(read_code: ReadCodeOutcome) -> JobResult {
        JobResult { read_code: Some(read_code), ..JobResult::default() }
    }

    async fn handed_out(seals: &Seals, stored: &str, job: &JobId) -> ReadCodeOutcome {
        let (tenant, session, _) = names();
        let mut result: JobResult = serde_json::from_str(stored).unwrap();
        seals.open(&tenant, &session, job, Some(&mut result)).await.unwrap();
        result.read_code.unwrap()
    }

    #[tokio::test]
    async fn a_text_is_opened_by_another_process_and_never_stands_in_the_stored_answer() {
        let home = tempfile::tempdir().unwrap();
        let (tenant, session, job) = names();
        let [worker, dispatcher] = [(); 2].map(|()| Seals::new(Blobs::open_folder(home.path()).unwrap()));
        let text = "A1b2=采集码";
        let mut stored = Vec::new();
        for _ in 0..2 {
            let answer = worker.seal(&tenant, &session, &job, ReadCodeOutcome::found(text)).await.unwrap();
            stored.push(serde_json::to_string(&result(answer)).unwrap());
        }
        assert_ne!(stored[0], stored[1], "the same text twice does not show");
        for stored in &stored {
            assert!(!stored.contains("A1b2") && !stored.contains("采集码"), "{stored}");
            assert_eq!(handed_out(&dispatcher, stored, &job).await, ReadCodeOutcome::found(text));
        }
        let plain = serde_json::to_string(&result(ReadCodeOutcome::found("old"))).unwrap();
        let older = handed_out(&dispatcher, &plain, &job).await;
        assert_eq!(older, ReadCodeOutcome::found("old"), "as older workers answered");
        let other = JobId::new(Shard(3));
        let gone = ReadCodeOutcome::because(ReasonCode::CodeGone);
        assert_eq!(handed_out(&dispatcher, &stored[0], &other).await, gone, "moved to another job");
    }

    #[tokio::test]
    async fn an_erased_sessions_texts_open_no_more_and_a_new_one_of_its_name_works() {
        let home = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_folder(home.path()).unwrap();
        let (tenant, session, job) = names();
        let [worker, dispatcher] = [(); 2].map(|()| Seals::new(blobs.clone()));
        let before = sealed_for(&worker, &job, "first").await;
        blobs.clear(&BlobKey::new(format!("results/{tenant}/{session}")).unwrap()).await.unwrap();
        assert_eq!(handed_out(&dispatcher, &before, &job).await, ReadCodeOutcome::because(ReasonCode::CodeGone));
        let after = sealed_for(&worker, &job, "second").await;
        assert_eq!(handed_out(&dispatcher, &after, &job).await, ReadCodeOutcome::found("second"));
        assert_eq!(handed_out(&worker, &after, &job).await, ReadCodeOutcome::found("second"));
    }

    #[tokio::test]
    async fn workers_that_begin_together_agree_on_the_key() {
        let home = tempfile::tempdir().unwrap();
        let (tenant, session, _) = names();
        let workers: Vec<_> = (0..8).map(|_| Seals::new(Blobs::open_folder(home.path()).unwrap())).collect();
        let keys = futures::future::join_all(workers.iter().map(|worker| worker.made(&tenant, &session))).await;
        let keys: Vec<_> = keys.into_iter().map(Result::unwrap).collect();
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    async fn sealed_for(seals: &Seals, job: &JobId, text: &str) -> String {
        let (tenant, session, _) = names();
        let answer = seals.seal(&tenant, &session, job, ReadCodeOutcome::found(text)).await.unwrap();
        serde_json::to_string(&result(answer)).unwrap()
    }
}
