//! The wall in the portrait, for the rules about it.

use std::ops::Range;

use gradphoto_shared::check::NotAssessed;
use image::RgbImage;

use crate::stage::brightness::fill;
use crate::stage::pixels::row;
use crate::stage::plane::Plane;
use crate::stage::portrait::Portrait;

/// Pixels of the portrait round the person that are left out: hair and shadows of the matte's edge.
const CLEAR_PX: usize = 8;
/// Mean alpha of what surrounds a pixel, under which it is wall.
const CLEAR: f32 = 0.01;
/// Least share of the portrait that must be wall to tell anything of it: london and allowed pictures have more, and tight
/// crops less (derived faces too large and 60 web crops of real).
const LEAST_SHARE: f32 = 0.04;

/// The wall's part of the portrait.
#[derive(Debug)]
pub(super) struct Wall {
    /// Stretches of its pixels: the row, and the columns in it.
    pub(super) stretches: Vec<(u32, Range<u32>)>,
    /// All of its pixels.
    pub(super) count: usize,
}

impl Wall {
    /// Whatever of the portrait is not the person of `alpha`, where that is enough to tell. Other people are wall here
    /// too: the rule about them says so by itself.
    pub(super) fn behind(portrait: &Portrait, alpha: &Plane) -> Result<Self, NotAssessed> {
        let near = alpha.mean(CLEAR_PX);
        let (first, last) = portrait.columns;
        let mut wall = Self { stretches: Vec::new(), count: 0 };
        for row in portrait.rows.0..portrait.rows.1 {
            let near = &near.row(row as usize)[first as usize..last as usize];
            let mut column = first;
            for alike in near.chunk_by(|one, next| (*one < CLEAR) == (*next < CLEAR)) {
                let end = column + alike.len() as u32;
                if alike[0] < CLEAR {
                    wall.count += alike.len();
                    wall.stretches.push((row, column..end));
                }
                column = end;
            }
        }
        let least = LEAST_SHARE * alpha.values.len() as f32;
        if wall.count as f32 >= least { Ok(wall) } else { Err(NotAssessed::NotInPicture) }
    }

    /// Brightness of its pixels in levels.
    pub(super) fn levels(&self, pixels: &RgbImage) -> Vec<f32> {
        let mut levels = vec![0.0; self.count];
        let mut left = levels.as_mut_slice();
        for (at, columns) in &self.stretches {
            let stretch = row(pixels, *at, columns.clone());
            let (these, rest) = left.split_at_mut(stretch.len());
            fill(stretch.as_flattened(), these);
            left = rest;
        }
        levels
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;
    use crate::model::Area;

    #[test]
    fn the_wall_is_what_is_clear_of_the_person_and_shows_the_photo() {
        let (width, height) = (60_u32, 40_u32);
        // The person stands in the middle third; the first five columns lie outside the photo.
        let alpha = |index: u32| f32::from(u8::from((20..40).contains(&(index % width))));
        let alpha =
            Plane { width: width as usize, height: height as usize, values: (0..width * height).map(alpha).collect() };
        let pixels = RgbImage::from_fn(width, height, |x, _| Rgb([x as u8; 3]));
        let portrait = Portrait {
            area: Area { left: 0.0, top: 0.0, width: width as f32, height: height as f32 },
            scale: 1.0,
            detail_px: 200.0,
            pixels,
            columns: (5, width),
            rows: (0, height),
            subject: None,
        };
        let wall = Wall::behind(&portrait, &alpha).expect("a third of it is wall");
        assert_eq!(wall.stretches[..2], [(0, 5..12), (0, 48..60)]);
        assert_eq!((wall.stretches.len(), wall.count), (80, 40 * 19));
        let levels = wall.levels(&portrait.pixels);
        assert!(levels.iter().zip((5..12).chain(48..60)).all(|(level, x)| (level - x as f32).abs() < 1e-3));
        // Of 60 columns one is a sixtieth, three are a twentieth.
        for (columns, is_enough) in [((11, 12), false), ((9, 12), true)] {
            let narrow = Portrait { columns, ..portrait.clone() };
            assert_eq!(Wall::behind(&narrow, &alpha).is_ok(), is_enough, "{columns:?}");
        }
    }
}
