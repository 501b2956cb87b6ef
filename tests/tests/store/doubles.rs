//! Photos of a session that are too like: told of as long as both stand in its gallery.

use gradphoto_shared::name::SubjectId;
use gradphoto_shared::search::DoubleKind;
use gradphoto_shared::store::Limits;

use crate::gallery::{entry, photo};
use crate::setting::Setting;

#[tokio::test]
async fn doubles_are_told_as_long_as_both_stand_there() {
    let setting = Setting::limited(Limits { doubles: 2, ..Limits::default() }).await;
    let (store, tenant, session) = (&setting.store, &setting.tenant, &setting.session);
    let claim = setting.take_new().await;
    for (number, subject) in [(1, "a"), (2, "b"), (3, ""), (4, "d")] {
        setting.enrol(&claim, &entry(number, subject, 0)).await;
    }
    let others = [(1, DoubleKind::SameShot, 0.9), (2, DoubleKind::LooksAlike, 0.95), (9, DoubleKind::LooksAlike, 1.0)];
    for _ in 0..2 {
        store.note_doubles(tenant, session, 3, &others).await.unwrap();
    }
    store.note_doubles(tenant, session, 4, &[(1, DoubleKind::SameShot, 1.0)]).await.unwrap();
    let doubles = store.doubles(tenant, session).await.unwrap();
    let shown: Vec<_> = doubles.iter().map(|pair| (pair.kind, pair.score, &pair.photos[1].photo)).collect();
    let third = photo(3);
    assert_eq!(shown, [(DoubleKind::LooksAlike, 0.95, &third), (DoubleKind::SameShot, 0.9, &third)]);
    store.withdraw(tenant, session, &SubjectId::new("b").unwrap(), 0).await.unwrap();
    let doubles = store.doubles(tenant, session).await.unwrap();
    assert_eq!((doubles.len(), &doubles[0].photos[0].photo), (1, &photo(1)));
}
