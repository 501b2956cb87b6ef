//! Compression has left no blocks.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::brightness;

/// Side of JPEG's blocks in pixels.
const BLOCK: usize = 8;
/// Steps past this are edges of things.
const EDGE: f32 = 40.0;

pub(super) const RULE: Rule = Rule {
    id: "compression",
    about: "Steps between the blocks of JPEG over those inside them.",
    unit: "ratio",
    low: None,
    high: Some(Advice {
        code: "compressed",
        en: "The picture was compressed too hard. Please upload the original file, not one sent through a chat.",
        zh: "图片压缩过度，请上传原图，不要使用聊天软件转发的图片。",
    }),
    needs: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    // A photo that was decoded smaller has pixels to spare, and its blocks are gone.
    if scene.view.scale < 0.99 {
        return Err(NotAssessed::NotInPicture);
    }
    let pixels = &scene.view.pixels;
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let levels = brightness::levels(pixels, 0..pixels.width(), 0..pixels.height()).values;
    let (mut sums, mut counts) = ([0.0_f32; 2], [0_u32; 2]);
    for row in levels.chunks_exact(width) {
        for (column, pair) in row.windows(2).enumerate() {
            add(&mut sums, &mut counts, column, (pair[0] - pair[1]).abs());
        }
    }
    for row in 0..height - 1 {
        let (upper, lower) = (&levels[row * width..], &levels[(row + 1) * width..]);
        for (one, other) in upper[..width].iter().zip(&lower[..width]) {
            add(&mut sums, &mut counts, row, (one - other).abs());
        }
    }
    let [inside, between] = [0, 1].map(|kind: usize| sums[kind] / counts[kind].max(1) as f32);
    // Half a level: in a picture without any steps there is nothing to compare.
    Ok(Measure::of((between + 0.5) / (inside + 0.5)))
}

/// Adds the step behind a row or column to the steps inside of blocks or between them.
fn add(sums: &mut [f32; 2], counts: &mut [u32; 2], at: usize, step: f32) {
    if step <= EDGE {
        let kind = usize::from(at % BLOCK == BLOCK - 1);
        sums[kind] += step;
        counts[kind] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_apart_by_where_blocks_end() {
        let (mut sums, mut counts) = ([0.0; 2], [0; 2]);
        for at in 0..16 {
            add(&mut sums, &mut counts, at, if at % 8 == 7 { 5.0 } else { 1.0 });
        }
        add(&mut sums, &mut counts, 7, EDGE + 1.0);
        assert_eq!((sums, counts), ([14.0, 10.0], [14, 2]));
    }
}
