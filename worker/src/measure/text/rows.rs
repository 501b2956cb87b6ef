//! Letters that stand in a row.

use super::Row;
use super::pieces::Piece;
use crate::model::{Area, Point};

/// Letters of a row are at most so many times as high, as far apart for a letter's height, as thick and as clear as
/// their neighbours: capitals are one and a half times as high as small letters, spaces of clocks as wide as high.
const HEIGHTS: f32 = 2.2;
const GAP: f32 = 1.5;
const THICKNESS: f32 = 1.8;
const CLEARNESS: f32 = 1.8;
/// Share of the lower letter's height at which both stand.
const BESIDE: f32 = 0.6;
/// Height of a row over that of its letters.
const ROW: f32 = 2.1;
/// Least letters in a row.
const LETTERS: usize = 3;
/// The same for rows that rise or fall, where letters have no height but a size: how alike and how far apart for it
/// they are, how far beside their line they stand, and how many they are.
const SLANTED_SIZES: f32 = 1.7;
const SLANTED_APART: f32 = 1.5;
const STRAIGHT: f32 = 0.25;
const SLANTED_LETTERS: usize = 4;
/// Deviation of the letters' ink over its mean: dots, checks and stitches are all alike.
const VARIETY: f32 = 0.1;
/// Pieces in a row and so far round it, in shares of its height, for each of its letters: commas and dots, but not the
/// many odd pieces of leaves, hair and cloth: without this, 7 of london's 98 and 17 of 203 of defects_real had rows of
/// more than 9 strokes (the head left out by an ellipse), with it none.
const CROWD: usize = 2;
const ROUND: f32 = 0.5;

/// The longest row of letters, level or not; they are some of the pieces.
pub(super) fn longest_of(mut letters: Vec<Piece>, pieces: &[Piece], tallest: f32) -> Option<Row> {
    letters.sort_by_key(|letter| letter.left);
    let level = groups(&letters, tallest, stand_beside).into_iter().map(|letters| (level(&letters), letters.len()));
    let slanted = groups(&letters, tallest, stand_near).into_iter().map(|letters| (slanted(&letters), letters.len()));
    let rows = level.chain(slanted).filter_map(|(row, count)| Some((row?, count)));
    let clear = rows.filter(|(row, count)| is_clear(&row.area, *count, pieces)).map(|(row, _)| row);
    clear.max_by(|one, other| one.strokes.total_cmp(&other.strokes))
}

/// Whether there is little but its letters where a row stands.
fn is_clear(area: &Area, letters: usize, pieces: &[Piece]) -> bool {
    let round = ROUND * area.height;
    let grown = Area {
        left: area.left - round,
        top: area.top - round,
        width: area.width + 2.0 * round,
        height: area.height + 2.0 * round,
    };
    pieces.iter().filter(|piece| grown.holds(piece.area().centre())).count() <= CROWD * letters
}

/// The letters that hang together; they are sorted by their left edges.
fn groups(letters: &[Piece], tallest: f32, are_neighbours: impl Fn(&Piece, &Piece) -> bool) -> Vec<Vec<Piece>> {
    let mut parents: Vec<usize> = (0..letters.len()).collect();
    for (at, letter) in letters.iter().enumerate() {
        let reach = letter.right as f32 + 2.0 * tallest;
        for (next, other) in
            letters.iter().enumerate().skip(at + 1).take_while(|(_, other)| (other.left as f32) < reach)
        {
            if are_neighbours(letter, other) {
                let (one, other) = (root(&parents, at), root(&parents, next));
                parents[one.max(other)] = one.min(other);
            }
        }
    }
    let mut groups = vec![Vec::new(); letters.len()];
    for (at, letter) in letters.iter().enumerate() {
        groups[root(&parents, at)].push(*letter);
    }
    groups
}

fn root(parents: &[usize], mut at: usize) -> usize {
    while parents[at] != at {
        at = parents[at];
    }
    at
}

fn are_alike(one: f32, other: f32, factor: f32) -> bool {
    one <= other * factor && other <= one * factor
}

/// Whether two pieces may be of one hand.
fn are_written_alike(one: &Piece, other: &Piece) -> bool {
    are_alike(one.stroke_width(), other.stroke_width(), THICKNESS)
        && are_alike(one.contrast(), other.contrast(), CLEARNESS)
}

/// Whether two letters stand beside each other.
fn stand_beside(one: &Piece, other: &Piece) -> bool {
    let (least, most) = (one.height().min(other.height()), one.height().max(other.height()));
    let shared = one.bottom.min(other.bottom) as f32 - one.top.max(other.top) as f32;
    let gap = one.left.max(other.left) as f32 - one.right.min(other.right) as f32;
    most <= HEIGHTS * least && shared >= BESIDE * least && gap <= GAP * most && are_written_alike(one, other)
}

/// Whether two letters stand near each other in any direction.
fn stand_near(one: &Piece, other: &Piece) -> bool {
    let apart = one.area().centre().distance(other.area().centre());
    are_alike(one.size(), other.size(), SLANTED_SIZES)
        && apart <= SLANTED_APART * one.size().max(other.size())
        && are_written_alike(one, other)
}

/// A level row, where the letters are one.
fn level(letters: &[Piece]) -> Option<Row> {
    let height = median(letters.iter().map(Piece::height).collect())?;
    let row = of(letters)?;
    (letters.len() >= LETTERS && row.area.height <= ROW * height).then_some(row)
}

/// A straight row in any direction, where the letters are one.
fn slanted(letters: &[Piece]) -> Option<Row> {
    if letters.len() < SLANTED_LETTERS {
        return None;
    }
    let size = median(letters.iter().map(Piece::size).collect())?;
    let count = letters.len() as f32;
    let places: Vec<Point> = letters.iter().map(|letter| letter.area().centre()).collect();
    let sum = places.iter().fold((0.0, 0.0), |sum, place| (sum.0 + place.x, sum.1 + place.y));
    let [across, down, both] = places.iter().fold([0.0; 3], |[across, down, both], place| {
        let (x, y) = (place.x - sum.0 / count, place.y - sum.1 / count);
        [across + x * x / count, down + y * y / count, both + x * y / count]
    });
    // The lesser of the two variances along the axes of the letters' places.
    let half = (across + down) / 2.0;
    let least = half - ((across - down).powi(2) / 4.0 + both * both).sqrt();
    if least.max(0.0).sqrt() > STRAIGHT * size { None } else { of(letters) }
}

/// Letters as a row, unless they are all alike.
fn of(letters: &[Piece]) -> Option<Row> {
    let count = letters.len() as f32;
    let mean = letters.iter().map(|letter| letter.count as f32).sum::<f32>() / count;
    let variance = letters.iter().map(|letter| (letter.count as f32 - mean).powi(2)).sum::<f32>() / count;
    if variance.sqrt() < VARIETY * mean {
        return None;
    }
    let area = letters.iter().map(Piece::area).reduce(|one: Area, other| one.with(&other))?;
    Some(Row { strokes: letters.iter().map(Piece::strokes).sum(), area })
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}
