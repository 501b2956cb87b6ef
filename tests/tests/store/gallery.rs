//! A session's gallery of faces: who stands in it, who leaves it, and that nobody is shown who left.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::time::Duration;

use gradphoto_shared::Error;
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::face::{Descriptor, Face, FaceModel, ShotSignature};
use gradphoto_shared::job::State;
use gradphoto_shared::name::{SessionId, SubjectId};
use gradphoto_shared::outcome::{JobResult, ReasonCode};
use gradphoto_shared::search::SearchOutcome;
use gradphoto_shared::session::SessionState;
use gradphoto_shared::store::{
    Claim, Enrolled, Finished, GalleryCursor, GalleryEntry, Limits, SearchSettled, SearchTry,
};

use crate::setting::Setting;

/// A made face that no other number has.
fn face(number: u32, model: &str) -> Face {
    let values = (0..128_u32).map(|at| ((at * 31 + number * 97) % 113) as f32 - 56.0).collect();
    Face {
        model: FaceModel::new(model).unwrap(),
        descriptor: Descriptor::new(values).unwrap(),
        shot: ShotSignature::new(vec![7; 40]).unwrap(),
    }
}

pub(crate) fn photo(number: u32) -> BlobKey {
    BlobKey::new(format!("photos/school/day-1/{number:064x}")).unwrap()
}

pub(crate) fn entry(number: u32, subject: &str, generation: u32) -> GalleryEntry {
    let subject = (!subject.is_empty()).then(|| SubjectId::new(subject).unwrap());
    GalleryEntry { photo: photo(number), subject, generation, face: face(number, "made/1") }
}

impl Setting {
    pub(crate) async fn enrol(&self, claim: &Claim, entry: &GalleryEntry) -> Enrolled {
        self.store.enrol(claim, &self.tenant, &self.session, entry, 1_000).await.unwrap()
    }
}

/// A worker's memory of a gallery.
#[derive(Default)]
struct Reader {
    cursor: GalleryCursor,
    known: BTreeMap<u64, GalleryEntry>,
    forgot: usize,
    calls: usize,
}

impl Reader {
    async fn sync(&mut self, setting: &Setting) -> Vec<(String, String)> {
        loop {
            let changes = setting.store.gallery_changes(&setting.tenant, &setting.session, &self.cursor).await.unwrap();
            self.calls += 1;
            if changes.forget {
                self.known.clear();
                self.forgot += 1;
            }
            for number in changes.gone {
                self.known.remove(&number);
            }
            self.known.extend(changes.entries);
            self.cursor = changes.cursor;
            if !changes.has_more {
                break;
            }
        }
        let shown = |entry: &GalleryEntry| {
            let subject = entry.subject.as_ref().map(ToString::to_string).unwrap_or_default();
            (entry.photo.as_str()[83..].to_owned(), subject)
        };
        let mut names: Vec<_> = self.known.values().map(shown).collect();
        names.sort();
        names
    }
}

fn names(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(photo, subject)| ((*photo).to_owned(), (*subject).to_owned())).collect()
}

#[tokio::test]
async fn a_reader_keeps_step_with_what_comes_and_goes() {
    let setting = Setting::new().await;
    let (claim, mut reader) = (setting.take_new().await, Reader::default());
    assert!(reader.sync(&setting).await.is_empty());
    assert_eq!(setting.enrol(&claim, &entry(1, "a", 0)).await, Enrolled::Stands { number: 1, faces: 1 });
    assert_eq!(setting.enrol(&claim, &entry(2, "", 0)).await, Enrolled::Stands { number: 2, faces: 2 });
    assert_eq!(reader.sync(&setting).await, names(&[("1", "a"), ("2", "")]));
    // The same again, as a second try does, changes nothing.
    assert_eq!(setting.enrol(&claim, &entry(1, "a", 0)).await, Enrolled::Stands { number: 1, faces: 2 });
    // A photo that nobody owned goes over to its owner, and stays his when it comes without one.
    for (subject, number) in [("b", 4), ("", 4)] {
        assert_eq!(setting.enrol(&claim, &entry(2, subject, 0)).await, Enrolled::Stands { number, faces: 2 });
    }
    // The same file of two students is two entries.
    assert_eq!(setting.enrol(&claim, &entry(2, "c", 0)).await, Enrolled::Stands { number: 5, faces: 3 });
    assert_eq!(reader.sync(&setting).await, names(&[("1", "a"), ("2", "b"), ("2", "c")]));
    let again = GalleryEntry { face: face(1, "made/2"), ..entry(1, "a", 0) };
    assert_eq!(setting.enrol(&claim, &again).await, Enrolled::Stands { number: 7, faces: 3 });
    let view = setting.store.gallery(&setting.tenant, &setting.session).await.unwrap();
    assert_eq!((view.faces, view.version, view.model.unwrap().as_str()), (3, 7, "made/2"));
    assert_eq!(setting.store.remove_face(&setting.tenant, &setting.session, &photo(2), 1_000).await.unwrap(), 2);
    assert_eq!(setting.enrol(&claim, &entry(2, "b", 0)).await, Enrolled::Removed);
    assert_eq!(reader.sync(&setting).await, names(&[("1", "a")]));
    assert_eq!(reader.forgot, 2, "only at the beginning, and when the gallery began");
    let read = reader.known.values().next().unwrap();
    assert_eq!(read.face.descriptor.to_bytes(), again.face.descriptor.to_bytes());
    let (page, next) = setting.store.gallery_page(&setting.tenant, &setting.session, 0).await.unwrap();
    assert_eq!((page.len(), page[0].model.as_str(), next), (1, "made/2", None));
}

#[tokio::test]
async fn a_withdrawn_or_replaced_photo_leaves_and_never_comes_back() {
    let setting = Setting::new().await;
    let (claim, mut reader) = (setting.take_new().await, Reader::default());
    setting.enrol(&claim, &entry(1, "a", 1)).await;
    setting.enrol(&claim, &entry(2, "a", 1)).await;
    setting.enrol(&claim, &entry(3, "b", 0)).await;
    assert_eq!(reader.sync(&setting).await.len(), 3);
    let subject = SubjectId::new("a").unwrap();
    setting.store.withdraw(&setting.tenant, &setting.session, &subject, 1).await.unwrap();
    assert_eq!(reader.sync(&setting).await, names(&[("3", "b")]));
    assert_eq!(setting.enrol(&claim, &entry(1, "a", 1)).await, Enrolled::Superseded);
    assert!(matches!(setting.enrol(&claim, &entry(4, "a", 2)).await, Enrolled::Stands { .. }));
    // A newer photo of b: the old one is not shown from its submission on.
    setting.submit(&[setting.job_for("b", 1)]).await;
    assert_eq!(reader.sync(&setting).await, names(&[("4", "a")]));
    assert_eq!(setting.enrol(&claim, &entry(3, "b", 0)).await, Enrolled::Superseded);
    assert_eq!(reader.forgot, 1);
    // A claim that is over writes nothing.
    assert!(setting.finish(claim).await);
    assert_eq!(setting.enrol(&claim, &entry(5, "c", 0)).await, Enrolled::Late);
}

#[tokio::test]
async fn an_erased_gallery_is_gone_at_once() {
    let setting = Setting::new().await;
    let (claim, mut reader) = (setting.take_new().await, Reader::default());
    setting.enrol(&claim, &entry(1, "a", 0)).await;
    reader.sync(&setting).await;
    let (store, tenant, session) = (&setting.store, &setting.tenant, &setting.session);
    store.erase_begin(tenant, session, true).await.unwrap();
    let faces = setting.redis.cli(&["KEYS", "*face*"]);
    assert!(faces.trim().is_empty(), "{faces}");
    assert_eq!(setting.enrol(&claim, &entry(2, "b", 0)).await, Enrolled::Gone);
    for gone in [
        store.gallery(tenant, session).await.err(),
        store.gallery_changes(tenant, session, &reader.cursor).await.err(),
        store.doubles(tenant, session).await.err(),
        store.searches(tenant, session, None, 0, 10).await.err(),
    ] {
        assert!(matches!(gone, Some(Error::UnknownSession)), "{gone:?}");
    }
    store.erase(tenant, session).await.unwrap();
    assert_eq!(setting.enrol(&claim, &entry(1, "a", 0)).await, Enrolled::Late);
    // Under the same name another session begins, and the reader is told to forget.
    setting.open_session(session).await;
    setting.enrol(&setting.take_new().await, &entry(3, "c", 0)).await;
    assert_eq!(reader.sync(&setting).await, names(&[("3", "c")]));
    // Somebody who thought better of it before the end keeps the session, with an empty gallery.
    store.erase_begin(tenant, session, true).await.unwrap();
    store.move_session(tenant, session, SessionState::Open).await.unwrap();
    assert!(reader.sync(&setting).await.is_empty());
    assert_eq!(reader.forgot, 3);
}

#[tokio::test]
async fn what_redis_lost_is_forgotten_by_readers() {
    let mut setting = Setting::new().await;
    let (claim, mut reader) = (setting.take_new().await, Reader::default());
    setting.enrol(&claim, &entry(1, "a", 0)).await;
    setting.enrol(&claim, &entry(2, "b", 0)).await;
    assert_eq!(reader.sync(&setting).await.len(), 2);
    // Without a log all is lost; another gallery grows to the same version.
    setting.redis.stop();
    setting.redis.start_again();
    setting.open_session(&setting.session).await;
    let claim = setting.take_new().await;
    for number in 3..=5 {
        setting.enrol(&claim, &entry(number, "c", 0)).await;
    }
    assert_eq!(reader.sync(&setting).await, names(&[("3", "c"), ("4", "c"), ("5", "c")]));
    assert_eq!(reader.forgot, 2);
}

#[tokio::test]
async fn a_gallery_has_its_limit_and_its_memory_too() {
    let setting = Setting::limited(Limits { faces: 3, ..Limits::default() }).await;
    let (claim, mut reader) = (setting.take_new().await, Reader::default());
    for number in 1..=3 {
        setting.enrol(&claim, &entry(number, "", 0)).await;
    }
    assert_eq!(setting.enrol(&claim, &entry(4, "", 0)).await, Enrolled::Full);
    assert_eq!(setting.enrol(&claim, &entry(3, "c", 0)).await, Enrolled::Stands { number: 5, faces: 3 });
    assert_eq!(reader.sync(&setting).await.len(), 3);
    let (store, tenant, session) = (&setting.store, &setting.tenant, &setting.session);
    // More leave than are remembered one by one: who knows less reads all again.
    for _ in 0..1_001 {
        assert_eq!(store.remove_face(tenant, session, &photo(3), 999).await.unwrap(), 1);
        setting.enrol(&claim, &entry(3, "c", 0)).await;
    }
    let view = store.gallery(tenant, session).await.unwrap();
    assert_eq!((view.faces, view.version), (3, 5 + 2 * 1_001));
    assert_eq!(reader.sync(&setting).await, names(&[("1", ""), ("2", ""), ("3", "c")]));
    assert_eq!((reader.forgot, reader.known.len()), (2, 3));
}

/// The answer that shows entry 1.
fn found(subject: &str) -> (JobResult, SearchTry) {
    let search = SearchOutcome::Found { photo: photo(1), subject: None, score: 0.75 };
    let subject = Some(SubjectId::new(subject).unwrap());
    let outcome = search.name().to_owned();
    let tried = SearchTry { subject, outcome, photo: Some(photo(1)), score: Some(0.75), reasons: vec![], faces: 2 };
    (JobResult { search: Some(search), ..JobResult::default() }, tried)
}

#[tokio::test]
async fn an_answer_shows_only_who_still_stands_there() {
    let setting = Setting::new().await;
    let (store, tenant, session) = (&setting.store, &setting.tenant, &setting.session);
    let claim = setting.take_new().await;
    setting.enrol(&claim, &entry(1, "a", 0)).await;
    let (result, tried) = found("z");
    let finished = Finished { claim, result };
    let settle = |shown: (u64, BlobKey)| async {
        store.finish_search(tenant, session, &finished, Some(&tried), &[shown]).await.unwrap()
    };
    assert_eq!(settle((2, photo(1))).await, SearchSettled::Stale);
    assert_eq!(settle((1, photo(2))).await, SearchSettled::Stale);
    assert_eq!(store.look(tenant, &claim.job).await.unwrap().state, State::Running);
    for _ in 0..2 {
        assert_eq!(settle((1, photo(1))).await, SearchSettled::Done);
    }
    assert_eq!(store.look(tenant, &claim.job).await.unwrap().result.unwrap(), finished.result);
    let page = store.searches(tenant, session, None, 0, 10).await.unwrap();
    assert_eq!((page.searches.len(), page.searches[0].job, &page.searches[0].tried), (1, claim.job, &tried));

    // Withdrawn between the decision and its settlement.
    let claim = setting.take_new().await;
    store.withdraw(tenant, session, &SubjectId::new("a").unwrap(), 0).await.unwrap();
    let stale = Finished { claim, result: found("z").0 };
    let settled = store.finish_search(tenant, session, &stale, Some(&tried), &[(1, photo(1))]).await.unwrap();
    assert_eq!(settled, SearchSettled::Stale);
    let nobody = SearchOutcome::not_found(ReasonCode::NotInGallery);
    let nobody = Finished { claim, result: JobResult { search: Some(nobody), ..JobResult::default() } };
    assert_eq!(store.finish_search(tenant, session, &nobody, None, &[]).await.unwrap(), SearchSettled::Done);
    let late = Claim { fence: claim.fence + 1, ..claim };
    let late = Finished { claim: late, ..nobody };
    assert_eq!(store.finish_search(tenant, session, &late, None, &[]).await.unwrap(), SearchSettled::Late);
    assert_eq!(setting.events().await.len(), 2, "each is told once");
    setting.assert_settled();
}

#[tokio::test]
async fn searches_are_remembered_by_number_and_age() {
    let limits = Limits { searches: 20, search_ttl: Duration::from_secs(3_600), ..Limits::default() };
    let setting = Setting::limited(limits).await;
    let (store, tenant, session) = (&setting.store, &setting.tenant, &setting.session);
    for number in 0..25 {
        let claim = setting.take_new().await;
        let (_, tried) = found(if number % 5 == 0 { "b" } else { "a" });
        let finished = Finished { claim, result: JobResult::default() };
        let settled = store.finish_search(tenant, session, &finished, Some(&tried), &[]).await.unwrap();
        assert_eq!(settled, SearchSettled::Done);
    }
    let whole = store.searches(tenant, session, None, 0, 100).await.unwrap();
    assert_eq!((whole.searches.len(), whole.next), (20, None));
    assert!(whole.searches.is_sorted_by(|one, other| one.at_ms >= other.at_ms));
    let (mut of_b, mut from) = (0, Some(0));
    while let Some(place) = from {
        let page = store.searches(tenant, session, Some(&SubjectId::new("b").unwrap()), place, 3).await.unwrap();
        assert!(page.searches.iter().all(|search| search.tried.subject.as_ref().unwrap().as_str() == "b"));
        of_b += page.searches.len();
        from = page.next;
    }
    assert_eq!(of_b, 4);
    let brief = Limits { search_ttl: Duration::from_millis(1), ..limits };
    let brief = gradphoto_shared::store::Store::connect_with(&setting.redis.config(), brief).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(brief.searches(tenant, session, None, 0, 100).await.unwrap().searches.is_empty());
    let nowhere = SessionId::new("nowhere").unwrap();
    assert!(matches!(store.searches(tenant, &nowhere, None, 0, 1).await, Err(Error::UnknownSession)));
}
