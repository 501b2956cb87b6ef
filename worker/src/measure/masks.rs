//! What the pixels round a face show: hair, skin, clothes.

use std::cell::LazyCell;

use gradphoto_shared::Error;
use gradphoto_shared::check::NotAssessed;
use image::RgbImage;

use super::hull::Hull;
use crate::model::{Area, Engine, HairFinder, Parser, Point};
use crate::pack::Role;
use crate::stage::landmark::Landmarked;
use crate::stage::plane::Plane;
use crate::stage::resample::Outside;
use crate::stage::view::View;

/// The frame over the face's width, and where the eyes lie in its height: the middle of the official windows
/// (230 of 480 pixels, 250 of 640), for which the networks were chosen.
const FRAME_WIDTH: f32 = 480.0 / 230.0;
const FRAME_RATIO: f32 = 640.0 / 480.0;
const EYES_DOWN: f32 = 250.0 / 640.0;
/// Share from which a pixel counts as what the network names.
const COUNTS: f32 = 0.5;
/// Least share of a region that must lie in the photo for a reading.
const SHOWN: f32 = 0.5;

/// The masks of one portrait, over the same frame.
#[derive(Clone, Debug)]
pub struct Masks {
    /// Where they lie, in pixels of the original.
    pub frame: Area,
    size: (u32, u32),
    hair: Option<Plane>,
    skin: Option<Plane>,
    clothes: Option<Plane>,
}

impl Masks {
    /// Runs the parsing models that are wanted and that the pack has.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
    pub fn take(
        engine: &mut Engine,
        view: &View,
        face: &Landmarked,
        wants: impl Fn(Role) -> bool,
    ) -> Result<Self, Error> {
        let frame = frame(face);
        let mut masks = Self { frame, size: view.size, hair: None, skin: None, clothes: None };
        // Both networks take the same picture.
        const { assert!(Parser::SIDE == HairFinder::SIDE) };
        let seen = LazyCell::new(|| square(view, frame, Parser::SIDE));
        if wants(Role::Parse)
            && let Some(parser) = engine.parser.get()?
        {
            let parts = parser.parts(&seen)?;
            let (clothes, hair) = (plane(parts.clothes), plane(parts.hair));
            masks.skin = Some(plane(parts.skin));
            masks.clothes = Some(unless_hair(&clothes, &hair));
            masks.hair = Some(hair);
        }
        // The network that knows nothing but hair sees it better: down to gaps in a fringe.
        if wants(Role::Hair)
            && let Some(finder) = engine.hair.get()?
        {
            masks.hair = Some(plane(finder.hair(&seen)?));
        }
        Ok(masks)
    }

    /// Whether hair is known.
    ///
    /// # Errors
    /// [`NotAssessed::NoModel`].
    pub(crate) fn know_hair(&self) -> Result<(), NotAssessed> {
        if self.hair.is_some() { Ok(()) } else { Err(NotAssessed::NoModel) }
    }

    /// Whether hair, skin and clothes are known.
    ///
    /// # Errors
    /// [`NotAssessed::NoModel`].
    pub(crate) fn are_whole(&self) -> Result<(), NotAssessed> {
        self.know_hair()?;
        if self.skin.is_some() && self.clothes.is_some() { Ok(()) } else { Err(NotAssessed::NoModel) }
    }

    /// Share of a region that is hair.
    pub(super) fn hair_in(&self, region: &Hull) -> Option<f32> {
        let hair = self.hair.as_ref()?;
        self.share(hair, region, |column, row| hair.at(column, row) > COUNTS)
    }

    /// Share of a region that is skin without hair on it.
    pub(super) fn bare_skin_in(&self, region: &Hull) -> Option<f32> {
        let (skin, hair) = (self.skin.as_ref()?, self.hair.as_ref()?);
        self.share(skin, region, |column, row| skin.at(column, row) > COUNTS && hair.at(column, row) <= COUNTS)
    }

    /// Whether a place of the original is taken for hair, skin or clothes, in this order; `None` without the
    /// model or outside the frame.
    #[must_use]
    pub fn at(&self, place: Point) -> [Option<bool>; 3] {
        [&self.hair, &self.skin, &self.clothes].map(|mask| {
            let mask = mask.as_ref().filter(|_| self.frame.holds(place))?;
            let inside = self.inside(mask, place);
            let column = (inside.x as usize).min(mask.width - 1);
            Some(mask.at(column, (inside.y as usize).min(mask.height - 1)) > COUNTS)
        })
    }

    /// The share of a region's pixels that are members; `None` where too little of it lies in the photo.
    fn share(&self, mask: &Plane, region: &Hull, member: impl Fn(usize, usize) -> bool) -> Option<f32> {
        let inside = region.seen(|point| self.inside(mask, point));
        let photo = Area { left: 0.0, top: 0.0, width: self.size.0 as f32, height: self.size.1 as f32 };
        let bounds = inside.bounds();
        let (first, last) = (bounds.left.floor() as i64, (bounds.left + bounds.width).ceil() as i64);
        let (top, bottom) = (bounds.top.floor() as i64, (bounds.top + bounds.height).ceil() as i64);
        let (mut all, mut shown, mut members) = (0_u32, 0_u32, 0_u32);
        for (column, row) in (top..bottom).flat_map(|row| (first..last).map(move |column| (column, row))) {
            let middle = Point { x: column as f32 + 0.5, y: row as f32 + 0.5 };
            if !inside.holds(middle) {
                continue;
            }
            all += 1;
            let (Ok(column), Ok(row)) = (usize::try_from(column), usize::try_from(row)) else { continue };
            if column < mask.width && row < mask.height && photo.holds(self.outside(mask, middle)) {
                shown += 1;
                members += u32::from(member(column, row));
            }
        }
        (all > 0 && shown as f32 >= SHOWN * all as f32).then(|| members as f32 / shown as f32)
    }

    /// A place of the original in pixels of a mask.
    fn inside(&self, mask: &Plane, place: Point) -> Point {
        Point {
            x: (place.x - self.frame.left) / self.frame.width * mask.width as f32,
            y: (place.y - self.frame.top) / self.frame.height * mask.height as f32,
        }
    }

    /// A place of a mask in pixels of the original.
    fn outside(&self, mask: &Plane, place: Point) -> Point {
        Point {
            x: self.frame.left + place.x / mask.width as f32 * self.frame.width,
            y: self.frame.top + place.y / mask.height as f32 * self.frame.height,
        }
    }
}

/// The frame that a face would have in the finished picture.
fn frame(face: &Landmarked) -> Area {
    let width = face.face_width() * FRAME_WIDTH;
    let height = width * FRAME_RATIO;
    Area { left: face.centre_x() - width / 2.0, top: face.eyes.y - height * EYES_DOWN, width, height }
}

/// The frame without its aspect, as the networks take it.
fn square(view: &View, frame: Area, side: u32) -> RgbImage {
    view.glance(frame, (side, side), Outside::Edge).picture
}

/// Clothes without what is taken for hair too: hair that is cropped, grey or tightly curled looks like cloth to the
/// network, but cloth on a head not like hair.
fn unless_hair(clothes: &Plane, hair: &Plane) -> Plane {
    clothes.zip(hair, |clothes, hair| if hair > COUNTS { 0.0 } else { clothes })
}

fn plane(values: Vec<f32>) -> Plane {
    let side = values.len().isqrt();
    Plane { width: side, height: side, values }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Masks over a photo of 100 x 100 whose left half is hair and whose upper half is skin.
    fn halves() -> Masks {
        let half = |member: fn(usize) -> bool| plane((0..100).map(|i| f32::from(u8::from(member(i)))).collect());
        Masks {
            frame: Area { left: 0.0, top: 0.0, width: 100.0, height: 100.0 },
            size: (100, 100),
            hair: Some(half(|index| index % 10 < 5)),
            skin: Some(half(|index| index / 10 < 5)),
            clothes: None,
        }
    }

    fn rectangle(left: f32, top: f32, right: f32, bottom: f32) -> Hull {
        Hull::of([(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| Point { x, y }))
    }

    #[test]
    fn shares_are_those_of_the_region() {
        let masks = halves();
        for (region, hair, skin) in [
            (rectangle(0.0, 0.0, 100.0, 100.0), 0.5, 0.25),
            (rectangle(10.0, 10.0, 40.0, 40.0), 1.0, 0.0),
            (rectangle(60.0, 10.0, 90.0, 40.0), 0.0, 1.0),
            (rectangle(60.0, 60.0, 90.0, 90.0), 0.0, 0.0),
        ] {
            assert_eq!(masks.hair_in(&region), Some(hair));
            assert_eq!(masks.bare_skin_in(&region), Some(skin));
        }
        assert_eq!(masks.at(Point { x: 20.0, y: 80.0 }), [Some(true), Some(false), None]);
        assert_eq!(masks.at(Point { x: 120.0, y: 80.0 }), [None; 3]);
    }

    #[test]
    fn what_is_hair_too_is_no_cloth() {
        let clothes = unless_hair(&plane(vec![0.9, 0.9, 0.2, 0.2]), &plane(vec![0.8, 0.3, 0.8, 0.3]));
        assert_eq!(clothes.values, [0.0, 0.9, 0.0, 0.2]);
    }

    #[test]
    fn a_region_outside_the_photo_is_not_read() {
        let masks = halves();
        assert_eq!(masks.hair_in(&rectangle(-90.0, 0.0, 40.0, 40.0)), None);
        assert_eq!(masks.hair_in(&rectangle(-10.0, 0.0, 40.0, 40.0)), Some(1.0), "most of it is in the photo");
        assert_eq!(masks.hair_in(&Hull::of([])), None);
        assert_eq!(Masks { hair: None, ..masks }.hair_in(&rectangle(0.0, 0.0, 9.0, 9.0)), None);
    }
}
