//! Galleries and searches over HTTP: keys for less, rates, removals, re-enrolment; and by real workers, who show
//! nobody that left.

use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gradphoto_dispatcher::keys::{Scope, create_narrow};
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::face::{Descriptor, Face, FaceModel, ShotSignature};
use gradphoto_shared::name::{SessionId, SubjectId, TenantId};
use gradphoto_shared::outcome::JobResult;
use gradphoto_shared::search::{Candidate, CandidatesOutcome, Double, DoubleKind, EnrolOutcome, SearchOutcome};
use gradphoto_shared::store::{Claim, Finished, GalleryEntry, Store};
use gradphoto_tests::fleet::portrait;
use gradphoto_tests::photos::{home, skipped};
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::server::{Server, answer, check, config};
use gradphoto_tests::system::{PATIENCE, System};
use reqwest::Method;
use serde_json::{Value, json};

/// A session of the first school, by the store's own door.
struct Desk {
    store: Store,
    tenant: TenantId,
    session: SessionId,
}

impl Desk {
    async fn at(server: &Server) -> Self {
        let store = Store::connect(&server.redis.config()).await.expect("a lawful address");
        let tenant = TenantId::new("school-1").expect("lawful");
        Self { store, tenant, session: SessionId::new("open").expect("lawful") }
    }

    /// Takes the one job that waits.
    async fn take(&self) -> Claim {
        let taken = self.store.take(10).await.expect("redis runs");
        assert_eq!(taken.len(), 1);
        Claim { job: taken[0].job.id, lane: taken[0].job.lane, fence: taken[0].fence }
    }

    async fn enrol(&self, claim: &Claim, photo: &str, subject: &str, model: &str) {
        let values = photo.bytes().map(f32::from).collect();
        let face = Face {
            model: FaceModel::new(model).expect("lawful"),
            descriptor: Descriptor::new(values).expect("a vector"),
            shot: ShotSignature::default(),
        };
        let subject = (!subject.is_empty()).then(|| SubjectId::new(subject).expect("lawful"));
        let photo = BlobKey::new(photo).expect("lawful");
        let entry = GalleryEntry { photo, subject, generation: 0, face };
        self.store.enrol(claim, &self.tenant, &self.session, &entry, 1).await.expect("redis runs");
    }
}

/// Stores a photo in the open session; answers its key.
async fn stored(server: &Server, bytes: &'static str) -> String {
    let (status, photo) = answer(server.ask(Method::PUT, "/v1/sessions/open/photos").body(bytes)).await;
    assert_eq!(status, 201, "{photo}");
    photo["photo"].as_str().expect("a key").to_owned()
}

/// A dispatcher that was started anew, with keys for less.
async fn with_narrow_keys() -> (Server, String, String) {
    let server = Server::start().await;
    let file = server.home.path().join("keys");
    let tenant = TenantId::new("school-1").expect("lawful");
    let [reviewer, student] =
        [Scope::Reviewer, Scope::Student].map(|scope| create_narrow(&file, &tenant, scope).expect("written"));
    let settings = config(&server.redis, server.home.path(), &["--search-rate", "1.5", "--tenant-search-rate", "1"]);
    let listener = gradphoto_dispatcher::serve::bind(&settings).await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(gradphoto_dispatcher::serve::run(settings, listener, server.shutdown.clone()));
    (Server { address, ..server }, reviewer, student)
}

#[tokio::test]
async fn a_students_key_finds_one_photo_and_sees_no_list() {
    let (server, reviewer, student) = with_narrow_keys().await;
    let desk = Desk::at(&server).await;
    let upload = |tasks: &str| format!("/v1/sessions/open/photos?tasks={tasks}");
    for tasks in ["candidates", "search,candidates", "enrol", "standardise"] {
        check(server.ask_by(&student, Method::POST, &upload(tasks)).body("me"), 403, "out_of_scope").await;
    }
    for (method, path) in [
        (Method::POST, "/v1/sessions/open/photos"),
        (Method::PUT, "/v1/sessions/open/photos"),
        (Method::GET, "/v1/sessions/open/doubles"),
        (Method::GET, "/v1/sessions/open/searches"),
        (Method::GET, "/v1/sessions/open/gallery/photos"),
        (Method::GET, "/v1/sessions/open/results"),
        (Method::POST, "/v1/sessions/open/jobs"),
        (Method::DELETE, "/v1/sessions/open"),
    ] {
        check(server.ask_by(&student, method, path).body("[]"), 403, "out_of_scope").await;
    }
    let candidates = server.ask_by(&reviewer, Method::POST, &upload("candidates")).body("me");
    let (status, listed) = answer(candidates).await;
    assert_eq!(status, 202, "{listed}");
    check(server.ask_by(&reviewer, Method::DELETE, "/v1/sessions/closed"), 403, "out_of_scope").await;
    let photo = BlobKey::new("photos/school-1/open/1").expect("lawful");
    let candidate = Candidate { photo: photo.clone(), subject: None, score: 0.5 };
    let double = Double { photo: photo.clone(), subject: None, kind: DoubleKind::SameShot, score: 0.9 };
    let model = FaceModel::new("made/1").expect("lawful");
    let result = JobResult {
        search: Some(SearchOutcome::Found { photo, subject: None, score: 0.5 }),
        candidates: Some(CandidatesOutcome::Listed { candidates: vec![candidate] }),
        enrol: Some(EnrolOutcome::Enrolled { model, faces: 1, doubles: vec![double] }),
        ..JobResult::default()
    };
    let finished = Finished { claim: desk.take().await, result };
    assert_eq!(desk.store.finish(&[finished]).await.expect("redis runs"), [true]);
    let path = format!("/v1/jobs/{}", listed["job"].as_str().expect("a job"));
    let (_, whole) = answer(server.ask_by(&reviewer, Method::GET, &path)).await;
    assert_eq!(whole["lane"], "interactive", "{whole}");
    assert_eq!(whole["result"]["candidates"]["candidates"][0]["score"], 0.5, "{whole}");
    let (_, seen) = answer(server.ask_by(&student, Method::GET, &path)).await;
    assert_eq!(seen["result"]["search"]["outcome"], "found", "{seen}");
    assert_eq!(seen["result"]["candidates"], Value::Null, "{seen}");
    assert_eq!(seen["result"]["enrol"]["doubles"], Value::Null, "{seen}");
    server.stop().await;
}

#[tokio::test]
async fn searches_are_limited_for_each_subject_and_never_superseded() {
    let (server, _, student) = with_narrow_keys().await;
    let desk = Desk::at(&server).await;
    let path = "/v1/sessions/open/photos?tasks=search&subject=";
    let search = |subject: &str| server.ask_by(&student, Method::POST, &format!("{path}{subject}")).body("me");
    let subject = SubjectId::new("a").expect("lawful");
    desk.store.withdraw(&desk.tenant, &desk.session, &subject, 6).await.expect("redis runs");
    for _ in 0..3 {
        let (status, submitted) = answer(search("a")).await;
        assert_eq!(status, 202, "{submitted}");
    }
    check(search("a"), 429, "rate_limited").await;
    let refused = search("a").send().await.expect("an answer");
    let wait = refused.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse::<u64>().ok());
    assert!(wait.is_some_and(|wait| (1..=40).contains(&wait)), "{:?}", refused.headers());
    assert_eq!(answer(search("b")).await.0, 202, "others are not slowed");
    let taken = desk.store.take(10).await.expect("redis runs");
    assert_eq!(taken.len(), 4, "a subject whose photos were withdrawn may still search");
    server.stop().await;
}

#[tokio::test]
async fn a_photo_is_taken_out_and_another_models_faces_are_made_again() {
    let server = Server::start().await;
    let desk = Desk::at(&server).await;
    server.job(b"photo").await;
    let claim = desk.take().await;
    let photos = [stored(&server, "one").await, stored(&server, "two").await, stored(&server, "three").await];
    for (photo, subject, model) in [(&photos[0], "a", "old/1"), (&photos[1], "", "old/1"), (&photos[2], "c", "new/1")] {
        desk.enrol(&claim, photo, subject, model).await;
    }
    let (_, view) = answer(server.ask(Method::GET, "/v1/sessions/open/gallery")).await;
    assert_eq!((&view["faces"], &view["model"]), (&json!(3), &json!("new/1")), "{view}");
    let (_, page) = answer(server.ask(Method::GET, "/v1/sessions/open/gallery/photos?after=1")).await;
    let shown: Vec<_> = page["photos"].as_array().expect("photos").iter().map(|photo| &photo["photo"]).collect();
    assert_eq!(shown, [&photos[1], &photos[2]]);
    let again = || server.ask(Method::POST, "/v1/sessions/open/gallery/reenrol").json(&json!({}));
    for _ in 0..2 {
        let (status, done) = answer(again()).await;
        assert_eq!((status, done), (200, json!({"submitted": 2, "refused": 0, "current": 1})));
    }
    let jobs = desk.store.take(10).await.expect("redis runs");
    assert_eq!(jobs.len(), 2, "a repeated call finds its jobs");
    assert!(jobs.iter().all(|attempt| attempt.job.lane.name() == "bulk"), "{jobs:?}");
    let remove = |photo: &str| {
        server.ask(Method::DELETE, "/v1/sessions/open/gallery/photos").query(&[("photo", photo.to_owned())])
    };
    assert_eq!(answer(remove(&photos[1])).await, (200, json!({"removed": 1})));
    assert_eq!(answer(remove(&photos[1])).await, (200, json!({"removed": 0})));
    check(remove("photos/school-1/open/absent"), 404, "photo_missing").await;
    check(server.ask_as(1, Method::GET, "/v1/sessions/open/gallery"), 404, "unknown_session").await;
    check(server.ask(Method::GET, "/v1/sessions/open/searches?limit=0"), 400, "invalid_query").await;
    let (_, page) = answer(server.ask(Method::GET, "/v1/sessions/open/searches")).await;
    assert_eq!(page, json!({"searches": []}));
    let (_, doubles) = answer(server.ask(Method::GET, "/v1/sessions/open/doubles")).await;
    assert_eq!(doubles, json!({"pairs": []}));
    server.stop().await;
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Does tasks on a photo and waits for the job.
async fn ask(system: &System, query: &str) -> Value {
    let path = format!("/v1/sessions/s/photos?{query}");
    let (status, submitted) = answer(system.ask(Method::POST, &path).body(portrait())).await;
    assert_eq!(status, 202, "{submitted}");
    let path = format!("/v1/jobs/{}?wait=60", submitted["job"].as_str().expect("a job"));
    let began = Instant::now();
    loop {
        let (status, view) = answer(system.ask(Method::GET, &path)).await;
        if status == 200 && ["done", "dead", "cancelled"].iter().any(|state| view["state"] == *state) {
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "{status} {view}");
    }
}

fn outcome(view: &Value) -> &str {
    view["result"]["search"]["outcome"].as_str().unwrap_or_default()
}

/// Searches again and again; answers every view that found somebody.
async fn search_until(system: &System, stop: &gradphoto_shared::shutdown::Shutdown) -> Vec<Value> {
    let mut found = Vec::new();
    while !stop.is_cancelled() {
        let path = "/v1/sessions/s/photos?tasks=search";
        let (status, submitted) = answer(system.ask(Method::POST, path).body(portrait())).await;
        let Some(job) = submitted["job"].as_str().filter(|_| status == 202) else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (_, view) = answer(system.ask(Method::GET, &format!("/v1/jobs/{job}?wait=10"))).await;
        if outcome(&view) == "found" {
            found.push(view);
        }
    }
    found
}

/// The last moment at which somebody was shown.
fn last_shown(found: &[Value]) -> u64 {
    found.iter().filter_map(|view| view["at_ms"].as_u64()).max().expect("somebody was found while he was there")
}

#[tokio::test]
async fn who_left_is_shown_to_nobody() {
    let descriptor = home().join("models/base/face_descriptor_128.onnx");
    if !descriptor.is_file() {
        return skipped("the face descriptor, which comes through npm,");
    }
    let mut system = System::new(PrivateRedis::start_durable());
    let _dispatcher = system.serve(&["--tenant-search-rate", "1000"]).await;
    let mut worker = system.worker(&[]);
    worker.ready().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let photo = folder.path().join("a.jpg");
    fs::write(&photo, portrait()).expect("a file");
    let words =
        ["--session", "s", "--create", "--tasks", "standardise,enrol", "--subject-from-name", "--wait", "--json"];
    let words: Vec<_> = [photo.to_str().expect("plain")].into_iter().chain(words).collect();
    let output = system.submit(&words).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("\"outcome\":\"enrolled\"") && said.contains("\"outcome\":\"finished\""), "{said}");

    let view = ask(&system, "tasks=search&subject=z").await;
    assert_eq!((outcome(&view), &view["result"]["search"]["subject"]), ("found", &json!("a")), "{view}");
    let view = ask(&system, "tasks=candidates").await;
    let candidates = view["result"]["candidates"]["candidates"].as_array().map(Vec::len);
    assert_eq!(candidates, Some(1), "{view}");
    let nobody = system.ask(Method::POST, "/v1/sessions/s/photos?tasks=search").body("no picture");
    let (_, submitted) = answer(nobody).await;
    let path = format!("/v1/jobs/{}?wait=60", submitted["job"].as_str().expect("a job"));
    let (_, view) = answer(system.ask(Method::GET, &path)).await;
    assert_eq!(outcome(&view), "unusable", "{view}");
    let (_, page) = answer(system.ask(Method::GET, "/v1/sessions/s/searches?subject=z")).await;
    let searches = page["searches"].as_array().expect("searches");
    assert_eq!((searches.len(), searches[0]["outcome"].as_str()), (1, Some("found")), "{page}");

    // Withdrawn while others search: nobody is shown him once the withdrawal was answered.
    let stop = gradphoto_shared::shutdown::Shutdown::new();
    let withdraw = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let path = "/v1/sessions/s/subjects/a/withdraw";
        let (status, body) = answer(system.ask(Method::POST, path).json(&json!({"generation": 0}))).await;
        assert_eq!(status, 200, "{body}");
        let at = now_ms();
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.cancel();
        at
    };
    let (found, other, at) = tokio::join!(search_until(&system, &stop), search_until(&system, &stop), withdraw);
    assert!(last_shown(&[found, other].concat()) <= at, "shown after the withdrawal at {at}");
    assert_eq!(outcome(&ask(&system, "tasks=search").await), "not_found");

    // A newer photo is found; Redis starts anew, and it still is.
    ask(&system, "tasks=enrol&subject=a&generation=1").await;
    assert_eq!(outcome(&ask(&system, "tasks=search").await), "found");
    system.redis.stop();
    system.redis.start_again();
    assert_eq!(outcome(&ask(&system, "tasks=search").await), "found");

    // Somebody waits in front of a backlog.
    let path = "/v1/sessions/s/photos";
    let (_, photo) = answer(system.ask(Method::PUT, path).body(portrait())).await;
    let bulk = vec![json!({"photo": photo["photo"], "tasks": ["standardise"], "lane": "bulk"}); 200];
    let (status, body) = answer(system.ask(Method::POST, "/v1/sessions/s/jobs").json(&bulk)).await;
    assert_eq!(status, 202, "{body}");
    for _ in 0..5 {
        assert_eq!(outcome(&ask(&system, "tasks=search").await), "found");
    }
    let (_, queue) = answer(system.ask(Method::GET, "/v1/queue")).await;
    assert!(queue["backlog"].as_u64().is_some_and(|backlog| backlog > 100), "searches waited for the backlog: {queue}");
    let (status, body) = answer(system.ask(Method::POST, "/v1/sessions/s/cancel").json(&json!({}))).await;
    assert_eq!(status, 200, "{body}");

    // Erased while others search.
    let stop = gradphoto_shared::shutdown::Shutdown::new();
    let erase = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (status, body) = answer(system.ask(Method::DELETE, "/v1/sessions/s?force=true")).await;
        assert_eq!(status, 200, "{body}");
        let at = now_ms();
        stop.cancel();
        at
    };
    let (found, at) = tokio::join!(search_until(&system, &stop), erase);
    assert!(last_shown(&found) <= at, "shown after the erasure at {at}");
    system.open_session("s").await;
    assert_eq!(outcome(&ask(&system, "tasks=search").await), "not_found");
    let keys = system.redis.cli(&["KEYS", "*face*"]);
    assert!(keys.trim().is_empty(), "{keys}");
}
