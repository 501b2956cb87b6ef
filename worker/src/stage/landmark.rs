//! Points on the face of the subject, and whether others are in the picture.

use fast_image_resize::FilterType;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::InputLimits;
use image::{Rgb, RgbImage};

use super::Stop;
use super::detect::Located;
use super::resample::Outside;
use super::view::View;
use crate::model::{Area, Face, Landmarker, Point};

/// Side of the landmark square over the longer side of the face's box (the network's own crop).
const SQUARE_OVER_BOX: f32 = 1.5;
/// Least presence of a face. Real faces gave 1.000, 0.88 with a medical mask, wrong crops 0.000.
const MIN_PRESENCE: f32 = 0.5;
/// Boxes looked at for the subject, and beside it for other people.
const MOST_LOOKS: usize = 4;

/// Two boxes of which the smaller lies in the other by more than this share are one face: detectors
/// report a face that fills the photo at two sizes.
const SAME_PERSON: f32 = 0.5;

/// Points of the canonical mesh that the stages ask for.
mod mesh {
    pub(super) const LEFT_CHEEK: usize = 234;
    pub(super) const RIGHT_CHEEK: usize = 454;
    pub(super) const FOREHEAD: usize = 10;
    pub(super) const CHIN: usize = 152;
    /// Middle of the upper and the lower lid.
    pub(super) const LEFT_LIDS: [usize; 2] = [159, 145];
    pub(super) const RIGHT_LIDS: [usize; 2] = [386, 374];
}

/// The subject's face in pixels of the original; left and right as in the picture.
#[derive(Clone, Debug)]
pub struct Landmarked {
    /// All points of the mesh.
    pub points: Vec<Point>,
    /// Cheek at the left, in front of the ear.
    pub left_cheek: Point,
    /// Cheek at the right, in front of the ear.
    pub right_cheek: Point,
    /// Upper end of the forehead.
    pub forehead: Point,
    /// Lower end of the chin.
    pub chin: Point,
    /// Between the eyes.
    pub eyes: Point,
}

impl Landmarked {
    pub(super) fn from_points(points: Vec<Point>) -> Self {
        let eye = |[one, other]: [usize; 2]| points[one].middle(points[other]);
        Self {
            left_cheek: points[mesh::LEFT_CHEEK],
            right_cheek: points[mesh::RIGHT_CHEEK],
            forehead: points[mesh::FOREHEAD],
            chin: points[mesh::CHIN],
            eyes: eye(mesh::LEFT_LIDS).middle(eye(mesh::RIGHT_LIDS)),
            points,
        }
    }

    /// Cheek to cheek, in pixels of the original.
    #[must_use]
    pub fn face_width(&self) -> f32 {
        self.left_cheek.distance(self.right_cheek)
    }

    /// Top of the forehead to chin, in pixels of the original.
    #[must_use]
    pub fn face_height(&self) -> f32 {
        self.forehead.distance(self.chin)
    }

    /// Middle between the cheeks, in pixels of the original.
    #[must_use]
    pub fn centre_x(&self) -> f32 {
        self.left_cheek.middle(self.right_cheek).x
    }
}

/// The people of a photo.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// The subject's face.
    pub subject: Landmarked,
    /// Boxes of other faces that are large and real enough to count.
    pub others: Vec<Area>,
}

impl Crowd {
    /// The subject, where nobody else is in the picture and the face has pixels enough.
    ///
    /// # Errors
    /// [`ReasonCode::SeveralFaces`], [`ReasonCode::FaceTooSmall`].
    pub fn alone(&self, limits: &InputLimits) -> Result<&Landmarked, ReasonCode> {
        if !self.others.is_empty() {
            Err(ReasonCode::SeveralFaces)
        } else if self.subject.face_width() < limits.min_face_width_px {
            Err(ReasonCode::FaceTooSmall)
        } else {
            Ok(&self.subject)
        }
    }
}

/// Puts points on the subject's face and looks whether other faces are large and real enough to count.
///
/// # Errors
/// [`ReasonCode::NoFace`]; [`gradphoto_shared::Error::Model`].
pub fn landmark(
    landmarker: &mut Landmarker,
    view: &View,
    located: &Located,
    limits: &InputLimits,
) -> Result<Crowd, Stop> {
    let mut faces = located.faces.iter();
    let mut found = None;
    for face in faces.by_ref().take(MOST_LOOKS) {
        if let Some(points) = look(landmarker, view, face)? {
            found = Some((Landmarked::from_points(points), face));
            break;
        }
    }
    let (subject, area) = found.ok_or(ReasonCode::NoFace)?;
    let least_width = area.area.width * limits.second_face_share;
    let counts = |face: &&Face| face.area.width >= least_width && face.area.shared(&area.area) <= SAME_PERSON;
    let mut others = Vec::new();
    for other in faces.filter(counts).take(MOST_LOOKS) {
        if look(landmarker, view, other)?.is_some() {
            others.push(other.area);
        }
    }
    Ok(Crowd { subject, others })
}

/// The mesh of one face in pixels of the original; `None` where there is no face after all.
fn look(landmarker: &mut Landmarker, view: &View, face: &Face) -> Result<Option<Vec<Point>>, Stop> {
    let square = Square::round(face);
    let mesh = landmarker.read(&square.cut(view, landmarker.side()))?;
    let side = landmarker.side() as f32;
    let real = mesh.presence >= MIN_PRESENCE;
    Ok(real.then(|| mesh.points.iter().map(|point| square.to_photo(point.scaled(1.0 / side))).collect()))
}

/// A square round a face, turned so that its eyes are level: for the network only, never for the output.
struct Square {
    centre: Point,
    side: f32,
    sine: f32,
    cosine: f32,
}

impl Square {
    fn round(face: &Face) -> Self {
        let (across, down) = (face.right_eye.x - face.left_eye.x, face.right_eye.y - face.left_eye.y);
        let (sine, cosine) = down.atan2(across).sin_cos();
        let side = face.area.width.max(face.area.height) * SQUARE_OVER_BOX;
        Self { centre: face.area.centre(), side, sine, cosine }
    }

    /// A place in the square, 0 to 1 in both directions, in pixels of the original.
    fn to_photo(&self, place: Point) -> Point {
        let (x, y) = ((place.x - 0.5) * self.side, (place.y - 0.5) * self.side);
        Point { x: self.centre.x + x * self.cosine - y * self.sine, y: self.centre.y + x * self.sine + y * self.cosine }
    }

    /// The square's pixels: first the upright square that holds it, scaled without aliasing, then turned.
    fn cut(&self, view: &View, side: u32) -> RgbImage {
        let growth = self.sine.abs() + self.cosine.abs();
        let upright_side = (side as f32 * growth).ceil();
        let reach = self.side * upright_side / side as f32;
        let area =
            Area { left: self.centre.x - reach / 2.0, top: self.centre.y - reach / 2.0, width: reach, height: reach };
        let size = (upright_side as u32, upright_side as u32);
        let upright = view.cut(area, size, FilterType::Bilinear, Outside::Black).picture;
        if self.sine == 0.0 {
            return upright;
        }
        let (middle, half) = (upright_side / 2.0, side as f32 / 2.0);
        RgbImage::from_fn(side, side, |column, row| {
            let (x, y) = (column as f32 + 0.5 - half, row as f32 + 0.5 - half);
            let from =
                Point { x: middle + x * self.cosine - y * self.sine, y: middle + x * self.sine + y * self.cosine };
            between(&upright, from)
        })
    }
}

/// The colour at a place between pixels, by the four round it.
fn between(picture: &RgbImage, place: Point) -> Rgb<u8> {
    let (width, height) = picture.dimensions();
    let (x, y) = (place.x - 0.5, place.y - 0.5);
    let column = x.clamp(0.0, (width - 1) as f32);
    let row = y.clamp(0.0, (height - 1) as f32);
    let (left, top) = (column as u32, row as u32);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (fx, fy) = (column - left as f32, row - top as f32);
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| picture.get_pixel(x, y).0);
    let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
    Rgb(std::array::from_fn(|channel| {
        let sum: f32 = corners.iter().zip(weights).map(|(corner, weight)| f32::from(corner[channel]) * weight).sum();
        (sum + 0.5) as u8
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_turned_by_the_eyes_maps_back_to_the_photo() {
        let eyes = (Point { x: 90.0, y: 100.0 }, Point { x: 110.0, y: 120.0 });
        let area = Area { left: 80.0, top: 90.0, width: 40.0, height: 40.0 };
        let square = Square::round(&Face { area, left_eye: eyes.0, right_eye: eyes.1, score: 1.0 });
        assert_eq!(square.side, 60.0);
        let centre = square.to_photo(Point { x: 0.5, y: 0.5 });
        assert!(centre.distance(Point { x: 100.0, y: 110.0 }) < 1e-3);
        let right = square.to_photo(Point { x: 1.0, y: 0.5 });
        let expected = Point { x: 100.0 + 30.0 * 0.5_f32.sqrt(), y: 110.0 + 30.0 * 0.5_f32.sqrt() };
        assert!(right.distance(expected) < 1e-3, "{right:?}");
    }

    #[test]
    fn a_turned_square_shows_the_photo_turned() {
        // A photo that is bright below the diagonal: turned by 45 degrees the border is level.
        let pixels = RgbImage::from_fn(200, 200, |x, y| if y > x { Rgb([255; 3]) } else { Rgb([0; 3]) });
        let view = View { pixels, scale: 1.0, size: (200, 200) };
        let area = Area { left: 80.0, top: 80.0, width: 40.0, height: 40.0 };
        let (left_eye, right_eye) = (Point { x: 95.0, y: 95.0 }, Point { x: 105.0, y: 105.0 });
        let cut = Square::round(&Face { area, left_eye, right_eye, score: 1.0 }).cut(&view, 64);
        for column in [2, 30, 60] {
            assert!(cut.get_pixel(column, 24).0[0] < 5 && cut.get_pixel(column, 40).0[0] > 250, "{column}");
        }
    }
}
