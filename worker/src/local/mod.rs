//! The pipeline on files, without Redis.

mod answer;
mod faces;
mod find;
mod shown;
mod threads;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradphoto_shared::face::Face;
use gradphoto_shared::job::Task;
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result};

pub use self::answer::{Answer, Failure, Language, Outcome};
pub use self::faces::{FaceOrder, Seen, Unseen};
pub use self::find::{Found, Photo, find};
pub(crate) use self::shown::Shown;
use crate::evidence::{Evidence, Form};
use crate::face::Gallery;
use crate::layout::Font;
use crate::pipeline::{Others, Pipeline, Product, StandardiseProduct};

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
    /// How evidence is written beside the pictures, of those photos of which the pipelines leave some.
    pub evidence: Option<Drawn>,
    /// Faces of reference photos, whose shots no checked photo may be.
    pub references: Option<Arc<Gallery<usize>>>,
    /// Whether answers bring what a report shows of them.
    pub shown: bool,
}

/// How evidence is drawn.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The kind of file.
    pub form: Form,
    /// The language of its words.
    pub language: Language,
    /// The letters of a JPEG.
    pub font: Arc<Font>,
}

impl Order {
    /// Does the work and gives the answers, in the photos' order, to `take` on the calling thread.
    /// `start` makes each thread's pipeline. Once `go_on` says no, photos in hand are dropped: of each photo there is
    /// the whole answer and picture or neither.
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
        go_on: &(dyn Fn() -> bool + Sync),
        take: &mut dyn FnMut(Answer) -> Result<()>,
    ) -> Result<()> {
        if let Some(out) = &self.out {
            fs::create_dir_all(out).map_err(|cause| Error::io(format!("make the folder {}", out.display()), cause))?;
        }
        let begin = || {
            let mut pipeline = start()?;
            Ok(move |photo: &Photo| self.answer(&mut pipeline, photo, go_on))
        };
        threads::in_order(photos, self.threads, &begin, take)
    }

    /// What comes of a photo; `None` where the work was dropped.
    fn answer(&self, pipeline: &mut Pipeline, photo: &Photo, go_on: &dyn Fn() -> bool) -> Option<Answer> {
        let blank = Answer::new(photo, &self.pack);
        let bytes = match read(&photo.path, self.max_bytes) {
            Ok(bytes) => bytes,
            Err(cause) => return Some(blank.failed("unreadable", format!("the file cannot be read: {cause}"))),
        };
        let nearest = self.references.as_ref().map(|gallery| |face: &Face| gallery.nearest_shot(face, |_, _| true));
        let others = nearest.as_ref().map(|nearest| nearest as Others<'_>);
        let answer = match pipeline.run_beside(&bytes, &self.tasks, &self.spec, others, go_on) {
            Ok(Some(product)) => {
                let shown = self.shown.then(|| Shown::of(&bytes, &product));
                let Product { standardise, check, read_code, evidence, stages, .. } = product;
                let code_alone = standardise.is_none() && check.is_none();
                let blank = blank.timed(stages).with_check(check);
                let answer = match standardise {
                    Some(product) => self.settle(blank, photo, product),
                    None => blank,
                };
                let answer = match evidence {
                    Some(evidence) => self.draw(answer, photo, &evidence),
                    None => answer,
                };
                answer.with_code(read_code, code_alone).with_shown(shown)
            }
            Ok(None) => return None,
            Err(error) => blank.failed(error.code(), error.to_string()),
        };
        Some(answer)
    }

    fn settle(&self, blank: Answer, photo: &Photo, product: StandardiseProduct) -> Answer {
        match product {
            StandardiseProduct::Refused(codes) => blank.refused(codes),
            StandardiseProduct::Finished { facts, jpeg, preview } => {
                let path = self.out.clone().unwrap_or_default().join(&photo.output);
                // No finished picture ends so, whatever a photo is called.
                let marked = preview.as_ref().map(|_| path.with_extension("preview.jpeg"));
                let written = write(&path, &jpeg).and_then(|()| match (&marked, preview) {
                    (Some(path), Some(preview)) => write(path, &preview),
                    _ => Ok(()),
                });
                match written {
                    Ok(()) => blank.finished(&path, marked.as_deref(), *facts),
                    Err(cause) => blank.failed("unwritable", format!("the picture cannot be written: {cause}")),
                }
            }
        }
    }

    /// Writes the evidence beside the picture.
    fn draw(&self, answer: Answer, photo: &Photo, evidence: &Evidence) -> Answer {
        let Some(Drawn { form, language, font }) = &self.evidence else { return answer };
        let path = self.out.clone().unwrap_or_default().join(photo.output.with_extension(form.ending()));
        let file = match form {
            Form::Svg => Ok(evidence.svg(*language).into_bytes()),
            Form::Jpeg => evidence.jpeg(*language, font),
        };
        match file.map(|file| write(&path, &file)) {
            Ok(Ok(())) => answer.with_evidence(&path),
            Ok(Err(cause)) => answer.failed("unwritable", format!("the evidence cannot be written: {cause}")),
            Err(error) => answer.failed(error.code(), error.to_string()),
        }
    }
}

/// At most `max_bytes` of a file and one more.
fn read(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let facts = fs::metadata(path)?;
    if facts.is_dir() {
        // A folder comes here where its files cannot be listed; this says why.
        fs::read_dir(path)?;
    }
    // A pipe or a device could be waited on for ever.
    if !facts.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes beside the place and moves there, so that whoever looks finds a whole picture or none.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Who may read the pictures is for the person's own mask to say, as with any program's files.
    let anyone = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().permissions(anyone).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
