//! Faces in the photo.

use fast_image_resize::FilterType;
use gradphoto_shared::outcome::ReasonCode;

use super::Stop;
use super::resample::Outside;
use super::view::View;
use crate::model::{Area, Detector, Face};

/// The faces of a photo in pixels of the original, the likeliest subject first; at least one.
#[derive(Clone, Debug)]
pub struct Located {
    /// By area times score: a blurred face in the background may be large, but it is less sure.
    pub(crate) faces: Vec<Face>,
}

impl Located {
    /// Pixels of the original that one pixel of a finished face of `face_width_px` would show, inverted:
    /// the scale at which the photo should be decoded.
    #[must_use]
    pub fn wanted_scale(&self, face_width_px: f32) -> f32 {
        self.faces.first().map_or(1.0, |face| face_width_px / face.area.width.max(1.0))
    }
}

/// Looks for faces.
///
/// # Errors
/// [`ReasonCode::NoFace`]; [`gradphoto_shared::Error::Model`].
pub fn detect(detector: &mut Detector, view: &View) -> Result<Located, Stop> {
    let (width, height) = view.size;
    let (long, side) = (width.max(height) as f32, detector.side());
    let whole = Area { left: 0.0, top: 0.0, width: long, height: long };
    let square = view.cut(whole, (side, side), FilterType::Bilinear, Outside::Black).picture;
    let mut faces: Vec<Face> =
        detector.find(&square)?.into_iter().map(|face| face.scaled(long / side as f32)).collect();
    faces.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
    if faces.is_empty() { Err(ReasonCode::NoFace.into()) } else { Ok(Located { faces }) }
}

fn weight(face: &Face) -> f32 {
    face.area.width * face.area.height * face.score
}
