//! Head and shoulders at one size, whatever the photo's: what the rules look at.

use fast_image_resize::FilterType;
use image::RgbImage;

use super::landmark::Landmarked;
use super::outline::Looked;
use super::plane::Plane;
use super::resample::{Outside, scale_plane};
use super::view::View;
use crate::model::{Area, Point};

/// Cheek to cheek, in pixels of the portrait: near the certificate's 230, so that a reading means what a
/// person sees there.
pub(crate) const FACE_PX: f32 = 200.0;

/// Head and shoulders, with alpha.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// What it shows, in pixels of the original; it may reach out of the photo.
    pub(crate) area: Area,
    /// Pixels of the portrait per pixel of the original.
    pub(crate) scale: f32,
    /// Cheek to cheek in pixels of the decoded photo that it was cut from: its real detail.
    pub(crate) detail_px: f32,
    /// The photo; outside it the nearest pixel goes on.
    pub(crate) pixels: RgbImage,
    /// First and one past the last column that show the photo.
    pub(crate) columns: (u32, u32),
    /// First and one past the last row that show the photo.
    pub(crate) rows: (u32, u32),
    /// Alpha of the subject; nothing where the matte sees no person at the face.
    pub(crate) subject: Option<Plane>,
}

impl Portrait {
    /// Cuts the portrait out of the photo.
    #[must_use]
    pub fn of(view: &View, face: &Landmarked, looked: &Looked) -> Self {
        let area = looked.area;
        let scale = FACE_PX / face.face_width();
        let side = |length: f32| (length * scale).round().max(1.0) as u32;
        let size = (side(area.width), side(area.height));
        let cut = view.cut(area, size, FilterType::Bilinear, Outside::Edge);
        let grown = |alpha: &Plane| scale_plane(alpha, (size.0 as usize, size.1 as usize), FilterType::Bilinear);
        Self {
            area,
            scale,
            detail_px: face.face_width() * view.scale,
            pixels: cut.picture,
            columns: cut.columns,
            rows: cut.rows,
            subject: looked.subject.as_ref().map(grown),
        }
    }

    /// A place of the original in the portrait.
    pub(crate) fn at(&self, point: Point) -> Point {
        Point { x: (point.x - self.area.left) * self.scale, y: (point.y - self.area.top) * self.scale }
    }

    /// The middle of a pixel of the portrait in the original.
    pub(crate) fn of_pixel(&self, column: u32, row: u32) -> Point {
        let place = Point { x: column as f32 + 0.5, y: row as f32 + 0.5 }.scaled(1.0 / self.scale);
        Point { x: place.x + self.area.left, y: place.y + self.area.top }
    }

    /// An area of the portrait in the original.
    pub(crate) fn to_photo(&self, area: Area) -> Area {
        let area = area.scaled(1.0 / self.scale);
        Area { left: area.left + self.area.left, top: area.top + self.area.top, ..area }
    }

    /// Whether a pixel of the portrait shows the photo.
    pub(crate) fn shows(&self, column: u32, row: u32) -> bool {
        (self.columns.0..self.columns.1).contains(&column) && (self.rows.0..self.rows.1).contains(&row)
    }
}
