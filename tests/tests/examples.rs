//! The programs of `deploy/examples`, each run as a person would, where its runtime is on the machine.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use gradphoto_tests::fleet::portrait;
use gradphoto_tests::photos::{skipped, workspace};
use gradphoto_tests::process::program;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::server::answer;
use gradphoto_tests::system::{System, above};
use reqwest::Method;
use tokio::process::{Child, Command};

/// Longest wait for an example: eight tries with the server's ten seconds between them, and as much again for
/// a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);
/// Jobs that the lane holds while nobody works: full before the examples begin.
const LANE_JOBS: usize = 4;
/// The session that all examples send to.
const SESSION: &str = "spring";

/// A program: what runs it, and its words up to its own.
struct Example {
    runtime: &'static str,
    words: &'static [&'static str],
}

/// Every example of a caller over HTTP.
const CALLERS: [Example; 4] = [
    Example { runtime: "python3", words: &["python/enqueue.py"] },
    Example { runtime: "node", words: &["node/enqueue.mjs"] },
    Example { runtime: "java", words: &["java/Enqueue.java"] },
    Example { runtime: "go", words: &["run", "go/enqueue.go"] },
];

/// The example of a caller beside Redis.
const BY_SCRIPT: Example = Example { runtime: "python3", words: &["python/enqueue_by_script.py"] };

impl Example {
    /// Starts it with `words` of its own; says so and answers `None` where its runtime is absent.
    fn start(&self, settings: &[(&str, String)], words: &[&str]) -> Option<Child> {
        let mut command = Command::new(self.runtime);
        command.current_dir(workspace().join("deploy/examples")).args(self.words).args(words);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        match command.spawn() {
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                skipped(self.runtime);
                None
            }
            child => Some(child.expect("a runtime can be started")),
        }
    }
}

/// Waits for the end of an example; answers whether all went well, and what it said.
async fn ended(child: Child) -> (bool, String) {
    let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let Output { status, stdout, stderr } = ended.expect("an example ends in time").expect("its output can be read");
    (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// The job that an example says was accepted.
fn job(said: &str) -> &str {
    let (_, rest) = said.split_once("job ").unwrap_or_else(|| panic!("names no job: {said}"));
    rest.split_once(" is accepted").unwrap_or_else(|| panic!("names no job: {said}")).0
}

async fn fill_the_lane(system: &System) {
    system.open_session(SESSION).await;
    let path = format!("/v1/sessions/{SESSION}/photos?tasks=standardise&lane=online");
    for _ in 0..LANE_JOBS {
        let (status, body) = answer(system.ask(Method::POST, &path).body(portrait())).await;
        assert_eq!(status, 202, "{body}");
    }
}

fn assert_certificate(path: &Path) {
    let picture = image::open(path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
    assert_eq!((picture.width(), picture.height()), (480, 640), "{}", path.display());
}

#[tokio::test]
async fn each_waits_for_room_and_saves_the_picture() {
    let mut system = System::new(PrivateRedis::start());
    let served = system.serve(&["--lane-jobs", &LANE_JOBS.to_string()]).await;
    fill_the_lane(&system).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let photo = folder.path().join("photo.jpg");
    std::fs::write(&photo, portrait()).expect("a file in a folder of ours");
    let mut running = Vec::new();
    for (number, example) in CALLERS.iter().enumerate() {
        let out = folder.path().join(format!("{number}.jpg"));
        let (photo, subject) = (photo.to_str().expect("plain"), format!("student-{number}"));
        let words = [photo, SESSION, &subject, out.to_str().expect("plain")];
        running.extend(example.start(&system.caller(), &words).map(|child| (example, out.clone(), child)));
    }
    assert!(!running.is_empty(), "python3 is needed to prepare the tests, so it is here");
    above(&served, "gradphoto_jobs_refused_total{code=\"lane_full\"}", 0.5).await;
    let _worker = system.worker(&[]);
    for (example, out, child) in running {
        let (well, said) = ended(child).await;
        assert!(well, "{}: {said}", example.runtime);
        assert!(said.contains(&format!("result {} done, cursor ", job(&said))), "{}: {said}", example.runtime);
        assert_certificate(&out);
    }
}

#[tokio::test]
async fn each_tells_why_there_is_no_picture() {
    let mut system = System::new(PrivateRedis::start());
    let _served = system.serve(&[]).await;
    let _worker = system.worker(&[]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (photo, out) = (folder.path().join("photo.jpg"), folder.path().join("out.jpg"));
    std::fs::write(&photo, "Dear Sir or Madam, this is no photo at all.").expect("a file in a folder of ours");
    let words = [photo.to_str().expect("plain"), SESSION, "student", out.to_str().expect("plain")];
    let [url, _] = system.caller();
    let stranger = [url, ("GRADPHOTO_KEY", "unheard-of".to_owned())];
    for example in &CALLERS {
        for (settings, says) in [(system.caller(), "not_an_image"), (stranger.clone(), "unauthorised")] {
            let Some(child) = example.start(&settings, &words) else { continue };
            let (well, said) = ended(child).await;
            assert!(!well && said.contains(says), "{} does not say {says}: {said}", example.runtime);
        }
    }
    assert!(!out.exists(), "a photo that is none has no picture");
}

#[tokio::test]
async fn the_script_enqueues_beside_the_api() {
    let mut system = System::new(PrivateRedis::start());
    let _served = system.serve(&[]).await;
    system.open_session(SESSION).await;
    let (status, stored) =
        answer(system.ask(Method::PUT, &format!("/v1/sessions/{SESSION}/photos")).body(portrait())).await;
    assert_eq!(status, 201, "{stored}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = folder.path().join("submit.lua");
    let printed = Command::new(program("dispatcher")).args(["schema", "--script"]).output().await;
    std::fs::write(&script, printed.expect("a program that can be started").stdout).expect("a folder of ours");
    let shards = system.redis.config().shards.all().count().to_string();
    let settings = [("GRADPHOTO_REDIS", system.redis.url()), ("GRADPHOTO_SHARDS", shards)];
    let (script, photo) = (script.to_str().expect("plain"), stored["photo"].as_str().expect("a key"));
    let words = |session| [script, "school-1", session, "student", photo];

    let stranger = BY_SCRIPT.start(&settings, &words("unheard-of")).expect("python3 is here");
    let (well, said) = ended(stranger).await;
    assert!(!well && said.contains("not accepted: unknown"), "{said}");
    let (well, said) = ended(BY_SCRIPT.start(&settings, &words(SESSION)).expect("python3 is here")).await;
    assert!(well, "{said}");
    let _worker = system.worker(&[]);
    let (status, view) = answer(system.ask(Method::GET, &format!("/v1/jobs/{}?wait=60", said.trim()))).await;
    assert_eq!((status, view["state"].as_str()), (200, Some("done")), "{view}");
    assert_eq!(view["result"]["standardise"]["outcome"], "finished", "{view}");
}
