//! Which files there are to do, in which order, and what their pictures are called.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// Endings under which a folder's files are taken. The ending only tells photos from lists and notes
/// beside them: what a file is, its bytes say. A file typed by name is taken under any ending.
const ENDINGS: [&str; 13] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif"];

/// A file to work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Where it lies.
    pub path: PathBuf,
    /// What its finished picture is called, below the folder of the finished ones; no other's is.
    pub output: PathBuf,
}

/// What a walk found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The photos: inputs in their order, each folder sorted by name.
    pub photos: Vec<Photo>,
    /// Files of folders that were passed over because their ending is no picture's.
    pub passed_over: usize,
}

/// Walks files and folders. Hidden entries, `except` (the folder of the finished pictures) and whatever is
/// neither file nor folder are left out; each folder is entered once, so links in circles end.
///
/// An input or folder that cannot be read is listed as a photo: reading it will say why.
#[must_use]
pub fn find(inputs: &[PathBuf], except: &Path) -> Found {
    let mut walk = Walk { found: Found::default(), named: Vec::new(), entered: HashSet::new() };
    walk.entered.extend(fs::canonicalize(except));
    for input in inputs {
        if input.is_dir() {
            // A folder asked for by name is entered even if it is the one of the finished pictures.
            walk.entered.extend(fs::canonicalize(input));
            walk.folder(input, Path::new(""));
        } else {
            walk.named.push((input.clone(), input.file_name().unwrap_or(OsStr::new("photo")).into()));
        }
    }
    let outputs = outputs(walk.named.iter().map(|(_, relative)| relative));
    let photos = walk.named.into_iter().zip(outputs).map(|((path, _), output)| Photo { path, output });
    Found { photos: photos.collect(), ..walk.found }
}

struct Walk {
    found: Found,
    /// Path and place below the input.
    named: Vec<(PathBuf, PathBuf)>,
    entered: HashSet<PathBuf>,
}

impl Walk {
    fn folder_once(&mut self, folder: &Path, relative: &Path) {
        if fs::canonicalize(folder).is_ok_and(|real| self.entered.insert(real)) {
            self.folder(folder, relative);
        }
    }

    fn folder(&mut self, folder: &Path, relative: &Path) {
        let Ok(entries) = fs::read_dir(folder) else {
            self.named.push((folder.to_owned(), relative.to_owned()));
            return;
        };
        let mut names: Vec<OsString> = entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
        names.sort();
        for name in names.iter().filter(|name| !name.as_encoded_bytes().starts_with(b".")) {
            let (path, relative) = (folder.join(name), relative.join(name));
            match fs::metadata(&path) {
                Ok(facts) if facts.is_dir() => self.folder_once(&path, &relative),
                Ok(facts) if facts.is_file() && is_picture(&path) => self.named.push((path, relative)),
                Ok(facts) if facts.is_file() => self.found.passed_over += 1,
                // A link to nowhere under a picture's name was meant to be a photo.
                Err(_) if is_picture(&path) => self.named.push((path, relative)),
                _ => {}
            }
        }
    }
}

fn is_picture(path: &Path) -> bool {
    path.extension().is_none_or(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// A name for each finished picture: the place with the ending `.jpg`. Where two would meet (`a.png` and
/// `a.jpg`, also `A.jpg`, for file systems that take them for one), each keeps its whole name before the
/// `.jpg`; where even those meet, later ones are numbered from 2.
fn outputs<'a>(places: impl Iterator<Item = &'a PathBuf> + Clone) -> Vec<PathBuf> {
    let short = |place: &PathBuf| place.with_extension("jpg");
    let mut wanted: HashMap<OsString, u32> = HashMap::new();
    for place in places.clone() {
        *wanted.entry(folded(&short(place))).or_default() += 1;
    }
    let is_alone = |place: &PathBuf| wanted[&folded(&short(place))] == 1;
    let mut taken: HashSet<OsString> =
        places.clone().filter(|place| is_alone(place)).map(|place| folded(&short(place))).collect();
    let long = |place: &PathBuf, number: u32| {
        let mut name = place.clone().into_os_string();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        name.push(".jpg");
        PathBuf::from(name)
    };
    let mut distinct = |place: &PathBuf| {
        let free = (1..).map(|number| long(place, number)).find(|name| taken.insert(folded(name)));
        free.expect("numbers do not run out before memory does")
    };
    places.map(|place| if is_alone(place) { short(place) } else { distinct(place) }).collect()
}

fn folded(path: &Path) -> OsString {
    path.as_os_str().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_outputs(places: &[&str], expected: &[&str]) {
        let places: Vec<PathBuf> = places.iter().map(PathBuf::from).collect();
        let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
        assert_eq!(outputs(places.iter()), expected);
    }

    #[test]
    fn pictures_never_share_a_name() {
        check_outputs(&["a.png", "b.jpg"], &["a.jpg", "b.jpg"]);
        check_outputs(&["a.png", "a.jpg"], &["a.png.jpg", "a.jpg.jpg"]);
        check_outputs(&["a.png", "A.jpg"], &["a.png.jpg", "A.jpg.jpg"]);
        check_outputs(&["a.png", "a.jpg", "a.png.png"], &["a.png-2.jpg", "a.jpg.jpg", "a.png.jpg"]);
        check_outputs(&["a.jpg", "a.jpg", "a.jpg"], &["a.jpg.jpg", "a.jpg-2.jpg", "a.jpg-3.jpg"]);
        check_outputs(&["x/a.jpg", "y/a.jpg", "张三.webp"], &["x/a.jpg", "y/a.jpg", "张三.jpg"]);
    }

    #[test]
    fn a_walk_is_sorted_and_ends() {
        let home = tempfile::tempdir().expect("a folder");
        let at = |name: &str| home.path().join(name);
        for folder in ["in/sub", "in/.hidden", "in/out"] {
            fs::create_dir_all(at(folder)).expect("a folder");
        }
        for file in ["in/b.jpg", "in/a.PNG", "in/list.csv", "in/.c.jpg", "in/plain", "in/sub/d.webp", "in/out/e.jpg"] {
            fs::write(at(file), "x").expect("a file");
        }
        fs::write(at("in/.hidden/f.jpg"), "x").expect("a file");
        std::os::unix::fs::symlink(at("in"), at("in/sub/circle")).expect("a link");
        std::os::unix::fs::symlink(at("nowhere"), at("in/gone.jpg")).expect("a link");
        let found = find(&[at("in"), at("missing.jpg")], &at("in/out"));
        let outputs: Vec<_> = found.photos.iter().map(|photo| photo.output.to_string_lossy().into_owned()).collect();
        assert_eq!(outputs, ["a.jpg", "b.jpg", "gone.jpg", "plain.jpg", "sub/d.jpg", "missing.jpg"]);
        assert_eq!(found.passed_over, 1);
    }
}
