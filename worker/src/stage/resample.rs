//! Cutting and scaling in one step, also where the area reaches out of the picture.

use fast_image_resize::images::{CroppedImageMut, Image, ImageRef};
use fast_image_resize::pixels::F32;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

use super::plane::Plane;
use crate::model::Area;

/// What stands where the area reaches out of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outside {
    /// Black, as the detector and the landmark network were trained.
    Black,
    /// The nearest pixel of the picture, so that a plain wall goes on.
    Edge,
}

/// A part of a picture at another scale.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    /// The pixels.
    pub(crate) picture: RgbImage,
    /// First and one past the last column that show the picture.
    pub(crate) columns: (u32, u32),
    /// First and one past the last row that show the picture.
    pub(crate) rows: (u32, u32),
}

/// Cuts `area` out of `picture` and scales it to `width` x `height`, by convolution with `filter`, so that
/// shrinking never aliases.
pub(crate) fn cut(
    picture: &RgbImage,
    area: Area,
    (width, height): (u32, u32),
    filter: FilterType,
    outside: Outside,
) -> Cut {
    let (columns, left, across) = covered(area.left, area.width, picture.width(), width);
    let (rows, top, down) = covered(area.top, area.height, picture.height(), height);
    let mut whole = Image::new(width, height, PixelType::U8x3);
    if columns.0 < columns.1 && rows.0 < rows.1 {
        let source = ImageRef::new(picture.width(), picture.height(), picture.as_raw(), PixelType::U8x3)
            .expect("a picture's buffer has its size");
        let mut part = CroppedImageMut::new(&mut whole, columns.0, rows.0, columns.1 - columns.0, rows.1 - rows.0)
            .expect("covered columns and rows lie inside");
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).crop(left, top, across, down);
        Resizer::new().resize(&source, &mut part, &options).expect("covered pixels lie inside the picture");
    }
    let mut cut = Cut {
        picture: RgbImage::from_raw(width, height, whole.into_vec()).expect("the buffer has the picture's size"),
        columns,
        rows,
    };
    if outside == Outside::Edge {
        spread_edges(&mut cut);
    }
    cut
}

/// Which of `out` pixels the picture covers when `length` of it from `start` are scaled to them: first and
/// one past the last; and where those start and how long they are in the picture, which has `size`.
fn covered(start: f32, length: f32, size: u32, out: u32) -> ((u32, u32), f64, f64) {
    let (start, length, size) = (f64::from(start), f64::from(length), f64::from(size));
    let step = length / f64::from(out);
    // A thousandth of a pixel of grace: an area that ends at the edge must not lose a column to rounding.
    let first = ((-start / step) - 1e-3).ceil().clamp(0.0, f64::from(out));
    let last = (((size - start) / step) + 1e-3).floor().clamp(first, f64::from(out));
    let from = (start + first * step).clamp(0.0, size);
    let to = (start + last * step).clamp(from, size);
    ((first as u32, last as u32), from, to - from)
}

fn spread_edges(cut: &mut Cut) {
    let (columns, rows) = (cut.columns, cut.rows);
    if columns.0 >= columns.1 || rows.0 >= rows.1 {
        return;
    }
    let stride = cut.picture.width() as usize * 3;
    let (left, right) = (columns.0 as usize * 3, columns.1 as usize * 3);
    let (top, bottom) = (rows.0 as usize * stride, rows.1 as usize * stride);
    let pixels: &mut [u8] = &mut cut.picture;
    for row in pixels[top..bottom].chunks_exact_mut(stride) {
        let (first, last) =
            ([row[left], row[left + 1], row[left + 2]], [row[right - 3], row[right - 2], row[right - 1]]);
        row[..left].chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&first));
        row[right..].chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&last));
    }
    let (above, rest) = pixels.split_at_mut(top);
    let (inside, below) = rest.split_at_mut(bottom - top);
    above.chunks_exact_mut(stride).for_each(|row| row.copy_from_slice(&inside[..stride]));
    below.chunks_exact_mut(stride).for_each(|row| row.copy_from_slice(&inside[inside.len() - stride..]));
}

/// Scales a plane.
pub(crate) fn scale_plane(plane: &Plane, (width, height): (usize, usize), filter: FilterType) -> Plane {
    let pixels: Vec<F32> = plane.values.iter().copied().map(F32::new).collect();
    let source =
        ImageRef::from_pixels(plane.width as u32, plane.height as u32, &pixels).expect("a plane's buffer has its size");
    let mut out = Image::new(width as u32, height as u32, PixelType::F32);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    Resizer::new().resize(&source, &mut out, &options).expect("both are planes of numbers");
    let typed = out.typed_image::<F32>().expect("the plane was made of numbers");
    Plane { width, height, values: typed.pixels().iter().map(|pixel| pixel.0).collect() }
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use proptest::prelude::*;

    use super::*;

    fn ramp() -> RgbImage {
        RgbImage::from_fn(40, 20, |x, y| Rgb([x as u8 * 4, y as u8 * 8, 200]))
    }

    #[test]
    fn an_area_inside_is_copied_without_change() {
        let area = Area { left: 5.0, top: 3.0, width: 16.0, height: 8.0 };
        let cut = cut(&ramp(), area, (16, 8), FilterType::Lanczos3, Outside::Black);
        assert_eq!((cut.columns, cut.rows), ((0, 16), (0, 8)));
        assert_eq!(cut.picture.get_pixel(2, 4), ramp().get_pixel(7, 7));
    }

    #[test]
    fn outside_is_black_or_the_nearest_pixel() {
        let area = Area { left: -10.0, top: -5.0, width: 60.0, height: 30.0 };
        let black = cut(&ramp(), area, (60, 30), FilterType::Bilinear, Outside::Black);
        assert_eq!((black.columns, black.rows), ((10, 50), (5, 25)));
        assert_eq!(black.picture.get_pixel(0, 0).0, [0, 0, 0]);
        let edge = cut(&ramp(), area, (60, 30), FilterType::Bilinear, Outside::Edge);
        for (place, source) in [((0, 0), (0, 0)), ((59, 29), (39, 19)), ((0, 15), (0, 10)), ((30, 2), (20, 0))] {
            assert_eq!(edge.picture.get_pixel(place.0, place.1), ramp().get_pixel(source.0, source.1), "{place:?}");
        }
    }

    #[test]
    fn an_area_beside_the_picture_is_empty_and_no_panic() {
        for (left, top) in [(100.0, 0.0), (-100.0, 0.0), (0.0, 90.0), (0.0, -90.0)] {
            let area = Area { left, top, width: 30.0, height: 30.0 };
            let cut = cut(&ramp(), area, (16, 16), FilterType::Bilinear, Outside::Edge);
            assert!(cut.picture.pixels().all(|pixel| pixel.0 == [0, 0, 0]), "{left} {top}");
        }
    }

    prop_compose! {
        /// Any area round a small picture, also far out of it and much larger.
        fn any_area()(left in -400.0_f32..400.0, top in -400.0_f32..400.0, width in 0.5_f32..600.0, height in 0.5_f32..600.0)
            -> Area {
            Area { left, top, width, height }
        }
    }

    proptest! {
        #[test]
        fn a_cut_shows_the_picture_where_it_says_so_and_nothing_else(
            size in (1_u32..90, 1_u32..90),
            area in any_area(),
            out in (1_u32..70, 1_u32..70),
            filter in prop_oneof![
                Just(FilterType::Box), Just(FilterType::Bilinear), Just(FilterType::CatmullRom), Just(FilterType::Lanczos3)
            ],
        ) {
            // One colour: whatever is read beside the picture, or blended with it, would have another.
            let picture = RgbImage::from_pixel(size.0, size.1, Rgb([200, 90, 30]));
            let black = cut(&picture, area, out, filter, Outside::Black);
            prop_assert_eq!(black.picture.dimensions(), out);
            prop_assert!(black.columns.0 <= black.columns.1 && black.columns.1 <= out.0);
            prop_assert!(black.rows.0 <= black.rows.1 && black.rows.1 <= out.1);
            let shows = |x, y| {
                (black.columns.0..black.columns.1).contains(&x) && (black.rows.0..black.rows.1).contains(&y)
            };
            for (x, y, pixel) in black.picture.enumerate_pixels() {
                prop_assert_eq!(pixel.0, if shows(x, y) { [200, 90, 30] } else { [0; 3] }, "{} {}", x, y);
            }
            let edge = cut(&picture, area, out, filter, Outside::Edge).picture;
            let is_empty = black.columns.0 == black.columns.1 || black.rows.0 == black.rows.1;
            let expected = if is_empty { [0; 3] } else { [200, 90, 30] };
            prop_assert!(edge.pixels().all(|pixel| pixel.0 == expected));
        }

        #[test]
        fn what_lies_in_the_picture_is_shown_whole(
            size in (20_u32..200, 20_u32..200),
            share in (0.0_f32..0.5, 0.0_f32..0.5, 0.1_f32..0.5, 0.1_f32..0.5),
            out in (1_u32..70, 1_u32..70),
        ) {
            let (width, height) = (size.0 as f32, size.1 as f32);
            let area = Area {
                left: share.0 * width, top: share.1 * height, width: share.2 * width, height: share.3 * height,
            };
            let cut = cut(&RgbImage::new(size.0, size.1), area, out, FilterType::Bilinear, Outside::Black);
            prop_assert_eq!((cut.columns, cut.rows), ((0, out.0), (0, out.1)));
        }

        #[test]
        fn a_scaled_plane_stays_between_its_least_and_its_greatest(
            values in proptest::collection::vec(0.0_f32..1.0, 12 * 9),
            out in (1_usize..40, 1_usize..40),
        ) {
            let plane = Plane { width: 12, height: 9, values };
            for filter in [FilterType::Box, FilterType::Bilinear] {
                let scaled = scale_plane(&plane, out, filter);
                prop_assert_eq!((scaled.width, scaled.height, scaled.values.len()), (out.0, out.1, out.0 * out.1));
                let least = plane.values.iter().copied().fold(1.0, f32::min) - 1e-5;
                let greatest = plane.values.iter().copied().fold(0.0, f32::max) + 1e-5;
                prop_assert!(scaled.values.iter().all(|value| (least..=greatest).contains(value)));
            }
        }
    }
}
