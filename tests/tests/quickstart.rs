//! The first ten minutes: `deploy/quickstart.sh` as a person runs it, but for the optimised build.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use gradphoto_tests::photos::{home_of_its_own, workspace};
use gradphoto_tests::port::free_port;
use gradphoto_tests::process::send;
use rustix::process::Signal;

/// The script with the signals that a terminal gives it: where the tests themselves run in the background, an interrupt is
/// ignored, and a shell cannot catch what was ignored when it began.
fn quickstart(home: &Path, port: u16, words: &[&str]) -> Command {
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(workspace().join("deploy/quickstart.sh"));
    command.args(["--port", &port.to_string()]).args(words).env("GRADPHOTO_HOME", home).env("GRADPHOTO_PROFILE", "dev");
    command.stdin(Stdio::null());
    command
}

fn assert_stopped(port: u16) {
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "somebody still listens");
}

#[test]
fn samples_are_finished_or_refused_and_shown() {
    let (home, port) = (home_of_its_own(), free_port());
    let done = quickstart(home.path(), port, &["--exit"]).output().expect("bash runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    let out = home.path().join("quickstart");
    let table = fs::read_to_string(out.join("photos/results.csv")).expect("a table");
    for (file, outcome, advice) in
        [("astronaut", "finished", "review"), ("chelsea", "refused", "no_face"), ("coffee", "refused", "no_face")]
    {
        let row = table.lines().find(|row| row.contains(file)).unwrap_or_default();
        assert!(row.contains(outcome) && row.contains(advice), "{file}: {row}");
    }
    let report = fs::read_to_string(out.join("report.html")).expect("a report");
    assert!(report.contains("astronaut.png") && report.contains("no_face"), "a report without the photos");
    let picture = image::open(out.join("photos/astronaut.jpg")).expect("a finished picture");
    assert_eq!((picture.width(), picture.height()), (480, 640));
    assert!(image::open(out.join("sheet.jpg")).expect("a contact sheet").width() > 480);
    assert!(said.contains("results.csv") && said.contains("sheet.jpg") && said.contains("report.html"), "{said}");
    assert_stopped(port);
}

#[test]
fn an_interrupt_leaves_nothing_running() {
    let (home, port) = (home_of_its_own(), free_port());
    let command = &mut quickstart(home.path(), port, &["--serve"]);
    let mut child: Child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("bash runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let serving = lines.any(|line| line.starts_with("Serving until Ctrl-C"));
    assert!(serving, "ended with {:?}", child.wait());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok(), "nobody listens");
    send(Signal::INT, child.id());
    assert_eq!(child.wait().expect("reaped").code(), Some(130));
    assert_stopped(port);
}

#[test]
fn a_wrong_word_is_answered_with_what_to_do() {
    let (home, port) = (home_of_its_own(), free_port());
    for (word, says) in [("--nonsense", "see --help"), ("no-such-folder", "no such folder")] {
        let done = quickstart(home.path(), port, &[word]).output().expect("bash runs");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && said.contains(says), "{word}: {said}");
    }
}
