//! The detector `blazeface-full-192`: 192x192 RGB -1..1 to one box a cell of 4x4 pixels.

use gradphoto_shared::Result;
use image::RgbImage;

use super::runtime::Net;
use super::{Area, Face, Point, Runtime};
use crate::pack::ModelFile;

/// Least score of the surest face: the network's own default for the full range. With 0.5 four of 25 masked faces, of
/// which base can tell no mask, were found.
const MIN_SCORE: f32 = 0.6;
/// Least score of another face beside it. One that the photo's border cuts has 0.58; of 514 photos of one person in
/// `london`, `synth_east_asian`, `deepface_pairs` and `defects_derived` one shows anything else from 0.3 on, under 0.4.
const MIN_OTHER: f32 = 0.5;
/// Cells across and down, and pixels a cell.
const CELLS: usize = 48;
const CELL_PX: f32 = 4.0;
/// Numbers a cell answers: the box, then six points.
const NUMBERS: usize = 16;

/// BlazeFace, full range.
#[derive(Debug)]
pub struct BlazeFace {
    net: Net,
}

impl BlazeFace {
    /// Side of its input in pixels.
    pub(super) const SIDE: u32 = 192;

    pub(super) fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, "detect", &[1, side, side, 3])? })
    }

    pub(super) fn find(&mut self, square: &RgbImage) -> Result<Vec<Face>> {
        let input: Vec<f32> = square.as_raw().iter().map(|&level| f32::from(level) / 127.5 - 1.0).collect();
        self.net.run(&input, |outputs| {
            let logits = outputs.numbers("Identity_1", CELLS * CELLS)?;
            let numbers = outputs.numbers("Identity", CELLS * CELLS * NUMBERS)?;
            let cells = logits.iter().zip(numbers.chunks_exact(NUMBERS)).enumerate();
            let faces: Vec<Face> =
                cells.filter_map(|(cell, (&logit, numbers))| read_cell(cell, logit, numbers)).collect();
            Ok(if is_sure(&faces) { faces } else { Vec::new() })
        })
    }
}

/// Whether one of some faces is surely one.
fn is_sure(faces: &[Face]) -> bool {
    faces.iter().any(|face| face.score >= MIN_SCORE)
}

/// The face of a cell; places count from the cell's middle.
fn read_cell(cell: usize, logit: f32, numbers: &[f32]) -> Option<Face> {
    let score = 1.0 / (1.0 + (-logit).exp());
    if score < MIN_OTHER {
        return None;
    }
    let middle = Point { x: ((cell % CELLS) as f32 + 0.5) * CELL_PX, y: ((cell / CELLS) as f32 + 0.5) * CELL_PX };
    let place = |at: usize| Point { x: middle.x + numbers[at], y: middle.y + numbers[at + 1] };
    let (centre, width, height) = (place(0), numbers[2], numbers[3]);
    let area = Area { left: centre.x - width / 2.0, top: centre.y - height / 2.0, width, height };
    Some(Face { area, left_eye: place(4), right_eye: place(6), score })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_counts_from_its_middle() {
        let mut numbers = [0.0; NUMBERS];
        numbers[..8].copy_from_slice(&[1.0, -1.0, 20.0, 30.0, -5.0, -4.0, 5.0, -4.0]);
        let face = read_cell(48 + 2, 3.0, &numbers).expect("sure enough");
        assert_eq!(face.area, Area { left: 1.0, top: -10.0, width: 20.0, height: 30.0 });
        assert_eq!((face.left_eye, face.right_eye), (Point { x: 5.0, y: 2.0 }, Point { x: 15.0, y: 2.0 }));
        assert!(read_cell(0, -0.1, &numbers).is_none());
    }

    #[test]
    fn a_weak_face_counts_beside_a_sure_one_only() {
        let faces = |logits: &[f32]| -> Vec<Face> {
            logits.iter().filter_map(|&logit| read_cell(0, logit, &[10.0; NUMBERS])).collect()
        };
        for (logits, count, sure) in [(&[2.0, 0.2][..], 2, true), (&[0.2], 1, false), (&[2.0, -0.2], 1, true)] {
            let faces = faces(logits);
            assert_eq!((faces.len(), is_sure(&faces)), (count, sure), "{logits:?}");
        }
    }
}
