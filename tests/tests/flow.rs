//! Photos through real workers: every photo gets its answer, whatever it is.

#[path = "../../worker/tests/pictures/mod.rs"]
mod pictures;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use gradphoto_shared::job::{Job, State};
use gradphoto_shared::outcome::StandardiseOutcome;
use gradphoto_shared::spec::Overrides;
use gradphoto_shared::store::ResultEvent;
use gradphoto_tests::fleet::{KEY_WORD, SUBJECT_WORD, Yard, portrait, sample};
use gradphoto_tests::photos::home;
use gradphoto_tests::redis::PrivateRedis;

const PATIENCE: Duration = Duration::from_secs(120);

/// `finished`, the first reason of a refusal, or the code of an error.
fn answer(event: &ResultEvent) -> &str {
    match event.result.as_ref().and_then(|result| result.standardise.as_ref()) {
        Some(StandardiseOutcome::Finished { .. }) => "finished",
        Some(StandardiseOutcome::Refused { reasons }) => reasons[0].code.code(),
        None => event.error.as_deref().unwrap_or("nothing"),
    }
}

#[tokio::test]
async fn twenty_photos_through_two_workers() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let mut workers = [yard.worker(&[]), yard.worker(&[])];
    for worker in &mut workers {
        worker.ready().await;
    }
    let jobs = yard.submit(&vec![portrait(); 20]).await;
    let events = yard.events(jobs.len(), PATIENCE).await;
    assert_eq!(events.len(), 20);
    for event in &events {
        assert!(jobs.contains(&event.job));
        assert_eq!((event.state, answer(event)), (State::Done, "finished"));
        let result = event.result.as_ref().expect("a job that is done has an answer");
        let Some(StandardiseOutcome::Finished { picture, facts, .. }) = &result.standardise else { unreachable!() };
        let jpeg = yard.blobs.get(picture, 1 << 20).await.expect("the picture was stored before the event");
        assert_eq!(jpeg.len() as u64, facts.bytes);
        let picture = image::load_from_memory(&jpeg).expect("a sound JPEG");
        assert_eq!((picture.width(), picture.height()), (480, 640));
    }
    yard.assert_empty().await;
    for worker in &workers {
        let (_, metrics) = worker.get("metrics").await.expect("a page of metrics");
        assert!(metrics.contains("gradphoto_in_flight_jobs{lane=\"online\"} 0"), "{metrics}");
        assert!(
            metrics.contains("gradphoto_jobs_settled_total{lane=\"online\",outcome=\"finished\",task=\"standardise\"}")
        );
    }
    check_logs(&workers.map(|worker| worker.log()));
}

/// Every settled job stands in the log by its name, and nothing personal does.
fn check_logs(logs: &[String]) {
    let logs = logs.concat();
    assert_eq!(logs.matches("job is settled").count(), 20, "{logs}");
    assert!(logs.contains("\"job\":\""), "{logs}");
    for word in [KEY_WORD, SUBJECT_WORD, "standardise.jpg"] {
        assert!(!logs.contains(word), "a log holds {word:?}: {logs}");
    }
}

#[tokio::test]
async fn a_photo_is_judged_by_what_its_session_asked_when_it_came() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let mut worker = yard.worker(&[]);
    worker.ready().await;
    let mut jobs = Vec::new();
    let colours = [[240, 240, 240], [255, 255, 255]];
    for colour in colours {
        let overrides = Overrides::read(&format!(r#"{{"picture":{{"background":{colour:?}}}}}"#)).expect("a table");
        let spec = overrides.on("chsi").expect("lawful").name;
        yard.store.change_standard(&yard.tenant, &yard.session, &spec, &overrides).await.expect("an open session");
        let job = Job { spec, ..yard.job() };
        yard.blobs.put(&job.photo, portrait()).await.expect("a folder takes photos");
        jobs.push(job);
    }
    let unknown = Job { spec: "chsi+0000000000000000".into(), ..yard.job() };
    yard.blobs.put(&unknown.photo, portrait()).await.expect("a folder takes photos");
    jobs.push(unknown);
    yard.submit_jobs(&jobs).await;
    let events = yard.events(jobs.len(), PATIENCE).await;
    let found = |job: &Job| events.iter().find(|event| event.job == job.id).expect("every job is told of");
    for (job, colour) in jobs.iter().zip(colours) {
        let result = found(job).result.as_ref().expect("an answer");
        let Some(StandardiseOutcome::Finished { picture, facts, .. }) = &result.standardise else {
            panic!("{result:?}")
        };
        assert_eq!(facts.background, colour);
        let jpeg = yard.blobs.get(picture, 1 << 20).await.expect("stored");
        let corner = image::load_from_memory(&jpeg).expect("a sound JPEG").into_rgb8().get_pixel(2, 2).0;
        assert!(corner.iter().zip(colour).all(|(is, asked)| is.abs_diff(asked) <= 2), "{corner:?}");
    }
    assert_eq!(answer(found(&jobs[2])), "unknown_spec");
}

#[tokio::test]
async fn bad_files_are_answered_and_the_worker_lives_on() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let mut worker = yard.worker(&["--max-bytes", "4000000"]);
    worker.ready().await;
    let _keeper = yard.keeper(Duration::from_secs(30));
    let sound = portrait();
    let cases: [(&str, Bytes, &str); 10] = [
        ("empty file", Bytes::new(), "empty_file"),
        ("text", Bytes::from_static(b"Dear Sir or Madam, this is no photo at all."), "not_an_image"),
        ("half a JPEG", sound.slice(..sound.len() / 2), "truncated"),
        ("one pixel", pictures::png(&pictures::gradient(1, 1)).into(), "too_small"),
        ("bomb", pictures::png_bomb().into(), "too_many_pixels"),
        ("moving WebP", pictures::moving_webp().into(), "animated"),
        ("too many bytes", vec![0; 4_000_001].into(), "too_many_bytes"),
        ("nobody", pictures::jpeg(&pictures::gradient(400, 500)).into(), "no_face"),
        ("CMYK portrait", pictures::cmyk_jpeg(&sample(&home())).into(), "finished"),
        ("portrait", sound, "finished"),
    ];
    let photos: Vec<Bytes> = cases.iter().map(|(_, photo, _)| photo.clone()).collect();
    let jobs = yard.submit(&photos).await;
    let absent = yard.job();
    let foreign = {
        let mut job = yard.job();
        job.spec = "unheard-of".into();
        yard.blobs.put(&job.photo, portrait()).await.expect("a folder takes photos");
        job
    };
    yard.submit_jobs(&[absent.clone(), foreign.clone()]).await;
    let events = yard.events(cases.len() + 2, PATIENCE).await;
    let answers: BTreeMap<_, _> = events.iter().map(|event| (event.job, (event.state, answer(event)))).collect();
    for ((what, _, expected), job) in cases.iter().zip(&jobs) {
        assert_eq!(answers.get(job), Some(&(State::Done, *expected)), "{what}");
    }
    assert_eq!(answers.get(&absent.id), Some(&(State::Dead, "photo_missing")));
    assert_eq!(answers.get(&foreign.id), Some(&(State::Dead, "unknown_spec")));
    assert_eq!(events.len(), cases.len() + 2);
    yard.assert_empty().await;
    assert_eq!(worker.get("healthz").await.map(|(status, _)| status), Some(200));
    for word in [KEY_WORD, SUBJECT_WORD] {
        assert!(!worker.log().contains(word), "the log holds {word:?}: {}", worker.log());
    }
}
