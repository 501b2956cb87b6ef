//! The person cut out of the final frame.

use fast_image_resize::FilterType;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::Picture;
use image::RgbImage;

use super::Stop;
use super::colours::Colours;
use super::component::{self, Region};
use super::head::Head;
use super::landmark::Landmarked;
use super::outline;
use super::place::Placed;
use super::plane::Plane;
use super::refine;
use super::resample::{Outside, cut, scale_plane};
use super::view::View;
use super::wall::{Ground, Wall};
use crate::model::{Area, Engine, Matter, Point};

/// Share of the face's width that must be person in the picture's last row; shoulders give 1.5 and more.
const FLOATS_BELOW: f32 = 0.8;

/// Alpha from which a network is sure of a person, and from whose rest on it is sure of background.
const SURE: f32 = 0.8;

/// Alpha is soft from this far from 0 and from 1: what the eye does not see on the background.
const SOFT: f32 = 0.05;
/// Rows at the picture's lower border in which the network's alpha may fade.
const FADING: usize = 8;

/// Farthest that the soft edge of hair and clothes reaches from the outline, in pixels of the picture.
const EDGE_PX: usize = 6;

/// A pixel lies within a soft area where of the square round it, so far on each side in pixels of the picture, at least
/// such a share has an alpha between these: edges of hair and clothes are narrower.
const WITHIN_PX: usize = 6;
const WITHIN_SHARE: f32 = 0.9;
const BETWEEN: std::ops::Range<f32> = 0.1..0.9;

/// The final frame with its alpha.
#[derive(Clone, Debug)]
pub struct Matted {
    /// The photo in the frame, at output size.
    pub(crate) picture: RgbImage,
    /// The same as numbers.
    pub(crate) colours: Colours,
    /// 0 background to 1 person.
    pub(crate) alpha: Plane,
    /// The colour of what was behind the person, where it is even.
    pub(crate) ground: Option<Ground>,
    /// How far it can be trusted.
    pub trust: Trust,
}

/// How far a cut-out can be trusted; the rules `cut_out_sure` and `cut_out_agreed` read it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// How sure the cut-out is, 0 to 1: the share of its soft pixels that lie at the outline.
    pub confidence: f32,
    /// Largest connected soft area that is no edge.
    pub soft: Doubt,
    /// Largest connected area on which the second opinion differs; `None` where the pack has none.
    pub disputed: Option<Doubt>,
}

/// Where a cut-out is doubtful.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubt {
    /// Share of the picture.
    pub share: f32,
    /// The box round it, in pixels of the original; `None` where nothing is doubtful.
    pub place: Option<Area>,
}

impl Doubt {
    /// Doubt about a region of a plane that shows `frame`; it reaches `round` pixels farther on every side.
    fn of(region: Option<Region>, round: usize, plane: &Plane, frame: &Area) -> Self {
        let place = |region: Region| region.area.padded(round as f32).laid_on(frame, (plane.width, plane.height));
        let count = region.map_or(0, |region| region.count);
        Self { share: count as f32 / plane.values.len() as f32, place: region.map(place) }
    }
}

/// Cuts the person out of the frame.
///
/// # Errors
/// [`ReasonCode::ChestCutOff`] where the person does not reach the picture's lower edge,
/// [`ReasonCode::NoFace`] where the matte sees no person at the face; [`gradphoto_shared::Error::Model`].
pub fn matte(
    engine: &mut Engine,
    view: &View,
    face: &Landmarked,
    placed: &Placed,
    picture: &Picture,
) -> Result<Matted, Stop> {
    let size = (picture.width_px, picture.height_px);
    let frame = view.cut(placed.frame, size, FilterType::Lanczos3, Outside::Edge);
    let square = squared(&frame.picture);
    let side = Matter::SIDE as usize;
    let raw = Plane { width: side, height: side, values: engine.matter.alpha(&square)? };
    let place = |point: Point| {
        let out = placed.to_output(point);
        Point { x: out.x / size.0 as f32, y: out.y / size.1 as f32 }
    };
    let seed = outline::seed(face, place);
    let body_row = (place(face.chin).y * side as f32).clamp(0.0, side as f32) as usize;
    let subject = component::subject(&raw, seed, body_row).ok_or(ReasonCode::NoFace)?;
    let coarse = scale_plane(&subject, (size.0 as usize, size.1 as usize), FilterType::CatmullRom);
    let coarse = to_the_border(without_outside(coarse, frame.columns, frame.rows));
    let colours = Colours::of(&frame.picture);
    let wall = Wall::behind(&coarse, &raw, &colours);
    let head = Head::new(face, placed);
    let coarse = match &wall {
        Some(wall) => wall.with_cloth(wall.without_patches(&coarse, &head), &head),
        None => coarse,
    };
    let alpha = refine::refine(&coarse, &colours);
    let alpha = match &wall {
        Some(wall) => wall.alpha(&coarse, alpha, &head),
        None => alpha,
    };
    if floats(&alpha, placed.placement.face_width_px) {
        return Err(ReasonCode::ChestCutOff.into());
    }
    let second = engine.matte_check.as_mut().map(|check| check.alpha(&square)).transpose()?;
    let disputed = second.map(|second| {
        let settled = |place: usize, is_person: bool| {
            let (column, row) = (place % side, place / side);
            let (column, row) = (column * alpha.width / side, row * alpha.height / side);
            wall.as_ref().is_some_and(|wall| wall.settles((column, row), is_person))
                && (alpha.at(column, row) > 0.5) == is_person
        };
        Doubt::of(disputed(&subject, &second, settled), 0, &subject, &placed.frame)
    });
    let soft = Doubt::of(soft(&alpha), WITHIN_PX, &alpha, &placed.frame);
    let trust = Trust { confidence: confidence(&alpha), soft, disputed };
    let ground = wall.map(Wall::into_ground);
    Ok(Matted { picture: frame.picture, colours, alpha, ground, trust })
}

/// The whole frame as the square that the networks take, without keeping its aspect: they do best so.
fn squared(frame: &RgbImage) -> RgbImage {
    let whole = Area { left: 0.0, top: 0.0, width: frame.width() as f32, height: frame.height() as f32 };
    cut(frame, whole, (Matter::SIDE, Matter::SIDE), FilterType::Bilinear, Outside::Edge).picture
}

/// The network's alpha fades in the picture's last rows, and the photo may end a fraction of a row above the last; what
/// stands above them goes on.
fn to_the_border(mut alpha: Plane) -> Plane {
    let last = alpha.height.saturating_sub(FADING + 1) * alpha.width;
    let (above, below) = alpha.values.split_at_mut(last + alpha.width);
    for row in below.chunks_exact_mut(alpha.width) {
        row.iter_mut().zip(&above[last..]).for_each(|(own, above)| *own = own.max(*above));
    }
    alpha
}

/// No person where there is no photo.
fn without_outside(mut alpha: Plane, columns: (u32, u32), rows: (u32, u32)) -> Plane {
    let width = alpha.width;
    for (row, values) in alpha.values.chunks_exact_mut(width).enumerate() {
        if row < rows.0 as usize || row >= rows.1 as usize {
            values.fill(0.0);
        } else {
            values[..columns.0 as usize].fill(0.0);
            values[columns.1 as usize..].fill(0.0);
        }
    }
    alpha
}

fn floats(alpha: &Plane, face_width: f32) -> bool {
    let person = alpha.row(alpha.height - 1).iter().filter(|&&value| value > 0.5).count();
    (person as f32) < FLOATS_BELOW * face_width
}

/// Share of the soft pixels that lie at the outline: there they are an edge, farther off they are doubt.
/// 1 where nothing is soft.
fn confidence(alpha: &Plane) -> f32 {
    let at_outline = refine::at_outline(&alpha.values, alpha.width, EDGE_PX);
    let soft = alpha.values.iter().zip(&at_outline).filter(|(value, _)| **value > SOFT && **value < 1.0 - SOFT);
    let (edge, all) = soft.fold((0_u32, 0_u32), |(edge, all), (_, is_edge)| (edge + u32::from(*is_edge), all + 1));
    if all == 0 { 1.0 } else { edge as f32 / all as f32 }
}

/// The largest connected area within which the background shines through the person.
fn soft(alpha: &Plane) -> Option<Region> {
    let share = alpha.map(|value| if BETWEEN.contains(&value) { 1.0 } else { 0.0 }).mean(WITHIN_PX);
    component::largest(alpha, |pixel| share.values[pixel] > WITHIN_SHARE)
}

/// The largest connected area that one network surely takes for person and the other surely for background, but for what
/// is `settled`: of a place, whether the first is right to take it for person or not.
fn disputed(subject: &Plane, other: &[f32], settled: impl Fn(usize, bool) -> bool) -> Option<Region> {
    let sure = |value: f32| (value > SURE).then_some(true).or((value < 1.0 - SURE).then_some(false));
    let differ = |(place, (&one, &two)): (usize, (&f32, &f32))| matches!((sure(one), sure(two)), (Some(one), Some(two)) if one != two && !settled(place, one));
    let differs: Vec<bool> = subject.values.iter().zip(other).enumerate().map(differ).collect();
    component::largest(subject, |pixel| differs[pixel])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_pixels_at_the_outline_are_an_edge_and_others_are_doubt() {
        let row = |soft: &[(usize, f32)]| {
            let mut values: Vec<f32> = (0..60).map(|column| if column < 30 { 1.0 } else { 0.0 }).collect();
            soft.iter().for_each(|&(column, value)| values[column] = value);
            Plane { width: 60, height: 1, values }
        };
        for (soft, expected) in [
            (&[][..], 1.0),
            (&[(29, 0.8), (30, 0.2)], 1.0),
            (&[(29, 0.8), (50, 0.3)], 0.5),
            (&[(10, 0.8), (50, 0.3)], 0.0),
        ] {
            assert_eq!(confidence(&row(soft)), expected, "{soft:?}");
        }
    }

    #[test]
    fn a_wide_veil_is_a_soft_area_and_an_edge_is_none() {
        // A person in the lower half whose edge is soft over some rows, and a square veil beside it.
        let picture = |edge: usize, veil: usize| {
            let value = |x: usize, y: usize| match y {
                _ if x < veil && y < veil => 0.5,
                _ if y >= 50 + edge => 1.0,
                _ if y >= 50 => 0.5,
                _ => 0.0,
            };
            Plane {
                width: 100,
                height: 100,
                values: (0..10_000).map(|pixel| value(pixel % 100, pixel / 100)).collect(),
            }
        };
        for (edge, veil, expected) in [(0, 0, 0.0), (8, 0, 0.0), (0, 10, 0.0), (0, 30, 0.06), (20, 0, 0.1)] {
            let picture = picture(edge, veil);
            let frame = Area { left: 10.0, top: 0.0, width: 200.0, height: 200.0 };
            let Doubt { share, place } = Doubt::of(soft(&picture), WITHIN_PX, &picture, &frame);
            assert!((share - expected).abs() < 0.015, "{edge} {veil}: {share}");
            assert_eq!(place.is_some(), share > 0.0);
            if veil == 30 {
                // The frame shows two pixels of the photo in each of the picture's.
                let expected = Area { left: 10.0, top: 0.0, width: 60.0, height: 60.0 };
                let near = place.is_some_and(|place| place.overlap(&expected) > 0.6);
                assert!(near, "{place:?}");
            }
        }
    }
}
