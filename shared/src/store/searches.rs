//! Verbs on searches: settle one, list those that were tried, charge for one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::gallery_entry::Folder;
use super::keys::member;
use super::line::{Lead, Repeat};
use super::rates::Rate;
use super::settle::milliseconds;
use super::take::claim_arguments;
use super::{Finished, Store, answer, scripts};
use crate::blob::BlobKey;
use crate::job::JobId;
use crate::name::{SessionId, SubjectId, TenantId};
use crate::outcome::ReasonCode;
use crate::{Error, Result};

/// Tries that one call of the script looks at.
const LOOKED_AT: usize = 200;
/// Most calls of one page: a subject that tried seldom stands far apart among many others.
const PAGE_CALLS: usize = 50;

/// What became of a job that looked for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchSettled {
    /// This claim settled it.
    Done,
    /// The claim is not the living one.
    Late,
    /// A photo of the answer left the gallery: look again.
    Stale,
}

/// A try to find somebody, as it is remembered: no picture, no vector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchTry {
    /// Who searched, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// `found`, `not_found`, `uncertain` or `unusable`.
    pub outcome: String,
    /// The photo that was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<BlobKey>,
    /// Likeness to the nearest face, -1 to 1, shown or not; absent in an empty gallery and without a face.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Why nobody was shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonCode>,
    /// Faces that were searched.
    pub faces: u64,
}

/// A try with its job and time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchNote {
    /// The job.
    pub job: JobId,
    /// When it was answered, in milliseconds since 1970 UTC.
    pub at_ms: u64,
    /// What came of it.
    #[serde(flatten)]
    pub tried: SearchTry,
}

/// Some tries of a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchPage {
    /// Newest first.
    pub searches: Vec<SearchNote>,
    /// Where to go on; absent at the end. Tries that come meanwhile move it: some may be told twice, none is
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<usize>,
}

impl Store {
    /// Settles a job that looked for somebody and notes the try; `shown` are the entries of the answer, which
    /// must still stand. Repeated with the same claim it answers the same.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a photo of another session; when Redis fails, may then be called again.
    pub async fn finish_search(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        finished: &Finished,
        tried: Option<&SearchTry>,
        shown: &[(u64, BlobKey)],
    ) -> Result<SearchSettled> {
        let limits = &self.inner.limits;
        let text = |value| serde_json::to_string(value).expect("a result is plain data with text keys");
        let noted = tried.map(|tried| serde_json::to_string(tried).expect("a try is plain data with text keys"));
        let call = claim_arguments(self.call(&scripts::SEARCH_FINISH, finished.claim.job.shard), &finished.claim)
            .argument(text(&finished.result))
            .argument(noted.unwrap_or_default())
            .argument(limits.searches)
            .argument(milliseconds(limits.search_ttl));
        let folder = Folder::of(tenant, session);
        let call = shown.iter().try_fold(call, |call, (number, photo)| {
            Ok::<_, Error>(call.argument(number).argument(folder.stand_in(photo)?.as_slice()))
        })?;
        let answer = self.inner.line.run("finish_search", Lead::Shared, Repeat::Once, &[call]).await?;
        match answer::only::<u8>(answer)? {
            0 => Ok(SearchSettled::Late),
            1 => Ok(SearchSettled::Done),
            2 => Ok(SearchSettled::Stale),
            _ => Err(answer::unexpected("an answer to a search")),
        }
    }

    /// Tries to find somebody in a session, all or those of one subject, newest first: at most `most`, from place
    /// `from` on.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], also while it is being erased.
    pub async fn searches(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        subject: Option<&SubjectId>,
        from: usize,
        most: usize,
    ) -> Result<SearchPage> {
        let shard = self.inner.shards.of(tenant, session);
        let (mut page, mut rank) = (SearchPage::default(), from);
        for _ in 0..PAGE_CALLS {
            let call = self
                .call(&scripts::SEARCHES, shard)
                .argument(member(tenant, session))
                .argument(rank)
                .argument(LOOKED_AT.min(most))
                .argument(milliseconds(self.inner.limits.search_ttl));
            let answer = self.inner.line.run("searches", Lead::Shared, Repeat::Once, &[call]).await?;
            let answer = answer.into_iter().next().ok_or_else(|| answer::unexpected("nothing"))?;
            if matches!(&answer, redis::Value::Array(fields) if fields.is_empty()) {
                return Err(Error::UnknownSession);
            }
            let (has_more, found): (bool, Vec<(Vec<u8>, u64, String)>) = answer::one(answer)?;
            for (uuid, at_ms, noted) in found {
                let uuid = Uuid::from_slice(&uuid).map_err(|_| answer::unexpected("a job's name"))?;
                let tried: SearchTry = serde_json::from_str(&noted).map_err(Error::Envelope)?;
                rank += 1;
                if subject.is_none_or(|subject| tried.subject.as_ref() == Some(subject)) {
                    page.searches.push(SearchNote { job: JobId { shard, uuid }, at_ms, tried });
                }
                if page.searches.len() == most {
                    page.next = Some(rank);
                    return Ok(page);
                }
            }
            if !has_more {
                return Ok(page);
            }
        }
        page.next = Some(rank);
        Ok(page)
    }

    /// Lets one search of the tenant come now, or one of a subject.
    ///
    /// # Errors
    /// [`Error::RateLimited`] with the moment at which the same search may come.
    pub async fn charge_search(
        &self,
        tenant: &TenantId,
        of: Option<(&SessionId, &SubjectId)>,
        rate: Rate,
    ) -> Result<()> {
        self.charge_at(self.inner.keys.search_rate(tenant, of), rate, 1).await
    }
}
