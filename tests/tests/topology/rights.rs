//! Users of least rights: the files of `deploy/redis/` as they are, with the passwords they name.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gradphoto_shared::store::Store;
use gradphoto_tests::redis_process::RedisProcess;

use crate::ledger::{Ledger, config};

/// Scripts that workers run; all others are the dispatcher's.
const WORKER: [&str; 13] = [
    "look.lua",
    "take.lua",
    "extend.lua",
    "finish.lua",
    "bury.lua",
    "retry.lua",
    "give_back.lua",
    "worker_beat.lua",
    "worker_forget.lua",
    "enrol.lua",
    "gallery_changes.lua",
    "doubles_note.lua",
    "search_finish.lua",
];
/// What every process says by itself: greeting, pool, scripts, bell, look at the server and the cluster.
const EVERYBODY: &str = "ping unwatch info evalsha script|load subscribe cluster|info cluster|slots";
/// What only a submit says: it waits for replicas.
const SUBMIT: &str = "wait";
/// Commands whose second word counts.
const WITH_SECOND: [&str; 2] = ["xgroup", "xinfo"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Commands that follow `call`: words in quotes and capitals, at most two in a row.
fn called<'a>(text: &'a str, call: &'a str) -> impl Iterator<Item = String> + 'a {
    text.split(call).skip(1).filter_map(|rest| {
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|first| ['"', '\''].contains(first))?;
        let mut words = rest.split(quote);
        let first = words.nth(1).filter(|word| word.bytes().all(|byte| byte.is_ascii_uppercase()))?.to_lowercase();
        let second = words.next().filter(|between| between.trim() == ",").and(words.next()).map(str::to_lowercase);
        Some(match second {
            Some(second) if WITH_SECOND.contains(&first.as_str()) => format!("{first}|{second}"),
            _ => first,
        })
    })
}

/// Each script with the parts it includes, from the table in scripts.rs.
fn scripts() -> BTreeMap<String, String> {
    let store = root().join("shared/src/store");
    let table = fs::read_to_string(store.join("scripts.rs")).unwrap();
    let table = table.split("scripts! {").nth(1).unwrap().split("\n}").next().unwrap();
    let text = |file: &&str| fs::read_to_string(store.join("lua").join(file)).unwrap();
    let row = |line: &str| {
        let files: Vec<_> = line.split('"').skip(1).step_by(2).collect();
        files.first().map(|file| ((*file).to_owned(), files.iter().map(text).collect()))
    };
    table.lines().filter_map(row).collect()
}

/// What the program must be allowed, and nothing else.
fn wanted(is_worker: bool) -> BTreeSet<String> {
    let mut wanted: BTreeSet<String> = EVERYBODY.split(' ').map(str::to_owned).collect();
    for (file, text) in scripts() {
        if WORKER.contains(&file.as_str()) == is_worker {
            // A command may also be put together in a table first.
            for call in ["call(", "= {"] {
                wanted.extend(called(&text, call));
            }
        }
    }
    if !is_worker {
        wanted.insert(SUBMIT.to_owned());
        for entry in fs::read_dir(root().join("shared/src/store")).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                let text = fs::read_to_string(entry.path()).unwrap();
                wanted.extend(called(&text, "cmd("));
            }
        }
    }
    wanted
}

#[test]
fn each_program_may_do_what_its_scripts_do_and_nothing_else() {
    let users = fs::read_to_string(root().join("deploy/redis/users.acl")).unwrap();
    let mut other = Vec::new();
    for (user, is_worker) in [("dispatcher", false), ("worker", true)] {
        let line = users.lines().find(|line| line.starts_with(&format!("user {user} "))).unwrap();
        let granted: BTreeSet<String> =
            line.split(' ').filter_map(|word| word.strip_prefix('+')).map(str::to_owned).collect();
        let wanted = wanted(is_worker);
        if granted != wanted {
            let words: Vec<_> = wanted.iter().map(|command| format!("+{command}")).collect();
            other.push(format!("user {user} ... -@all {}", words.join(" ")));
        }
    }
    assert!(other.is_empty(), "deploy/redis/users.acl should say\n{}", other.join("\n"));
}

/// A server with the very files, seen with its operator's eyes; nobody is let in without a name.
fn guarded() -> RedisProcess {
    let files = root().join("deploy/redis");
    let access: Vec<OsString> =
        ["--no-auth-warning", "--user", "admin", "--pass", "replace-admin"].map(Into::into).to_vec();
    RedisProcess::start_as("redis-server", access, move |port, _| {
        let port = port.to_string();
        let place: [OsString; 3] = [files.join("redis.conf").into(), "--port".into(), port.into()];
        place.into_iter().chain(["--aclfile".into(), files.join("users.acl").into()]).collect::<Vec<OsString>>()
    })
}

fn url(server: &RedisProcess, user: &str) -> String {
    format!("redis://{user}:replace-{user}@{}", server.place())
}

#[tokio::test]
async fn the_programs_live_with_their_rights() {
    let server = guarded();
    let dispatcher = Ledger::open(&config(&url(&server, "dispatcher"), 0)).await;
    let worker = Store::connect(&config(&url(&server, "worker"), 0)).await.unwrap();
    worker.ping().await.unwrap();
    for store in [&dispatcher.store, &worker] {
        let mut bell = store.bell().await.unwrap();
        bell.rung(Duration::from_secs(10)).await;
    }
    dispatcher.every_verb(&worker).await;
    dispatcher.store.sweep().await.unwrap();
    dispatcher.store.gauge().await.unwrap();
    assert_eq!(server.cli(&["ACL", "LOG"]), "", "a program asked for more than it may");

    // Somebody else's rights, or nobody's, are a setting to put right and no outage.
    let monitor = Store::connect(&config(&url(&server, "monitor"), 0)).await.unwrap();
    monitor.ping().await.unwrap();
    let nobody = Store::connect(&config(&format!("redis://{}", server.place()), 0)).await.unwrap();
    for refused in [monitor.gauge().await.unwrap_err(), nobody.ping().await.unwrap_err()] {
        assert_eq!(refused.code(), "config", "{refused}");
    }
}

#[test]
fn nobody_does_more_than_the_work() {
    let server = guarded();
    let _ = server.cli(&["SET", "other:key", "secret"]);
    let _ = server.cli(&["SET", "gp:key", "work"]);
    for user in ["dispatcher", "worker", "monitor"] {
        let tried = |command: &[&str]| {
            let login = ["--user", user, "--pass", &format!("replace-{user}")].map(str::to_owned);
            let login: Vec<&str> = login.iter().map(String::as_str).collect();
            server.cli(&[&login[..], command].concat())
        };
        assert_eq!(tried(&["PING"]), "PONG", "{user}");
        let foreign: [&[&str]; 9] = [
            &["FLUSHALL"],
            &["FLUSHDB"],
            &["CONFIG", "GET", "*"],
            &["KEYS", "*"],
            &["ACL", "LIST"],
            &["SHUTDOWN", "NOSAVE"],
            &["EXISTS", "other:key"],
            &["SUBSCRIBE", "other"],
            &["RENAME", "gp:key", "gp:other"],
        ];
        for command in foreign {
            let answer = tried(command);
            assert!(answer.starts_with("NOPERM"), "{user} {command:?}: {answer}");
        }
    }
    assert_eq!(server.cli(&["GET", "other:key"]), "secret");
}
