//! How fast a session's gallery grows and is read, and what it costs Redis, with made faces:
//! `cargo run -p gradphoto-tests --example gallery_speed [FACES...]`. Prints the table of docs/GALLERY.md.
#![expect(clippy::print_stdout, reason = "prints a table for people")]

use std::time::{Duration, Instant};

use gradphoto_shared::Result;
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::face::{Descriptor, Face, FaceModel, ShotSignature};
use gradphoto_shared::job::{Job, JobId, Task};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{SessionId, SubjectId, TenantId};
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::store::{Claim, GalleryCursor, GalleryEntry, Store};
use gradphoto_tests::redis::PrivateRedis;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Numbers of a descriptor, as both networks make them.
const NUMBERS: usize = 128;
/// Bytes of a shot's signature: the most that may be.
const SHOT: usize = 256;
/// Faces that are enrolled one by one to take the time of one.
const TIMED: u32 = 100;
/// Enrolments under way at once where only the number counts.
const AT_ONCE: u32 = 64;

#[tokio::main]
async fn main() -> Result<()> {
    let typed: Vec<u32> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let sizes = if typed.is_empty() { vec![100, 3_000, 50_000] } else { typed };
    println!(
        "| faces | enrol to searchable p50 / p99 ms | whole read ms | read of one change ms | Redis bytes a face |"
    );
    println!("|---|---|---|---|---|");
    for faces in sizes {
        println!("{}", row(faces).await?);
    }
    Ok(())
}

async fn row(faces: u32) -> Result<String> {
    let redis = PrivateRedis::start();
    let desk = Desk::open(&redis).await?;
    let before = memory(&redis);
    let mut number = 0;
    while number < faces {
        let burst = AT_ONCE.min(faces - number);
        let enrolling = (number..number + burst).map(|number| desk.enrol(number));
        futures::future::try_join_all(enrolling).await?;
        number += burst;
    }
    let bytes = (memory(&redis) - before) / u64::from(faces);
    let (mut cursor, began) = (GalleryCursor::default(), Instant::now());
    let read = desk.read(&mut cursor).await?;
    let whole = began.elapsed();
    assert_eq!(read, faces as usize);
    let (mut searchable, mut changes) = (Vec::new(), Vec::new());
    for number in faces..faces + TIMED {
        let began = Instant::now();
        desk.enrol(number).await?;
        let enrolled = Instant::now();
        assert_eq!(desk.read(&mut cursor).await?, 1);
        searchable.push(began.elapsed());
        changes.push(enrolled.elapsed());
    }
    let ms = |duration: Duration| format!("{:.2}", duration.as_secs_f64() * 1e3);
    let [half, most] = [50, 99].map(|percent| ms(quantile(&mut searchable, percent)));
    Ok(format!("| {faces} | {half} / {most} | {} | {} | {bytes} |", ms(whole), ms(quantile(&mut changes, 50))))
}

fn quantile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}

fn memory(redis: &PrivateRedis) -> u64 {
    let info = redis.cli(&["INFO", "memory"]);
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
    used.and_then(|used| used.trim().parse().ok()).expect("Redis tells its memory")
}

/// An open session and a job in hand, under which everything is enrolled.
struct Desk {
    store: Store,
    tenant: TenantId,
    session: SessionId,
    claim: Claim,
}

impl Desk {
    async fn open(redis: &PrivateRedis) -> Result<Self> {
        let store = Store::connect(&redis.config()).await?;
        let (tenant, session) = (TenantId::new("school")?, SessionId::new("spring")?);
        let (id, state) = (session.clone(), SessionState::Open);
        let new = Session {
            id,
            tenant: tenant.clone(),
            state,
            spec: "chsi".into(),
            overrides: Default::default(),
            created_at_ms: 1,
        };
        store.create_session(&new).await?;
        let job = Job {
            id: JobId::new(redis.config().shards.of(&tenant, &session)),
            tenant: tenant.clone(),
            session: session.clone(),
            subject: None,
            generation: 0,
            lane: Lane::Bulk,
            tasks: vec![Task::Enrol],
            photo: BlobKey::new("photos/school/spring/0")?,
            spec: "chsi".into(),
            accepted_at_ms: 1,
            not_before_ms: None,
            deadline_ms: None,
            timeout_ms: None,
            batch: None,
            references: Vec::new(),
        };
        store.submit(&[job]).await?;
        let taken = store.take(1).await?;
        let claim = Claim { job: taken[0].job.id, lane: Lane::Bulk, fence: taken[0].fence };
        Ok(Self { store, tenant, session, claim })
    }

    async fn enrol(&self, number: u32) -> Result<()> {
        let mut dice = StdRng::seed_from_u64(u64::from(number));
        let values = (0..NUMBERS).map(|_| dice.random_range(-1.0..1.0_f32)).collect();
        let face = Face {
            model: FaceModel::new("mobilefacenet_128/1")?,
            descriptor: Descriptor::new(values).expect("numbers with a direction"),
            shot: ShotSignature::new(vec![number.to_le_bytes()[0]; SHOT]).expect("not too long"),
        };
        let photo = BlobKey::new(format!("photos/school/spring/{number:064x}"))?;
        let subject = Some(SubjectId::new(format!("{}", 25_100_000 + number))?);
        let entry = GalleryEntry { photo, subject, generation: 0, face };
        self.store.enrol(&self.claim, &self.tenant, &self.session, &entry, 1).await.map(drop)
    }

    /// Reads all that is new; answers how many faces.
    async fn read(&self, cursor: &mut GalleryCursor) -> Result<usize> {
        let mut faces = 0;
        loop {
            let changes = self.store.gallery_changes(&self.tenant, &self.session, cursor).await?;
            faces += changes.entries.len();
            *cursor = changes.cursor;
            if !changes.has_more {
                return Ok(faces);
            }
        }
    }
}
