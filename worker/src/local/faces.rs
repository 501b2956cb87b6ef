//! The faces of a row of photos, for search among files.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use gradphoto_shared::Result;
use gradphoto_shared::face::Face;
use gradphoto_shared::job::Task;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::Spec;

use super::answer::Failure;
use super::find::Photo;
use super::{read, threads};
use crate::pipeline::Pipeline;

/// How to look at a row of photos.
#[derive(Clone, Debug)]
pub struct FaceOrder {
    /// The document standard, whose limits say when a second face counts.
    pub spec: Spec,
    /// Most bytes that are read of a file; one more is enough for the decoder to refuse it.
    pub max_bytes: u64,
    /// Photos worked on at once, each by its own pipeline.
    pub threads: NonZeroUsize,
}

/// A photo with its face, or why there is none.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The photo.
    pub path: PathBuf,
    /// Its face.
    pub face: std::result::Result<Face, Unseen>,
}

/// Why a photo gave no face to compare.
#[derive(Clone, Debug)]
pub enum Unseen {
    /// The photo is to blame, most important reason first.
    Unusable(Vec<ReasonCode>),
    /// The work could not be done.
    Failed(Failure),
}

impl FaceOrder {
    /// Looks at the photos and gives what was seen, in their order, to `take` on the calling thread. `start` makes each
    /// thread's pipeline.
    ///
    /// # Errors
    /// What `start` and `take` answer. Work that was begun ends first.
    pub fn run(
        &self,
        photos: &[Photo],
        start: &(dyn Fn() -> Result<Pipeline> + Sync),
        take: &mut dyn FnMut(Seen) -> Result<()>,
    ) -> Result<()> {
        let begin = || {
            let mut pipeline = start()?;
            Ok(move |photo: &Photo| Some(Seen { path: photo.path.clone(), face: self.face(&mut pipeline, photo) }))
        };
        threads::in_order(photos, self.threads, &begin, take)
    }

    fn face(&self, pipeline: &mut Pipeline, photo: &Photo) -> std::result::Result<Face, Unseen> {
        let failed = |code: &str, message: String| Unseen::Failed(Failure { code: code.to_owned(), message });
        let bytes = read(&photo.path, self.max_bytes)
            .map_err(|cause| failed("unreadable", format!("the file cannot be read: {cause}")))?;
        match pipeline.run(&bytes, &[Task::Search], &self.spec, &|| true) {
            Ok(product) => match product.and_then(|product| product.face) {
                Some(face) => face.map_err(Unseen::Unusable),
                None => Err(failed("broken", "the pipeline gave no answer".to_owned())),
            },
            Err(error) => Err(failed(error.code(), error.to_string())),
        }
    }
}
