//! The one door for photo bytes: a local folder or an S3-compatible store.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::BlobArgs;
use crate::job::JobId;
use crate::name::{SessionId, TenantId};
use crate::{Error, Result};

/// Longest key in bytes.
const KEY_MAX: usize = 512;

/// A place in the object store: segments of `A-Z a-z 0-9 _ . -` parted by `/`, none of them `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", max_length = 512)]
pub struct BlobKey(String);

impl BlobKey {
    /// Checks `text` and takes it as a key.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for anything that could leave the store's folder or is too long.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let lawful =
            |segment: &str| !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(legal);
        if text.len() <= KEY_MAX && text.split('/').all(lawful) {
            Ok(Self(text))
        } else {
            Err(Error::InvalidName { what: "photo key" })
        }
    }

    /// Where a file of a job's answer lies: the same for every try, so that a second one writes the same object.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a `name` that is none.
    pub fn of_result(tenant: &TenantId, session: &SessionId, job: &JobId, name: &str) -> Result<Self> {
        Self::new(format!("results/{tenant}/{session}/{}/{name}", job.uuid.simple()))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for BlobKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::new(text)
    }
}

impl From<BlobKey> for String {
    fn from(key: BlobKey) -> Self {
        key.0
    }
}

/// The object store.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
}

impl Blobs {
    /// Opens the store that `args` name; without one, the folder `home/blobs`, made where absent.
    ///
    /// # Errors
    /// [`Error::Config`] when the address cannot be used, [`Error::Io`] when the folder cannot be made.
    pub fn open(args: &BlobArgs, home: &Path) -> Result<Self> {
        match args.url.as_deref() {
            Some(url) if url.starts_with("s3://") => Self::open_s3(args, &url["s3://".len()..]),
            Some(folder) => Self::open_folder(Path::new(folder.strip_prefix("file://").unwrap_or(folder))),
            None => Self::open_folder(&home.join("blobs")),
        }
    }

    pub(crate) fn open_folder(folder: &Path) -> Result<Self> {
        let failed = |cause| Error::io(format!("make the folder {}", folder.display()), cause);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(unusable)?.with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store) })
    }

    fn open_s3(args: &BlobArgs, place: &str) -> Result<Self> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_region(&args.s3_region);
        if let Some(endpoint) = &args.s3_endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        if let (Some(id), Some(secret)) = (&args.s3_key_id, &args.s3_secret) {
            builder = builder.with_access_key_id(id.reveal()).with_secret_access_key(secret.reveal());
        }
        let store = builder.build().map_err(unusable)?;
        Ok(Self { store: Arc::new(PrefixStore::new(store, prefix)) })
    }

    /// Stores `bytes` under `key`, all or nothing, over whatever is there.
    ///
    /// # Errors
    /// [`Error::BlobAway`].
    pub async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<()> {
        self.store.put(&path(key), PutPayload::from_bytes(bytes)).await.map_err(Error::BlobAway)?;
        Ok(())
    }

    /// Stores `bytes` under `key` unless something is there; `false` where something is.
    ///
    /// # Errors
    /// [`Error::BlobAway`].
    pub async fn put_new(&self, key: &BlobKey, bytes: Bytes) -> Result<bool> {
        let options = PutMode::Create.into();
        match self.store.put_opts(&path(key), PutPayload::from_bytes(bytes), options).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(cause) => Err(Error::BlobAway(cause)),
        }
    }

    /// Every key below `folder`, in no order.
    pub fn list(&self, folder: &BlobKey) -> BoxStream<'static, Result<BlobKey>> {
        let found = self.store.list(Some(&path(folder))).map_err(Error::BlobAway);
        // What another program put there may have any name.
        found.try_filter_map(|object| async move { Ok(BlobKey::new(object.location.to_string()).ok()) }).boxed()
    }

    /// How many bytes lie under `key`, and the bytes piece by piece.
    ///
    /// # Errors
    /// [`Error::BlobMissing`], [`Error::BlobAway`]; the latter for a piece, too.
    pub async fn stream(&self, key: &BlobKey) -> Result<(u64, BoxStream<'static, Result<Bytes>>)> {
        let found = self.store.get(&path(key)).await.map_err(absent_or_away)?;
        Ok((found.meta.size, found.into_stream().map_err(absent_or_away).boxed()))
    }

    /// Reads what lies under `key`, at most `limit` bytes.
    ///
    /// # Errors
    /// [`Error::BlobMissing`], [`Error::BlobTooLarge`] before a byte is read, [`Error::BlobAway`].
    pub async fn get(&self, key: &BlobKey, limit: u64) -> Result<Bytes> {
        let found = self.store.get(&path(key)).await.map_err(absent_or_away)?;
        let size = found.meta.size;
        if size > limit {
            return Err(Error::BlobTooLarge { bytes: size, limit });
        }
        let mut bytes = BytesMut::with_capacity(usize::try_from(size).unwrap_or_default());
        let mut chunks = found.into_stream();
        while let Some(chunk) = chunks.try_next().await.map_err(absent_or_away)? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// Deletes everything below `folder`; answers how many objects there were.
    ///
    /// # Errors
    /// [`Error::BlobAway`]; may then be called again.
    pub async fn clear(&self, folder: &BlobKey) -> Result<u64> {
        let found = self.store.list(Some(&path(folder))).map_ok(|object| object.location).boxed();
        let deleted = self.store.delete_stream(found).map(|deleted| match deleted {
            // Another call deletes the same.
            Err(object_store::Error::NotFound { .. }) | Ok(_) => Ok(1),
            Err(cause) => Err(Error::BlobAway(cause)),
        });
        deleted.try_fold(0, |sum, one| async move { Ok(sum + one) }).await
    }

    /// Whether the store answers and the bucket or folder is there.
    ///
    /// # Errors
    /// [`Error::BlobAway`].
    pub async fn probe(&self) -> Result<()> {
        // A listing, because a look at one object cannot tell a missing bucket from a missing object.
        let nowhere = object_store::path::Path::from("probe");
        self.store.list_with_delimiter(Some(&nowhere)).await.map_err(Error::BlobAway)?;
        Ok(())
    }

    /// Size in bytes of what lies under `key`.
    ///
    /// # Errors
    /// [`Error::BlobMissing`], [`Error::BlobAway`].
    pub async fn size(&self, key: &BlobKey) -> Result<u64> {
        Ok(self.store.head(&path(key)).await.map_err(absent_or_away)?.size)
    }
}

fn path(key: &BlobKey) -> object_store::path::Path {
    object_store::path::Path::from(key.as_str())
}

fn unusable(cause: object_store::Error) -> Error {
    Error::Config(format!("object store cannot be used: {cause}"))
}

fn absent_or_away(cause: object_store::Error) -> Error {
    match cause {
        object_store::Error::NotFound { .. } => Error::BlobMissing,
        cause => Error::BlobAway(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_cannot_leave_the_store() {
        for good in ["a", "photos/t/s/01-x.jpg", "a.b/c_d"] {
            assert!(BlobKey::new(good).is_ok(), "{good:?}");
        }
        for bad in ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a b", "a\\b", "照片"] {
            assert!(BlobKey::new(bad).is_err(), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn a_folder_is_cleared_and_its_neighbours_stay() {
        let home = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_folder(home.path()).unwrap();
        let keys = ["photos/t/s/1", "photos/t/s/2", "photos/t/s2/1", "photos/t2/s/1"];
        let keys = keys.map(|key| BlobKey::new(key).unwrap());
        for key in &keys {
            blobs.put(key, Bytes::from_static(b"x")).await.unwrap();
        }
        let folder = BlobKey::new("photos/t/s").unwrap();
        assert_eq!(blobs.clear(&folder).await.unwrap(), 2);
        assert_eq!(blobs.clear(&folder).await.unwrap(), 0);
        for (key, kept) in keys.iter().zip([false, false, true, true]) {
            assert_eq!(blobs.size(key).await.is_ok(), kept, "{key}");
        }
    }

    #[tokio::test]
    async fn what_is_there_is_listed_read_in_pieces_and_not_overwritten_by_a_new_one() {
        let home = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_folder(home.path()).unwrap();
        let (folder, key) = (BlobKey::new("a/b").unwrap(), BlobKey::new("a/b/1").unwrap());
        let listed = || blobs.list(&folder).try_collect::<Vec<_>>();
        assert!(listed().await.unwrap().is_empty(), "a folder that is none");
        assert!(blobs.put_new(&key, Bytes::from_static(b"first")).await.unwrap());
        assert!(!blobs.put_new(&key, Bytes::from_static(b"second")).await.unwrap());
        blobs.put(&BlobKey::new("a/bc/1").unwrap(), Bytes::from_static(b"x")).await.unwrap();
        assert_eq!(listed().await.unwrap(), std::slice::from_ref(&key));
        let (size, pieces) = blobs.stream(&key).await.unwrap();
        let bytes: Vec<Bytes> = pieces.try_collect().await.unwrap();
        assert_eq!((size, bytes.concat().as_slice()), (5, &b"first"[..]));
    }
}
