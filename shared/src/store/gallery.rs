//! Verbs on a session's gallery of faces: enrol, read what changed, show, remove, doubles.

use redis::Value;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::gallery_entry::{Folder, GalleryEntry};
use super::keys::member;
use super::line::{Lead, Repeat};
use super::scripts;
use super::take::{Claim, claim_arguments};
use super::{Store, answer};
use crate::blob::BlobKey;
use crate::face::FaceModel;
use crate::name::{SessionId, SubjectId, TenantId};
use crate::search::DoubleKind;
use crate::{Error, Result};

/// Numbers that one call looks at: Redis serves nobody else meanwhile, so it stays near 2 ms.
const CHANGES_MAX: u64 = 1_000;
/// The epoch of a reader who keeps nothing.
const ANY_EPOCH: &str = "any";

/// What became of a face that was to be enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// It stands in the gallery, since now or before.
    Stands {
        /// Its number.
        number: u64,
        /// Faces in the gallery.
        faces: u64,
    },
    /// The claim is not the living one.
    Late,
    /// A newer photo of the subject is known, or this one was withdrawn.
    Superseded,
    /// The photo was removed after the job was accepted.
    Removed,
    /// The gallery takes no more.
    Full,
    /// The session is unknown or being erased.
    Gone,
}

/// How far a reader knows a gallery; the default knows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GalleryCursor {
    epoch: String,
    told: u64,
    left: u64,
}

/// What changed in a gallery.
#[derive(Clone, Debug, Default)]
pub struct GalleryChanges {
    /// Whether everything that is known is to be forgotten first.
    pub forget: bool,
    /// Numbers that left.
    pub gone: Vec<u64>,
    /// Entries that came, by number.
    pub entries: Vec<(u64, GalleryEntry)>,
    /// The model of the newest face.
    pub model: Option<FaceModel>,
    /// How far it is known now.
    pub cursor: GalleryCursor,
    /// Whether there is more.
    pub has_more: bool,
}

/// How a session's gallery stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GalleryView {
    /// Faces that can be found.
    pub faces: u64,
    /// Most faces that it takes.
    pub limit: u64,
    /// Rises with each change.
    pub version: u64,
    /// What made the newest face; absent in a gallery that never had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<FaceModel>,
    /// Pairs of photos that were noted as too like.
    pub doubles: u64,
    /// Searches that are remembered.
    pub searches: u64,
}

/// A photo of a gallery, as callers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GalleryPhoto {
    /// The photo.
    pub photo: BlobKey,
    /// Its subject, where it is assigned to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Which of the subject's photos.
    pub generation: u32,
    /// What made its descriptor.
    pub model: FaceModel,
}

impl From<GalleryEntry> for GalleryPhoto {
    fn from(GalleryEntry { photo, subject, generation, face }: GalleryEntry) -> Self {
        Self { photo, subject, generation, model: face.model }
    }
}

/// Two photos of a session that are too like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DoublePair {
    /// One photo, and the other.
    pub photos: [GalleryPhoto; 2],
    /// In what way they are like.
    pub kind: DoubleKind,
    /// Likeness of the faces, -1 to 1.
    pub score: f32,
}

impl Store {
    /// Puts a face into the gallery of its session, for the living fence only. The same again changes nothing; a
    /// photo that nobody owned goes over to the subject it comes with.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a photo of another session; when Redis fails, may then be called again.
    pub async fn enrol(
        &self,
        claim: &Claim,
        tenant: &TenantId,
        session: &SessionId,
        entry: &GalleryEntry,
        accepted_at_ms: u64,
    ) -> Result<Enrolled> {
        let written = Folder::of(tenant, session).write(entry)?;
        let call = claim_arguments(self.call(&scripts::ENROL, claim.job.shard), claim)
            .argument(member(tenant, session))
            .argument(written)
            .argument(accepted_at_ms)
            .argument(self.inner.limits.faces)
            .argument(entry.face.model.as_str());
        let answer = self.inner.line.run("enrol", Lead::Sure, Repeat::Once, &[call]).await?;
        let (word, number, faces): (String, u64, u64) = answer::only(answer)?;
        match word.as_str() {
            "enrolled" => Ok(Enrolled::Stands { number, faces }),
            "late" => Ok(Enrolled::Late),
            "superseded" => Ok(Enrolled::Superseded),
            "removed" => Ok(Enrolled::Removed),
            "full" => Ok(Enrolled::Full),
            "gone" => Ok(Enrolled::Gone),
            _ => Err(answer::unexpected("an answer to enrol")),
        }
    }

    /// Some of what changed in a session's gallery since `cursor`; to be called again while there is more.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], also while it is being erased.
    pub async fn gallery_changes(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        cursor: &GalleryCursor,
    ) -> Result<GalleryChanges> {
        let call = self
            .call(&scripts::GALLERY_CHANGES, self.inner.shards.of(tenant, session))
            .argument(member(tenant, session))
            .argument(&cursor.epoch)
            .argument(cursor.told)
            .argument(cursor.left)
            .argument(CHANGES_MAX);
        let answer = self.inner.line.run("gallery_changes", Lead::Shared, Repeat::Once, &[call]).await?;
        let value: Value = answer::only(answer)?;
        if matches!(&value, Value::Array(fields) if fields.is_empty()) {
            return Err(Error::UnknownSession);
        }
        type Told = (String, bool, u64, u64, Vec<u64>, Vec<(u64, Vec<u8>)>, String);
        let (epoch, forget, version, told, gone, found, model): Told = answer::one(value)?;
        let folder = Folder::of(tenant, session);
        let read = |(number, entry): (u64, Vec<u8>)| Ok((number, folder.read(&entry)?));
        Ok(GalleryChanges {
            forget,
            gone,
            entries: found.into_iter().map(read).collect::<Result<_>>()?,
            model: FaceModel::new(model).ok(),
            cursor: GalleryCursor { epoch, told, left: version },
            has_more: told < version,
        })
    }

    /// Photos of a session's gallery from behind number `after` on, in the order in which they came, and where to
    /// go on.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], also while it is being erased.
    pub async fn gallery_page(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        after: u64,
    ) -> Result<(Vec<GalleryPhoto>, Option<u64>)> {
        let cursor = GalleryCursor { epoch: ANY_EPOCH.to_owned(), told: after, left: after };
        let changes = self.gallery_changes(tenant, session, &cursor).await?;
        let photos = changes.entries.into_iter().map(|(_, entry)| entry.into()).collect();
        Ok((photos, changes.has_more.then_some(changes.cursor.told)))
    }

    /// How a session's gallery stands.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], also while it is being erased.
    pub async fn gallery(&self, tenant: &TenantId, session: &SessionId) -> Result<GalleryView> {
        let call =
            self.call(&scripts::GALLERY_SHOW, self.inner.shards.of(tenant, session)).argument(member(tenant, session));
        let answer = self.inner.line.run("gallery", Lead::Shared, Repeat::Once, &[call]).await?;
        let value: Value = answer::only(answer)?;
        if matches!(&value, Value::Array(fields) if fields.is_empty()) {
            return Err(Error::UnknownSession);
        }
        let (faces, version, model, doubles, searches): (u64, u64, String, u64, u64) = answer::one(value)?;
        let limit = self.inner.limits.faces;
        Ok(GalleryView { faces, limit, version, model: FaceModel::new(model).ok(), doubles, searches })
    }

    /// Takes a photo out of its session's gallery, whoever's it is; answers how many faces left. Jobs that were
    /// accepted until `now_ms`, in milliseconds since 1970 UTC, bring it back no more.
    ///
    /// # Errors
    /// [`Error::UnknownSession`]; [`Error::InvalidName`] for a photo of another session.
    pub async fn remove_face(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        photo: &BlobKey,
        now_ms: u64,
    ) -> Result<u64> {
        let call = self
            .call(&scripts::GALLERY_REMOVE, self.inner.shards.of(tenant, session))
            .argument(member(tenant, session))
            .argument(Folder::of(tenant, session).stand_in(photo)?.as_slice())
            .argument(now_ms);
        let answer = self.inner.line.run("remove_face", Lead::Sure, Repeat::Once, &[call]).await?;
        answer::only::<Option<u64>>(answer)?.ok_or(Error::UnknownSession)
    }

    /// Notes entries that are too like entry `number`, each with its way and likeness.
    ///
    /// # Errors
    /// When Redis fails; may then be called again.
    pub async fn note_doubles(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        number: u64,
        others: &[(u64, DoubleKind, f32)],
    ) -> Result<()> {
        let call = self
            .call(&scripts::DOUBLES_NOTE, self.inner.shards.of(tenant, session))
            .argument(member(tenant, session))
            .argument(number)
            .argument(self.inner.limits.doubles);
        let call = others
            .iter()
            .fold(call, |call, (other, kind, score)| call.argument(other).argument(format!("{} {score}", kind.name())));
        let answer = self.inner.line.run("note_doubles", Lead::Shared, Repeat::Once, &[call]).await?;
        answer::only::<u64>(answer).map(drop)
    }

    /// Pairs of a session's photos that are too like and both stand in the gallery, most alike first.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], also while it is being erased.
    pub async fn doubles(&self, tenant: &TenantId, session: &SessionId) -> Result<Vec<DoublePair>> {
        let call =
            self.call(&scripts::DOUBLES_LIST, self.inner.shards.of(tenant, session)).argument(member(tenant, session));
        let answer = self.inner.line.run("doubles", Lead::Shared, Repeat::Once, &[call]).await?;
        type Found = (Vec<u8>, Vec<u8>, String);
        let found: Vec<Vec<Found>> = answer::only(answer)?;
        let found = found.into_iter().next().ok_or(Error::UnknownSession)?;
        let folder = Folder::of(tenant, session);
        let pair = |(one, other, said): Found| {
            let read = said.split_once(' ').and_then(|(kind, score)| Some((kind_of(kind)?, score.parse().ok()?)));
            let (kind, score) = read.ok_or_else(|| answer::unexpected("a double"))?;
            Ok(DoublePair { photos: [folder.read(&one)?.into(), folder.read(&other)?.into()], kind, score })
        };
        let mut pairs = found.into_iter().map(pair).collect::<Result<Vec<_>>>()?;
        pairs.sort_by(|one, other| other.score.total_cmp(&one.score));
        Ok(pairs)
    }
}

fn kind_of(name: &str) -> Option<DoubleKind> {
    [DoubleKind::SameShot, DoubleKind::LooksAlike].into_iter().find(|kind| kind.name() == name)
}
