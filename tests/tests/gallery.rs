//! Galleries and searches over HTTP: keys for less, rates, removals, re-enrolment; and by real workers.

#[path = "gallery/leave.rs"]
mod leave;
#[path = "gallery/shots.rs"]
mod shots;

use gradphoto_dispatcher::keys::{Scope, create_narrow};
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::face::{Descriptor, Face, FaceModel, ShotSignature};
use gradphoto_shared::name::{SessionId, SubjectId, TenantId};
use gradphoto_shared::outcome::JobResult;
use gradphoto_shared::search::{Candidate, CandidatesOutcome, Double, DoubleKind, EnrolOutcome, SearchOutcome};
use gradphoto_shared::store::{Claim, Finished, GalleryEntry, Store};
use gradphoto_tests::server::{Server, answer, check, config};
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
