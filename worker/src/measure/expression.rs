//! What the muscles of the face do.

use gradphoto_shared::Result;

use crate::model::{Engine, Expression};
use crate::stage::landmark::Landmarked;

/// The face's movements, each 0 to 1; `None` too where the mesh has no irises.
///
/// # Errors
/// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
pub fn expression(engine: &mut Engine, face: &Landmarked) -> Result<Option<Expression>> {
    match engine.expression.get()? {
        Some(reader) => reader.read(&face.points),
        None => Ok(None),
    }
}
