//! Photo bytes through the one door, on a local folder and on a real S3 server.

use std::path::Path;

use bytes::Bytes;
use gradphoto_shared::Error;
use gradphoto_shared::blob::{BlobKey, Blobs};
use gradphoto_shared::config::{BlobArgs, Secret};
use gradphoto_tests::s3::S3;

const LIMIT: u64 = 1 << 20;

fn key(text: &str) -> BlobKey {
    BlobKey::new(text).expect("a lawful key")
}

/// What every store must do.
async fn check(blobs: &Blobs) {
    let photo = key("photos/t/s/0a");
    blobs.probe().await.expect("the store answers");
    assert!(matches!(blobs.get(&photo, LIMIT).await, Err(Error::BlobMissing)));
    assert!(matches!(blobs.size(&photo).await, Err(Error::BlobMissing)));
    let first = Bytes::from(vec![7_u8; 300_000]);
    blobs.put(&photo, first.clone()).await.expect("stored");
    assert_eq!(blobs.size(&photo).await.expect("there"), 300_000);
    assert_eq!(blobs.get(&photo, LIMIT).await.expect("there"), first);
    let refused = blobs.get(&photo, 299_999).await;
    assert!(matches!(refused, Err(Error::BlobTooLarge { bytes: 300_000, limit: 299_999 })), "{refused:?}");
    // A second run of a job writes the same object again.
    blobs.put(&photo, Bytes::from_static(b"other")).await.expect("stored over it");
    assert_eq!(blobs.get(&photo, LIMIT).await.expect("there"), "other");
    blobs.put(&key("photos/t/s/empty"), Bytes::new()).await.expect("stored");
    assert_eq!(blobs.get(&key("photos/t/s/empty"), 0).await.expect("there").len(), 0);
    let many = (0..32).map(|number| async move {
        let own = key(&format!("photos/t/many/{number}"));
        blobs.put(&own, Bytes::from(number.to_string())).await.expect("stored");
        assert_eq!(blobs.get(&own, LIMIT).await.expect("there"), number.to_string());
    });
    futures::future::join_all(many).await;
}

fn arguments(url: Option<String>, endpoint: Option<String>) -> BlobArgs {
    let secret = |text: &str| endpoint.as_ref().map(|_| Secret::new(text));
    BlobArgs {
        url,
        s3_region: "us-east-1".into(),
        s3_key_id: secret("test"),
        s3_secret: secret("test"),
        s3_endpoint: endpoint.clone(),
    }
}

#[tokio::test]
async fn a_folder_keeps_photos() {
    let home = tempfile::tempdir().expect("a temporary folder");
    check(&Blobs::open(&arguments(None, None), home.path()).expect("opened")).await;
    assert!(home.path().join("blobs/photos/t/s/0a").is_file());
    let named = home.path().join("named").display().to_string();
    check(&Blobs::open(&arguments(Some(named), None), home.path()).expect("opened")).await;
    assert!(home.path().join("named/photos/t/s/0a").is_file());
}

#[tokio::test]
async fn an_s3_server_keeps_photos() {
    let server = S3::start();
    server.make_bucket("photos").await;
    let open = |place: &str| {
        Blobs::open(&arguments(Some(place.into()), Some(server.endpoint.clone())), Path::new("/nowhere"))
            .expect("opened")
    };
    check(&open("s3://photos")).await;
    let within = open("s3://photos/some/prefix");
    check(&within).await;
    // The prefix parts the two.
    let only_within = key("photos/t/s/within");
    within.put(&only_within, Bytes::from_static(b"x")).await.expect("stored");
    assert!(matches!(open("s3://photos").size(&only_within).await, Err(Error::BlobMissing)));
    assert_eq!(open("s3://photos").size(&key("some/prefix/photos/t/s/within")).await.expect("there"), 1);
}

#[tokio::test]
async fn a_missing_bucket_is_told_at_the_probe() {
    let server = S3::start();
    let arguments = arguments(Some("s3://absent".into()), Some(server.endpoint.clone()));
    let blobs = Blobs::open(&arguments, Path::new("/nowhere")).expect("opened");
    let probed = blobs.probe().await;
    assert!(matches!(probed, Err(Error::BlobAway(_))), "{probed:?}");
}
