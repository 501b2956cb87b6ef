//! Faces in the photo.

use gradphoto_shared::outcome::ReasonCode;

use super::Stop;
use super::resample::Outside;
use super::view::View;
use crate::model::{Area, Detector, Face};

/// How much wider the second look is, where the first finds nothing: face crops of 128 pixels that the
/// first look missed were found from here.
const FROM_AFAR: f32 = 2.0;

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
    let (width, height) = (view.size.0 as f32, view.size.1 as f32);
    let long = width.max(height);
    let whole = Area { left: 0.0, top: 0.0, width: long, height: long };
    let mut faces = look(detector, view, whole)?;
    if faces.is_empty() {
        // A face that fills the photo is larger than the detectors know; from afar they see it.
        let side = long * FROM_AFAR;
        let afar = Area { left: (width - side) / 2.0, top: (height - side) / 2.0, width: side, height: side };
        faces = look(detector, view, afar)?;
    }
    faces.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
    if faces.is_empty() { Err(ReasonCode::NoFace.into()) } else { Ok(Located { faces }) }
}

/// Faces in a square of the photo, in pixels of the original.
fn look(detector: &mut Detector, view: &View, area: Area) -> Result<Vec<Face>, Stop> {
    let side = detector.side();
    let square = view.glance(area, (side, side), Outside::Black).picture;
    let faces = detector.find(&square)?.into_iter();
    Ok(faces.map(|face| face.scaled(area.width / side as f32).moved(area.left, area.top)).collect())
}

fn weight(face: &Face) -> f32 {
    face.area.width * face.area.height * face.score
}
