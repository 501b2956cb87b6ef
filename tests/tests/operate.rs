//! What operators and owners of sessions do from the command line, on real processes.

use std::process::Stdio;

use gradphoto_tests::fleet::portrait;
use gradphoto_tests::process::program;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::system::System;
use reqwest::Method;

const PHOTOS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_listed_cancelled_closed_and_erased() {
    let mut system = System::new(PrivateRedis::start());
    let _served = system.serve(&[]).await;
    let [_, (_, key)] = system.caller();
    system.open_session("day").await;
    for _ in 0..PHOTOS {
        let photo = system.ask(Method::POST, "/v1/sessions/day/photos?tasks=standardise").body(portrait());
        assert_eq!(photo.send().await.unwrap().status(), 202);
    }
    let (list, shown) = (system.said(&key, "sessions", &["list"]), system.said(&key, "sessions", &["show", "day"]));
    assert!(list.lines().any(|line| line.starts_with("day") && line.contains("open")), "{list}");
    assert!(shown.lines().any(|line| line.split_whitespace().eq(["day", "3", "3", "0", "0", "0"])), "{shown}");
    let json: serde_json::Value =
        serde_json::from_str(&system.said(&key, "sessions", &["show", "day", "--json"])).unwrap();
    assert_eq!(json["open"], PHOTOS);

    assert_eq!(system.said(&key, "sessions", &["cancel", "day"]), format!("cancelled {PHOTOS}\n"));
    let open = system.refused(&key, "sessions", &["erase", "day"]);
    assert!(open.contains("session_open"), "{open}");
    assert_eq!(system.said(&key, "sessions", &["close", "day"]), "day is closed\n");
    // The same photo three times is one photo.
    assert_eq!(system.said(&key, "sessions", &["erase", "day"]), "day is erased, with 1 photos and pictures\n");
    let gone = system.refused(&key, "sessions", &["show", "day"]);
    assert!(gone.contains("unknown_session"), "{gone}");
    system.open_session("night").await;
    let erased = system.said(&key, "sessions", &["erase", "night", "--force"]);
    assert_eq!(erased, "night is erased, with 0 photos and pictures\n");
}

#[test]
fn a_closed_pipe_takes_a_last_word_without_a_panic() {
    let words = ["status", "--url", "http://127.0.0.1:1"];
    for (name, words) in [("dispatcher", &words[..]), ("worker", &["layout", "--out", "sheet.png", "a.jpg"])] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = std::process::Command::new(program(name));
        let ended = command.args(words).stdout(Stdio::null()).stderr(writer).status();
        assert_eq!(ended.expect("a program that can be started").code(), Some(1), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_is_listed_and_goes_on() {
    let mut system = System::new(PrivateRedis::start());
    let operators = system.operator_key();
    let _served = system.serve(&[]).await;
    let [_, (_, key)] = system.caller();
    system.open_session("day").await;

    assert_eq!(system.said(&key, "pauses", &["--begin", "session/day"]), "session day is paused\n");
    assert_eq!(system.said(&operators, "pauses", &["--begin", "lane/bulk"]), "lane bulk is paused\n");
    let list = system.said(&key, "pauses", &[]);
    assert!(list.contains("session") && list.contains("day") && list.contains("bulk"), "{list}");
    let staff_only = system.refused(&key, "pauses", &["--end", "lane/bulk"]);
    assert!(staff_only.contains("operator_only"), "{staff_only}");
    assert_eq!(system.said(&key, "pauses", &["--end", "session/day"]), "session day goes on\n");
    assert_eq!(system.said(&key, "pauses", &["--end", "session/day"]), "session day was not paused\n");
    assert_eq!(system.said(&operators, "pauses", &["--end", "lane/bulk"]), "lane bulk goes on\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_made_with_a_standard_of_its_own() {
    let mut system = System::new(PrivateRedis::start());
    let _served = system.serve(&[]).await;
    let [_, (_, key)] = system.caller();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a writable folder");
        path.to_str().expect("a plain path").to_owned()
    };
    let own = file("own.toml", "[rules.one_face]\nseverity = \"warn\"\n");
    let made =
        system.said(&key, "sessions", &["create", "day", "--spec", "chsi_white", "--overrides", &own, "--planned"]);
    assert_eq!(made, "day is planned\n");
    let list = system.said(&key, "sessions", &["list"]);
    assert!(list.contains("chsi_white+"), "{list}");
    let changed = system.said(&key, "sessions", &["change", "day", "--overrides", &file("none.json", "{}")]);
    assert_eq!(changed, "day asks of photos to come what chsi_white says\n");
    let strange = file("strange.toml", "[rules.moustache]\nseverity = \"warn\"\nfail_above = 1\n");
    let refused = system.refused(&key, "sessions", &["change", "day", "--overrides", &strange]);
    assert!(refused.contains("rules.moustache"), "{refused}");
}
