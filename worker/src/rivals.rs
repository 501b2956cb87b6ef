//! The photos whose shot a checked one must not be.

use bytes::Bytes;
use gradphoto_shared::Result;
use gradphoto_shared::check::NotAssessed;
use gradphoto_shared::face::Face;
use gradphoto_shared::job::Task;
use gradphoto_shared::spec::Spec;

use crate::face::shot::{self, Nearest};
use crate::face::{Entry, Gallery};
use crate::gallery::Neighbours;
use crate::pipeline::{Others, Pipeline, Product};

/// What a job's photo is compared with, as far as there is anything.
#[derive(Debug, Default)]
pub(crate) struct Rivals {
    /// Photos of others in the session.
    pub(crate) neighbours: Option<Neighbours>,
    /// Photos that came with the job; nothing for one that has too many bytes to be looked at.
    pub(crate) references: Vec<Option<Bytes>>,
}

impl Rivals {
    /// Runs the conveyor on a photo beside them; see [`Pipeline::run`].
    ///
    /// # Errors
    /// As [`Pipeline::run`].
    pub(crate) fn run(
        &self,
        pipeline: &mut Pipeline,
        photo: &[u8],
        tasks: &[Task],
        spec: &Spec,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Product>> {
        let mut references: Option<Gallery<usize>> = None;
        let mut is_whole = true;
        for (number, reference) in self.references.iter().enumerate() {
            let face = match reference {
                None => None,
                Some(bytes) => match pipeline.run(bytes, &[Task::Search], spec, go_on)? {
                    None => return Ok(None),
                    Some(product) => product.face.and_then(std::result::Result::ok),
                },
            };
            match face {
                None => is_whole = false,
                Some(face) => {
                    let gallery = match &mut references {
                        Some(gallery) => gallery,
                        none => none.insert(Gallery::new(face.model.clone())?),
                    };
                    gallery.insert(Entry { photo: number, subject: None, face });
                }
            }
        }
        let nothing = || Err(NotAssessed::NothingToCompare);
        let nearest = |face: &Face| -> Nearest {
            let neighbours = self.neighbours.as_ref().map_or_else(nothing, |others| others.nearest_shot(face));
            let given = references.as_ref().map_or_else(nothing, |gallery| gallery.nearest_shot(face, |_, _| true));
            let given = if is_whole { given } else { shot::nearer(given, Err(NotAssessed::NotComparable)) };
            shot::nearer(neighbours, given)
        };
        let has_any = self.neighbours.is_some() || !self.references.is_empty();
        let others = has_any.then_some(&nearest as Others<'_>);
        pipeline.run_beside(photo, tasks, spec, others, go_on)
    }
}
