//! The pipeline on files, without Redis.

mod answer;
mod find;
mod threads;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gradphoto_shared::job::Task;
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result};

pub use self::answer::{Answer, Language, Outcome};
pub use self::find::{Found, Photo, find};
use crate::pipeline::{Pipeline, Product, StandardiseProduct};

/// What to do with a row of photos.
#[derive(Clone, Debug)]
pub struct Order {
    /// Folder of the finished pictures, made where it is absent; without one, no pictures are written.
    pub out: Option<PathBuf>,
    /// What to do, each task once.
    pub tasks: Vec<Task>,
    /// The document standard.
    pub spec: Spec,
    /// Name and version of the model pack, for the answers.
    pub pack: String,
    /// Most bytes that are read of a file; one more is enough for the decoder to refuse it.
    pub max_bytes: u64,
    /// Photos worked on at once, each by its own pipeline.
    pub threads: NonZeroUsize,
}

impl Order {
    /// Does the work and gives the answers, in the photos' order, to `take` on the calling thread.
    /// `start` makes each thread's pipeline.
    ///
    /// A file that cannot be read or written, or on which a stage breaks, has an answer that says so; the
    /// others go on.
    ///
    /// # Errors
    /// What `start` and `take` answer, and [`Error::Io`] when the folder of the finished pictures cannot
    /// be made. Work that was begun ends first.
    pub fn run(
        &self,
        photos: &[Photo],
        start: &(dyn Fn() -> Result<Pipeline> + Sync),
        take: &mut dyn FnMut(Answer) -> Result<()>,
    ) -> Result<()> {
        if let Some(out) = &self.out {
            fs::create_dir_all(out).map_err(|cause| Error::io(format!("make the folder {}", out.display()), cause))?;
        }
        let begin = || {
            let mut pipeline = start()?;
            Ok(move |photo: &Photo| self.answer(&mut pipeline, photo))
        };
        threads::in_order(photos, self.threads, &begin, take)
    }

    fn answer(&self, pipeline: &mut Pipeline, photo: &Photo) -> Answer {
        let blank = Answer::new(photo, &self.pack);
        let bytes = match self.read(&photo.path) {
            Ok(bytes) => bytes,
            Err(cause) => return blank.failed("unreadable", format!("the file cannot be read: {cause}")),
        };
        match pipeline.run(&bytes, &self.tasks, &self.spec, &|| true) {
            Ok(Some(Product { standardise, check, read_code, stages, layout: _ })) => {
                let code_alone = standardise.is_none() && check.is_none();
                let blank = blank.timed(stages).with_check(check);
                let answer = match standardise {
                    Some(product) => self.settle(blank, photo, product),
                    None => blank,
                };
                answer.with_code(read_code, code_alone)
            }
            Ok(None) => blank.failed("broken", "the pipeline gave no answer".to_owned()),
            Err(error) => blank.failed(error.code(), error.to_string()),
        }
    }

    fn settle(&self, blank: Answer, photo: &Photo, product: StandardiseProduct) -> Answer {
        match product {
            StandardiseProduct::Refused(codes) => blank.refused(codes),
            StandardiseProduct::Finished { facts, jpeg } => {
                let path = self.out.clone().unwrap_or_default().join(&photo.output);
                match write(&path, &jpeg) {
                    Ok(()) => blank.finished(&path, *facts),
                    Err(cause) => blank.failed("unwritable", format!("the picture cannot be written: {cause}")),
                }
            }
        }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        // A pipe or a device could be waited on for ever.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(self.max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Writes beside the place and moves there, so that whoever looks finds a whole picture or none.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Who may read the pictures is for the person's own mask to say, as with any program's files.
    let anyone = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().permissions(anyone).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
