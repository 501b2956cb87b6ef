//! The invariants of ARCHITECTURE.md, each a test over the sources themselves.

use std::fs;
use std::path::{Path, PathBuf};

/// Most lines of a source file before its tests begin.
const LINES_MAX: usize = 300;

struct Source {
    /// Path from the workspace's root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The part before the tests at the foot.
    fn code(&self) -> &str {
        self.text.split("#[cfg(test)]").next().unwrap_or_default()
    }

    fn is_under(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the project").map(|entry| entry.expect("readable").path()) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() && !matches!(name.as_str(), "target" | "var" | ".git") {
            walk(&entry, found);
        } else if entry.is_file() {
            found.push(entry);
        }
    }
}

fn files() -> Vec<String> {
    let mut found = Vec::new();
    walk(&root(), &mut found);
    let relative = |path: &PathBuf| path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
    let mut paths: Vec<_> = found.iter().map(relative).collect();
    paths.sort();
    paths
}

fn sources(ending: &str) -> Vec<Source> {
    let read = |path: String| Source { text: fs::read_to_string(root().join(&path)).expect("text"), path };
    files().into_iter().filter(|path| path.ends_with(ending)).map(read).collect()
}

/// Asserts that no Rust file outside `places` and folders of tests has one of `words` in its code.
fn only_in(places: &[&str], words: &[&str]) {
    let guarded = |source: &&Source| !source.is_under(places) && !source.path.contains("tests/");
    for source in sources(".rs").iter().filter(guarded) {
        for (index, line) in source.code().lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            let word = words.iter().find(|word| names(line, word));
            assert!(word.is_none(), "{}:{} says {:?}, which belongs to {places:?}", source.path, index + 1, word);
        }
    }
}

/// Whether `word` stands in `line` and is not the end of a longer name.
fn names(line: &str, word: &str) -> bool {
    let own = |at: usize| !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    line.match_indices(word).any(|(at, _)| own(at))
}

fn manifest(of: &str) -> String {
    fs::read_to_string(root().join(of).join("Cargo.toml")).expect("a member's manifest")
}

#[test]
fn redis_has_one_door() {
    only_in(&["shared/src/store/", "shared/src/error.rs"], &["redis::", "deadpool_redis"]);
    for member in ["dispatcher", "worker"] {
        assert!(!manifest(member).contains("\nredis"), "{member} speaks to Redis past the store");
    }
}

#[test]
fn photo_bytes_have_one_door() {
    only_in(&["shared/src/blob.rs", "shared/src/error.rs"], &["object_store::"]);
}

#[test]
fn onnx_has_one_door() {
    only_in(&["worker/src/model/runtime"], &["ort::"]);
}

#[test]
fn the_environment_is_read_in_config_only() {
    let configs: Vec<_> = files().into_iter().filter(|path| path.ends_with("/config.rs")).collect();
    let configs: Vec<_> = configs.iter().map(String::as_str).collect();
    only_in(&configs, &["env::var", "env = \"", "env::vars"]);
}

#[test]
fn a_metric_is_named_once() {
    only_in(&["shared/src/metrics.rs"], &["\"gradphoto_", "prometheus::"]);
}

#[test]
fn stages_and_models_know_no_queue_and_no_clock() {
    for source in sources(".rs").iter().filter(|source| source.is_under(&["worker/src/stage/", "worker/src/rules/"])) {
        for word in ["gradphoto_shared::store", "Instant", "SystemTime", "tokio", "async fn"] {
            assert!(!source.code().contains(word), "{} knows {word}", source.path);
        }
    }
}

#[test]
fn the_dispatcher_knows_no_pixels_and_shared_no_routes() {
    for word in ["\nimage", "\nturbojpeg", "\nort", "\nfast_image_resize"] {
        assert!(!manifest("dispatcher").contains(word), "the dispatcher depends on{word}");
        assert!(!manifest("shared").contains(word), "shared depends on{word}");
    }
    assert!(!manifest("shared").contains("\naxum"), "shared knows routes");
}

#[test]
fn a_portrait_is_never_mirrored_or_rotated_after_decoding() {
    for source in sources(".rs").iter().filter(|source| source.is_under(&["worker/src/stage/"])) {
        let may = source.path.starts_with("worker/src/stage/decode");
        for word in ["fliph", "flipv", "flip_horizontal", "rotate90", "rotate180", "rotate270"] {
            assert!(may || !source.code().contains(word), "{} calls {word}", source.path);
        }
    }
}

#[test]
fn every_script_says_what_it_takes_and_gives() {
    let scripts = sources(".lua");
    assert!(!scripts.is_empty());
    let registered = fs::read_to_string(root().join("shared/src/store/scripts.rs")).expect("the table of scripts");
    for script in scripts {
        // A first line with flags makes a script; a file without is a part that scripts include.
        if let Some((_, body)) = script.text.split_once('\n').filter(|(first, _)| first.starts_with("#!lua")) {
            let header: String = body.lines().take_while(|line| line.starts_with("--")).collect();
            for word in ["KEYS", "ARGV", "Result"] {
                assert!(header.contains(word), "{} does not say its {word}", script.path);
            }
        }
        let name = script.path.rsplit('/').next().expect("a path has a last part");
        assert!(registered.contains(name), "{} is not in scripts.rs", script.path);
    }
}

#[test]
fn every_standard_in_the_folder_is_a_preset() {
    let files = files().into_iter().filter(|path| path.starts_with("shared/specs/"));
    let mut names: Vec<_> =
        files.map(|path| path["shared/specs/".len()..].trim_end_matches(".toml").to_owned()).collect();
    let mut presets: Vec<_> = gradphoto_shared::spec::Spec::presets().map(str::to_owned).collect();
    names.sort();
    presets.sort();
    assert_eq!(names, presets);
}

#[test]
fn files_stay_small() {
    let long = |source: &&Source| source.code().lines().count() > LINES_MAX;
    let found: Vec<_> = sources(".rs").iter().filter(long).map(|source| source.path.clone()).collect();
    assert!(found.is_empty(), "over {LINES_MAX} lines: {found:?}");
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [["TO", "DO"], ["FIX", "ME"], ["unimple", "mented!"], ["to", "do!("], ["#[ig", "nore"]]
        .map(|halves| halves.concat());
    for source in sources(".rs").iter().chain(&sources(".lua")).chain(&sources(".sh")) {
        for mark in &marks {
            assert!(!source.text.contains(mark.as_str()), "{} holds {mark}", source.path);
        }
    }
}

#[test]
fn no_photo_and_no_model_is_part_of_the_project() {
    for path in files() {
        for ending in [".jpg", ".jpeg", ".webp", ".onnx", ".tflite", ".task", ".so"] {
            assert!(!path.to_lowercase().ends_with(ending), "{path} does not belong here");
        }
    }
}

#[test]
fn every_invariant_of_the_architecture_names_its_test() {
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let this = fs::read_to_string(root().join("tests/tests/house.rs")).expect("this file");
    let section = architecture
        .split("## Invariants")
        .nth(1)
        .expect("a section Invariants")
        .split("\n## ")
        .next()
        .unwrap_or_default();
    let named: Vec<_> = section.split('`').filter(|word| this.contains(&format!("fn {word}()"))).collect();
    let tests = this.matches("#[test]\n").count();
    assert_eq!(named.len() + 1, tests, "each test of house.rs stands once in ARCHITECTURE.md: {named:?}");
}
