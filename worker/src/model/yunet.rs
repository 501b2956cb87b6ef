//! The detector `yunet-640`: 640x640 BGR 0..255 to boxes at strides 8, 16 and 32.

use gradphoto_shared::Result;
use image::RgbImage;

use super::runtime::{Net, Outputs};
use super::tensor::{Order, planes};
use super::{Area, Face, Point, Runtime};
use crate::pack::ModelFile;

/// Least score of a face. Every frontal face of 110 photos scored 0.87 to 0.95; the network's own default.
const MIN_SCORE: f32 = 0.6;
/// The outputs of each stride: class, objectness, box, key points.
const STRIDES: [(u16, [&str; 4]); 3] = [
    (8, ["cls_8", "obj_8", "bbox_8", "kps_8"]),
    (16, ["cls_16", "obj_16", "bbox_16", "kps_16"]),
    (32, ["cls_32", "obj_32", "bbox_32", "kps_32"]),
];

/// YuNet.
#[derive(Debug)]
pub struct YuNet {
    net: Net,
}

impl YuNet {
    /// Side of its input in pixels.
    pub(super) const SIDE: u32 = 640;

    pub(super) fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, "detect", &[1, 3, side, side])? })
    }

    pub(super) fn find(&mut self, square: &RgbImage) -> Result<Vec<Face>> {
        let input = planes(square, Order::Bgr, |_, level| level);
        self.net.run(&input, |outputs| {
            let mut faces = Vec::new();
            for (stride, names) in STRIDES {
                read_stride(outputs, stride, names, &mut faces)?;
            }
            Ok(faces)
        })
    }
}

fn read_stride(outputs: &Outputs<'_>, stride: u16, names: [&str; 4], faces: &mut Vec<Face>) -> Result<()> {
    let across = YuNet::SIDE as usize / usize::from(stride);
    let cells = across * across;
    let class = outputs.numbers(names[0], cells)?;
    let object = outputs.numbers(names[1], cells)?;
    let boxes = outputs.numbers(names[2], cells * 4)?;
    let points = outputs.numbers(names[3], cells * 10)?;
    let step = f32::from(stride);
    for cell in 0..cells {
        let score = (class[cell].clamp(0.0, 1.0) * object[cell].clamp(0.0, 1.0)).sqrt();
        if score < MIN_SCORE {
            continue;
        }
        let (column, row) = ((cell % across) as f32, (cell / across) as f32);
        let b = &boxes[cell * 4..cell * 4 + 4];
        let k = &points[cell * 10..cell * 10 + 10];
        let (width, height) = (b[2].exp() * step, b[3].exp() * step);
        let centre = Point { x: (column + b[0]) * step, y: (row + b[1]) * step };
        faces.push(Face {
            area: Area { left: centre.x - width / 2.0, top: centre.y - height / 2.0, width, height },
            left_eye: Point { x: (k[0] + column) * step, y: (k[1] + row) * step },
            right_eye: Point { x: (k[2] + column) * step, y: (k[3] + row) * step },
            score,
        });
    }
    Ok(())
}
