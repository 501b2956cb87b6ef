//! Photo bytes through the one door, on a local folder and on a real S3 server.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use gradphoto_shared::Error;
use gradphoto_shared::blob::{BlobKey, Blobs};
use gradphoto_shared::config::{BlobArgs, Secret};
use tempfile::TempDir;

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

/// An S3 server of one test: `moto_server` of the PyPI package `moto[server]`.
struct S3 {
    endpoint: String,
    server: Child,
    _folder: TempDir,
}

impl S3 {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = program().expect(
            "moto_server is missing: run tests/run.sh, or `pip install 'moto[server]'` and put moto_server on PATH or \
             its path into GRADPHOTO_MOTO",
        );
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(["-H", "127.0.0.1", "-p", "0"]);
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = command.spawn().expect("moto_server starts");
        let mut lines = BufReader::new(server.stderr.take().expect("piped")).lines();
        let place = |line: String| line.split_once("Running on ").map(|(_, rest)| rest.trim().to_owned());
        let endpoint = lines.by_ref().map_while(Result::ok).find_map(place).expect("moto_server names its address");
        // A full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Self { endpoint, server, _folder: folder }
    }

    async fn make_bucket(&self, name: &str) {
        let made = reqwest::Client::new().put(format!("{}/{name}", self.endpoint)).send().await.expect("an answer");
        assert!(made.status().is_success(), "{}", made.status());
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GRADPHOTO_MOTO") {
        return Some(PathBuf::from(named));
    }
    let folders = std::env::var_os("PATH")?;
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../var/test-tools/bin");
    std::env::split_paths(&folders)
        .chain([installed])
        .map(|folder| folder.join("moto_server"))
        .find(|file| file.is_file())
}
