//! A session's gallery of faces: how it stands, what is in it, what is too like, and what leaves.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::job::Task;
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::session::Session;
use gradphoto_shared::store::{DoublePair, GalleryPhoto, GalleryView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::Caller;
use super::extract::{Asked, Body, Named};
use crate::admit::{Wanted, now_ms};
use crate::problem::{Problem, ProblemBody};
use crate::terms::{IdempotencyKey, Terms};

/// A part of a gallery.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GalleryPage {
    /// Those that were enrolled first, first.
    pub photos: Vec<GalleryPhoto>,
    /// Where to go on; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// Photos that are too like.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DoubleList {
    /// Most alike first.
    pub pairs: Vec<DoublePair>,
}

/// What left the gallery.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Removed {
    /// Faces that are found no more.
    pub removed: u64,
}

/// What is to be enrolled again.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReenrolWish {
    /// All photos, not only those whose model is another than that of the newest face.
    #[serde(default)]
    pub all: bool,
}

/// What is enrolled again.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Reenrolled {
    /// Photos for which a job is in the queue.
    pub submitted: u64,
    /// Photos that were refused, as when a lane is full: call again.
    pub refused: u64,
    /// Photos that stay as they are.
    pub current: u64,
}

/// Where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// `next` of the last page; without it from the beginning.
    #[serde(default)]
    after: u64,
}

/// Which photo.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PhotoQuery {
    /// Its key.
    photo: BlobKey,
}

/// How a session's gallery stands.
#[utoipa::path(get, path = "/v1/sessions/{session}/gallery", tag = "gallery", params(("session" = SessionId, Path)),
    responses((status = 200, body = GalleryView), (status = 403, description = "out_of_scope", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
) -> Result<Json<GalleryView>, Problem> {
    Ok(Json(app.admission.store.gallery(&tenant, &session).await?))
}

/// The photos that can be found in a session, without their faces; pages of up to 1,000.
#[utoipa::path(get, path = "/v1/sessions/{session}/gallery/photos", tag = "gallery",
    params(("session" = SessionId, Path), PageQuery), responses(
    (status = 200, body = GalleryPage), (status = 403, description = "out_of_scope", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody)))]
pub(super) async fn photos(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<GalleryPage>, Problem> {
    let (photos, next) = app.admission.store.gallery_page(&tenant, &session, query.after).await?;
    Ok(Json(GalleryPage { photos, next }))
}

/// Takes a photo out of the gallery, whoever's it is: it is found no more, and no job that was accepted before brings
/// it back. A subject's photo leaves by itself when it is withdrawn or replaced.
#[utoipa::path(delete, path = "/v1/sessions/{session}/gallery/photos", tag = "gallery",
    params(("session" = SessionId, Path), PhotoQuery), responses(
    (status = 200, body = Removed), (status = 403, description = "out_of_scope", body = ProblemBody),
    (status = 404, description = "unknown_session, photo_missing", body = ProblemBody)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Asked(PhotoQuery { photo }): Asked<PhotoQuery>,
) -> Result<Json<Removed>, Problem> {
    let store = &app.admission.store;
    // What is remembered of removals is bounded by the photos that there are.
    if store.session(&tenant, &session).await.is_ok() {
        app.admission.blobs.size(&photo).await?;
    }
    let removed = store.remove_face(&tenant, &session, &photo, now_ms()).await?;
    Ok(Json(Removed { removed }))
}

/// Pairs of photos of different subjects, or of unknown ones, that look like one person or one shot. For reviewers;
/// people have to decide whether they are twins.
#[utoipa::path(get, path = "/v1/sessions/{session}/doubles", tag = "gallery", params(("session" = SessionId, Path)),
    responses((status = 200, body = DoubleList), (status = 403, description = "out_of_scope", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody)))]
pub(super) async fn doubles(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
) -> Result<Json<DoubleList>, Problem> {
    Ok(Json(DoubleList { pairs: app.admission.store.doubles(&tenant, &session).await? }))
}

/// Submits jobs in lane `bulk` that enrol stored photos again, after the workers' model changed: those whose face was
/// made by another model than the newest face's, or all. Answers when all are submitted.
#[utoipa::path(post, path = "/v1/sessions/{session}/gallery/reenrol", tag = "gallery",
    params(("session" = SessionId, Path)), request_body = ReenrolWish, responses(
    (status = 200, body = Reenrolled), (status = 403, description = "out_of_scope", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody),
    (status = 409, description = "session_not_open", body = ProblemBody)))]
pub(super) async fn reenrol(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Body(wish): Body<ReenrolWish>,
) -> Result<Json<Reenrolled>, Problem> {
    let session = app.admission.open_session(&tenant, &session).await?;
    Ok(Json(enrol_again(&app, &tenant, &session, wish.all).await?))
}

async fn enrol_again(app: &App, tenant: &TenantId, session: &Session, all: bool) -> Result<Reenrolled, Problem> {
    let store = &app.admission.store;
    let newest = store.gallery(tenant, &session.id).await?;
    let (mut sum, mut after) = (Reenrolled::default(), Some(0));
    while let Some(from) = after {
        let (photos, next) = store.gallery_page(tenant, &session.id, from).await?;
        // What is enrolled meanwhile stands behind the version at which this began.
        after = next.filter(|next| *next < newest.version);
        let found = photos.len() as u64;
        let stale = photos.into_iter().filter(|photo| all || Some(&photo.model) != newest.model.as_ref());
        let wanted: Vec<_> = stale.map(|photo| again(photo, newest.version, all)).collect();
        sum.current += found - wanted.len() as u64;
        for answer in app.admission.admit(session, wanted).await? {
            match answer {
                Ok(_) => sum.submitted += 1,
                Err(_) => sum.refused += 1,
            }
        }
    }
    Ok(sum)
}

/// A job that enrols a photo again; a call that is repeated finds it.
fn again(photo: GalleryPhoto, version: u64, all: bool) -> Result<Wanted, Problem> {
    let GalleryPhoto { photo, subject, generation, model } = photo;
    let name = format!("{version} {all} {model} {photo} {subject:?} {generation}");
    let key = format!("reenrol-{}", hex::encode(Sha256::digest(name)));
    let terms = Terms { key: Some(IdempotencyKey::new(key)?), ..Terms::default() };
    Ok(Wanted { photo, subject, generation, lane: Lane::Bulk, tasks: vec![Task::Enrol], terms, references: Vec::new() })
}

/// A gallery that cannot be read further.
pub(super) fn invalid_query(says: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_query", says)
}
