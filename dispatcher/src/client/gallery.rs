//! What commands ask about galleries and searches.

use bytes::Bytes;
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::job::JobId;
use gradphoto_shared::name::SessionId;
use gradphoto_shared::store::{GalleryView, JobView, SearchPage};
use reqwest::Method;

use super::retry::patiently;
use super::{Client, Failure, read};
use crate::api::{DoubleList, GalleryPage, ReenrolWish, Reenrolled, Removed, Uploaded};

impl Client {
    pub(crate) async fn gallery(&self, session: &SessionId) -> Result<GalleryView, Failure> {
        read(self.ask(Method::GET, &format!("/v1/sessions/{session}/gallery"))).await
    }

    pub(crate) async fn gallery_photos(&self, session: &SessionId, after: u64) -> Result<GalleryPage, Failure> {
        let query = [("after", after)];
        read(self.ask(Method::GET, &format!("/v1/sessions/{session}/gallery/photos")).query(&query)).await
    }

    pub(crate) async fn remove_face(&self, session: &SessionId, photo: &BlobKey) -> Result<Removed, Failure> {
        let query = [("photo", photo.as_str())];
        read(self.ask(Method::DELETE, &format!("/v1/sessions/{session}/gallery/photos")).query(&query)).await
    }

    pub(crate) async fn doubles(&self, session: &SessionId) -> Result<DoubleList, Failure> {
        read(self.ask(Method::GET, &format!("/v1/sessions/{session}/doubles"))).await
    }

    pub(crate) async fn searches(&self, session: &SessionId, query: &[(&str, String)]) -> Result<SearchPage, Failure> {
        read(self.ask(Method::GET, &format!("/v1/sessions/{session}/searches")).query(query)).await
    }

    pub(crate) async fn reenrol(&self, session: &SessionId, all: bool) -> Result<Reenrolled, Failure> {
        let wish = ReenrolWish { all };
        read(self.ask(Method::POST, &format!("/v1/sessions/{session}/gallery/reenrol")).json(&wish)).await
    }

    /// As [`Client::upload`], again and again for what passes.
    pub(crate) async fn upload_patiently(
        &self,
        session: &SessionId,
        query: &[(&str, String)],
        key: &str,
        photo: &Bytes,
    ) -> Result<Uploaded, Failure> {
        patiently(|| self.upload(session, query, key, photo.clone())).await
    }

    /// A job once it is settled, or as it stands after `wait` seconds.
    pub(crate) async fn job_settled(&self, id: &JobId, wait: u64) -> Result<JobView, Failure> {
        read(self.ask(Method::GET, &format!("/v1/jobs/{id}")).query(&[("wait", wait)])).await
    }
}
