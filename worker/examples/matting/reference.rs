//! A person with known alpha, from a portrait before a plain wall.
//!
//! No network and nothing of the pipeline takes part. The wall's colour is known at every pixel: a quadratic surface
//! fitted to the picture's borders and then to all wall, with what is left smoothed over (shadows). A pixel of the
//! fringe is a mixture of the wall and of the person's colour near by, so alpha is the part of the way from the one
//! to the other (difference matting). Hand-placed points close the face, where skin can have the wall's colour.
//!
//! What is wrong in it as a matte of the portrait makes a composite less like a photo, but not its alpha less
//! exact: the composite is made with this very alpha.

use std::collections::HashMap;
use std::path::Path;

use image::RgbImage;

use crate::ground::Ground;
use crate::picture::{Colour, Plane, colour, distance, flood, planes};

/// Distance in levels from the wall's colour within which a pixel is wall: four times its noise (about 2 levels).
const WALL: f32 = 9.0;
/// Pixels of the portrait between sure wall and sure person: hair fades over 10 to 25.
const FRINGE: usize = 26;
/// Pixels from wall up to which a pixel may be any mixture; deeper ones are ever more person.
const FREE: f32 = 6.0;
/// Where wall and person differ by less, in levels, nobody can tell how much of each there is.
const TELLS: f32 = 36.0;
/// A colour this far off the way from wall to hair, in levels, begins to be no mixture of them, and is none from
/// twice as far: an ear before dark hair.
const OFF_WAY: f32 = 10.0;
/// Least wall enclosed by hair that counts, in pixels: smaller ones are shine.
const HOLE: usize = 60;
/// JPEG quality of composites: a good phone's.
const QUALITY: u8 = 93;

/// Hand-placed points of a portrait, x and y by number, and what has a name.
pub(crate) type Marks = HashMap<String, f32>;

/// A cut-out person.
pub(crate) struct Reference {
    pub(crate) alpha: Plane,
    /// The person's own colours; where alpha is 0 they mean nothing.
    pub(crate) front: [Plane; 3],
    /// 1 where alpha could not be told.
    pub(crate) unknown: Plane,
}

/// The hand-placed points of a portrait.
pub(crate) fn marks(set: &Path, portrait: &Path) -> Marks {
    let file = portrait.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(set.join("landmarks.csv")).expect("hand-placed landmarks");
    let names: Vec<&str> = text.lines().next().expect("a head").split(',').collect();
    let row = text.lines().find(|line| line.split(',').next() == Some(&file)).expect("a row for each portrait");
    names.iter().zip(row.split(',')).filter_map(|(name, cell)| Some(((*name).to_owned(), cell.parse().ok()?))).collect()
}

impl Reference {
    pub(crate) fn of(path: &Path, marks: &Marks) -> Self {
        let picture = image::open(path).expect("a portrait").to_rgb8();
        let photo = planes(&picture);
        let wall = wall(&photo);
        let off = Plane::new(photo[0].width, photo[0].height, |x, y| {
            let pixel = y * photo[0].width + x;
            distance(colour(&photo, pixel), colour(&wall, pixel))
        });
        // A mean over three pixels keeps noise from making islands and lets strands through.
        let calm = off.mean(1);
        let back = back(&calm, marks);
        let depth = depth(&back, off.width);
        let front = front(&photo, &depth.map(f32::floor));
        Self::mixed(&photo, &wall, &front, &back, &depth)
    }

    /// Alpha as the part of the way from the wall to the person.
    fn mixed(photo: &[Plane; 3], wall: &[Plane; 3], front: &[Plane; 3], back: &[bool], depth: &Plane) -> Self {
        let (width, height) = (depth.width, depth.height);
        let mut alpha = Plane::new(width, height, |_, _| 1.0);
        let mut unknown = Plane::new(width, height, |_, _| 0.0);
        let mut own = photo.clone();
        for (pixel, &is_back) in back.iter().enumerate() {
            if is_back {
                alpha.values[pixel] = 0.0;
            } else if depth.values[pixel] < 1.0 {
                let (here, from, to) = (colour(photo, pixel), colour(wall, pixel), colour(front, pixel));
                let way: Colour = std::array::from_fn(|channel| to[channel] - from[channel]);
                let length = way.iter().map(|part| part * part).sum::<f32>();
                if length < TELLS * TELLS {
                    // At a white shirt before a light wall the edge is where the wall ends.
                    unknown.values[pixel] = 1.0;
                    continue;
                }
                let part: f32 =
                    way.iter().zip(here.iter().zip(from)).map(|(way, (here, from))| way * (here - from)).sum();
                // Shine deep inside hair and folds of a shirt are no wall, whatever their colour.
                let least = ((depth.values[pixel] * FRINGE as f32 - FREE) / (FRINGE as f32 - FREE)).max(0.0);
                let share = part / length;
                let mixed: Colour = std::array::from_fn(|channel| from[channel] + share * way[channel]);
                let least = least.max(distance(here, mixed) / OFF_WAY - 1.0).min(1.0);
                let value = ((share - 0.04) / 0.92).clamp(least, 1.0);
                alpha.values[pixel] = value;
                for channel in 0..3 {
                    let rest = here[channel] - (1.0 - value) * from[channel];
                    let exact = if value > 0.0 { (rest / value).clamp(0.0, 255.0) } else { to[channel] };
                    // Of a pixel that is mostly wall, little is known of the person's colour.
                    own[channel].values[pixel] = value * exact + (1.0 - value) * to[channel];
                }
            }
        }
        Self { alpha, front: own, unknown }
    }

    /// Whether the chest is whole: a shirt of the wall's very colour leaves nothing to find a person's outline by.
    pub(crate) fn is_whole(&self, marks: &Marks) -> bool {
        let (width, height) = (self.alpha.width, self.alpha.height);
        let (left, right) = (marks["x109"] as usize, (marks["x112"] as usize).min(width));
        let below = (marks["chin_y"] as usize + height) / 2;
        let chest = (below..height).flat_map(|row| (left..right).map(move |column| row * width + column));
        chest.filter(|&pixel| self.alpha.values[pixel] < 0.5).count() < (right - left) * (height - below) / 100
    }

    /// Share of the fringe where alpha could not be told.
    pub(crate) fn unknown_share(&self) -> f32 {
        let fringe = self.alpha.values.iter().filter(|&&alpha| alpha > 0.0 && alpha < 1.0).count() as f32;
        let unknown = self.unknown.values.iter().sum::<f32>();
        unknown / (fringe + unknown).max(1.0)
    }

    /// The person before another ground, as a JPEG.
    pub(crate) fn before(&self, ground: &Ground) -> Vec<u8> {
        let (width, height) = (self.alpha.width as u32, self.alpha.height as u32);
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let pixel = (y * width + x) as usize;
            let (alpha, behind) = (self.alpha.values[pixel], ground.picture.get_pixel(x, y));
            image::Rgb(std::array::from_fn(|channel| {
                let own = self.front[channel].values[pixel];
                (own * alpha + f32::from(behind[channel]) * (1.0 - alpha) + 0.5) as u8
            }))
        });
        let mut jpeg = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
        encoder.encode_image(&picture).expect("lawful pixels");
        jpeg
    }
}

/// The wall's colour at every pixel.
fn wall(photo: &[Plane; 3]) -> [Plane; 3] {
    let (width, height) = (photo[0].width, photo[0].height);
    let at_border = |x: usize, y: usize| y < 40 || ((x < 30 || x + 30 > width) && y < height * 6 / 10);
    let mut is_wall: Vec<bool> = (0..width * height).map(|pixel| at_border(pixel % width, pixel / width)).collect();
    let mut fitted = photo.clone();
    for _ in 0..3 {
        fitted = std::array::from_fn(|channel| surface(&photo[channel], &is_wall));
        let near = |pixel: usize| distance(colour(photo, pixel), colour(&fitted, pixel)) < 3.0 * WALL;
        is_wall = flood(&photo[0], (0..width).chain((0..height * 6 / 10).map(|row| row * width)), near);
    }
    let share = Plane { width, height, values: is_wall.iter().map(|&wall| f32::from(u8::from(wall))).collect() };
    let weight = share.mean(45);
    std::array::from_fn(|channel| {
        let left = Plane::new(width, height, |x, y| {
            let pixel = y * width + x;
            share.values[pixel] * (photo[channel].values[pixel] - fitted[channel].values[pixel])
        });
        let left = left.mean(45);
        Plane::new(width, height, |x, y| {
            let pixel = y * width + x;
            fitted[channel].values[pixel] + left.values[pixel] / weight.values[pixel].max(0.02)
        })
    })
}

/// A quadratic surface through the pixels of `is_wall`, by least squares over every fifth of them.
fn surface(plane: &Plane, is_wall: &[bool]) -> Plane {
    let terms = |x: usize, y: usize| {
        let (x, y) = (x as f64 / plane.width as f64 - 0.5, y as f64 / plane.height as f64 - 0.5);
        [1.0, x, y, x * x, x * y, y * y]
    };
    let mut system = [[0.0_f64; 7]; 6];
    for pixel in (0..is_wall.len()).step_by(5).filter(|&pixel| is_wall[pixel]) {
        let row = terms(pixel % plane.width, pixel / plane.width);
        for (equation, own) in system.iter_mut().zip(row) {
            let terms = row.into_iter().chain([f64::from(plane.values[pixel])]);
            equation.iter_mut().zip(terms).for_each(|(sum, term)| *sum += own * term);
        }
    }
    let factors = solved(system);
    Plane::new(plane.width, plane.height, |x, y| {
        terms(x, y).iter().zip(factors).map(|(term, factor)| term * factor).sum::<f64>() as f32
    })
}

/// Solves six equations by elimination with the largest pivot.
fn solved(mut system: [[f64; 7]; 6]) -> [f64; 6] {
    for step in 0..6 {
        let pivot = (step..6).max_by(|&one, &two| system[one][step].abs().total_cmp(&system[two][step].abs()));
        system.swap(step, pivot.unwrap_or(step));
        let row = system[step];
        for other in (0..6).filter(|&other| other != step) {
            let factor = system[other][step] / row[step];
            system[other].iter_mut().zip(row).for_each(|(value, own)| *value -= factor * own);
        }
    }
    std::array::from_fn(|step| system[step][6] / system[step][step])
}

/// Sure wall: what hangs together with the border above the shoulders, and what hair encloses.
fn back(off: &Plane, marks: &Marks) -> Vec<bool> {
    let (width, chin) = (off.width, marks["chin_y"] as usize);
    let is_wall = |pixel: usize| off.values[pixel] < WALL;
    // Not from the lower sides: there a shirt touches the border, and in its shadows it has the wall's colour.
    let beside = (0..off.height * 6 / 10).flat_map(|row| [row * width, (row + 1) * width - 1]);
    let border = (0..width).chain(beside);
    let mut back = flood(off, border, is_wall);
    let points: Vec<(f32, f32)> = (0..189)
        .filter_map(|number| Some((*marks.get(&format!("x{number}"))?, *marks.get(&format!("y{number}"))?)))
        .collect();
    let middle = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let middle = (middle.0 / points.len() as f32, middle.1 / points.len() as f32);
    // The hand-placed points reach from chin to brows and from cheek to cheek: an ellipse through them is face.
    let (across, down) = ((marks["x112"] - marks["x109"]) / 2.0, marks["chin_y"] - middle.1);
    let in_face = |pixel: usize| {
        let (x, y) = ((pixel % width) as f32 - middle.0, (pixel / width) as f32 - middle.1);
        (x / across).powi(2) + (y / down).powi(2) < 1.1
    };
    // From the shoulders down a person reaches to the lower border: under the first of it is no wall.
    let eyes = (marks["pupil_left_y"] + marks["pupil_right_y"]) / 2.0;
    let shoulders = (marks["chin_y"] + 0.5 * (marks["chin_y"] - eyes)) as usize;
    for column in 0..width {
        let first = (shoulders.min(off.height)..off.height).find(|row| !back[row * width + column]);
        (first.unwrap_or(off.height)..off.height).for_each(|row| back[row * width + column] = false);
    }
    let mut seen = back.clone();
    for start in 0..chin.min(off.height) * width {
        if !seen[start] && is_wall(start) && !in_face(start) {
            let hole = flood(off, [start].into_iter(), |pixel| is_wall(pixel) && !in_face(pixel));
            let size = hole.iter().filter(|&&inside| inside).count();
            for (pixel, _) in hole.iter().enumerate().filter(|(_, inside)| **inside) {
                seen[pixel] = true;
                back[pixel] |= size >= HOLE;
            }
        }
    }
    back
}

/// How far a pixel is from wall, 0 at wall to 1 from [`FRINGE`] pixels on, in steps of squares that hold none.
fn depth(back: &[bool], width: usize) -> Plane {
    let values = back.iter().map(|&back| f32::from(u8::from(back))).collect();
    let wall = Plane { width, height: back.len() / width, values };
    let mut depth = wall.map(|_| 0.0);
    for radius in (2..=FRINGE).step_by(2) {
        let near = wall.mean(radius);
        let reached = depth.values.iter_mut().zip(&near.values).filter(|(_, share)| **share < 1e-6);
        reached.for_each(|(depth, _)| *depth = radius as f32 / FRINGE as f32);
    }
    depth
}

/// The person's colour near each pixel of the fringe: the mean of sure person over growing squares.
fn front(photo: &[Plane; 3], far: &Plane) -> [Plane; 3] {
    let mut front: [Plane; 3] = std::array::from_fn(|channel| photo[channel].map(|_| 0.0));
    let mut found = vec![false; far.values.len()];
    for radius in [FRINGE + 4, 2 * FRINGE, 4 * FRINGE, 8 * FRINGE] {
        let weight = far.mean(radius);
        let sums: [Plane; 3] = std::array::from_fn(|channel| {
            let product = photo[channel].values.iter().zip(&far.values).map(|(level, far)| level * far).collect();
            Plane { width: far.width, height: far.height, values: product }.mean(radius)
        });
        for (pixel, found) in found.iter_mut().enumerate() {
            if !*found && weight.values[pixel] > 0.01 {
                *found = true;
                (0..3).for_each(|channel| {
                    front[channel].values[pixel] = sums[channel].values[pixel] / weight.values[pixel];
                });
            }
        }
    }
    front
}
