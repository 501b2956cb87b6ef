//! HTTP API v1: the route table. A file per resource; the OpenAPI document comes from the same table.

mod batches;
mod caller;
mod cancel;
mod dead;
mod events;
mod exports;
mod extract;
mod gallery;
mod groups;
mod health;
mod id_tail;
mod jobs;
mod layouts;
mod linger;
mod observe;
mod openapi;
mod pauses;
mod photos;
mod pictures;
mod queue;
mod results;
mod scope;
mod searches;
mod sessions;
mod subjects;
mod upload;
mod webhooks;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::Router;
use gradphoto_shared::seal::Seals;
use gradphoto_shared::shutdown::Shutdown;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use cancel::{CancelWish, Cancelled, Standing};
pub use dead::DeadWish;
pub(crate) use events::STREAMS_MAX;
pub(crate) use exports::EXPORTS_MAX;
pub use exports::ExportFormat;
pub use gallery::{DoubleList, GalleryPage, ReenrolWish, Reenrolled, Removed};
pub use groups::{Acknowledged, Acknowledgement, GroupEvents, GroupList, GroupRead};
pub use jobs::{JobAnswer, NewJob, Submitted};
pub use layouts::NewLayout;
pub use openapi::document;
pub use pauses::{Pause, PauseList, PauseScope, Resumed};
pub use photos::Uploaded;
pub use queue::{LaneView, QueueView};
pub use sessions::{Erased, NewSession, ProgressView, SessionChange, SessionList};
pub use subjects::{SubjectView, Withdrawal};
pub use webhooks::{HookList, HookSecret, HookState, HookTest, HookView, NewHook};
pub use workers::WorkerList;

use crate::admit::Admission;
use crate::keys::Access;
use crate::problem::Problem;
use crate::webhook::Webhooks;

/// Largest JSON body: 1,000 jobs of about 300 bytes, tenfold.
const JSON_BYTES_MAX: usize = 3 << 20;

/// Longest that a caller may ask to wait for something to happen.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// What every handler may use.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) admission: Admission,
    pub(crate) access: Access,
    pub(crate) webhooks: Arc<Webhooks>,
    /// Most bytes of one photo.
    pub(crate) photo_bytes_max: u64,
    /// KiB of memory that uploads in flight may take together.
    pub(crate) upload_memory: Arc<Semaphore>,
    /// Event streams that may be open at once.
    pub(crate) streams: Arc<Semaphore>,
    /// Exports that may be made at once.
    pub(crate) exports: Arc<Semaphore>,
    /// Opens texts of codes on their way to the caller.
    pub(crate) seals: Seals,
    /// Longest that a request may take, long polls aside.
    pub(crate) request_timeout: Duration,
    /// Ends long polls.
    pub(crate) shutdown: Shutdown,
}

/// Every route, one line each.
fn table() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(sessions::create, sessions::list))
        .routes(routes!(sessions::show, sessions::change, sessions::erase))
        .routes(routes!(sessions::progress))
        .routes(routes!(exports::session))
        .routes(routes!(cancel::all))
        .routes(routes!(subjects::show))
        .routes(routes!(subjects::withdraw))
        .routes(routes!(gallery::show))
        .routes(routes!(gallery::photos, gallery::remove))
        .routes(routes!(gallery::reenrol))
        .routes(routes!(gallery::doubles))
        .routes(routes!(searches::list))
        .routes(routes!(batches::show))
        .routes(routes!(batches::seal))
        .routes(routes!(photos::store, photos::store_and_submit))
        .routes(routes!(jobs::submit))
        .routes(routes!(jobs::show))
        .routes(routes!(pictures::picture))
        .routes(routes!(pictures::preview))
        .routes(routes!(pictures::evidence))
        .routes(routes!(layouts::submit))
        .routes(routes!(layouts::sheet))
        .routes(routes!(id_tail::check))
        .routes(routes!(cancel::job))
        .routes(routes!(dead::list))
        .routes(routes!(dead::replay_all))
        .routes(routes!(dead::drop_all))
        .routes(routes!(dead::drop_one))
        .routes(routes!(dead::replay))
        .routes(routes!(pauses::list))
        .routes(routes!(pauses::begin, pauses::end))
        .routes(routes!(results::page))
        .routes(routes!(events::session))
        .routes(routes!(events::all))
        .routes(routes!(groups::list))
        .routes(routes!(groups::forget))
        .routes(routes!(groups::read))
        .routes(routes!(groups::acknowledge))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::put, webhooks::show, webhooks::forget))
        .routes(routes!(webhooks::secret))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::resume))
        .routes(routes!(webhooks::test))
        .routes(routes!(queue::show))
        .routes(routes!(workers::list))
        .routes(routes!(workers::drain))
        .routes(routes!(openapi::show))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

pub(crate) fn router(app: Arc<App>) -> Router {
    let (router, _) = table().split_for_parts();
    router
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "unknown_route", "no such route") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "the route does not take this method")
        })
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), observe::observe))
        .with_state(app)
}
