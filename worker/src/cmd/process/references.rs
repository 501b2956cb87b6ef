//! `--reference`: the faces of photos whose shots no checked photo may be.

use std::path::{Path, PathBuf};

use gradphoto_shared::{Error, Result};

use crate::face::{Entry, Gallery};
use crate::local::{FaceOrder, Seen, Unseen, find};
use crate::pipeline::Pipeline;

/// Describes the references once for all photos. `start` makes each thread's pipeline.
///
/// # Errors
/// [`Error::Config`] where there is no photo; [`Error::ReferenceUnusable`] naming the first that shows no face that can
/// be compared, since nobody could say then that a photo is not its shot.
pub(super) fn describe(
    inputs: &[PathBuf],
    order: &FaceOrder,
    start: &(dyn Fn() -> Result<Pipeline> + Sync),
) -> Result<Gallery<usize>> {
    let photos = find(inputs, Path::new("")).photos;
    let mut faces = Vec::with_capacity(photos.len());
    order.run(&photos, start, &mut |Seen { path, face }| {
        let why = match face {
            Ok(face) => {
                faces.push(face);
                return Ok(());
            }
            Err(Unseen::Unusable(codes)) => codes.iter().map(|code| code.code()).collect::<Vec<_>>().join(", "),
            Err(Unseen::Failed(failure)) => format!("{}: {}", failure.code, failure.message),
        };
        Err(Error::ReferenceUnusable(format!("{}: {why}", path.display())))
    })?;
    let nobody = || Error::Config("no photos among the files and folders given to --reference".to_owned());
    let mut gallery = Gallery::new(faces.first().ok_or_else(nobody)?.model.clone())?;
    for (photo, face) in faces.into_iter().enumerate() {
        gallery.insert(Entry { photo, subject: None, face });
    }
    Ok(gallery)
}
