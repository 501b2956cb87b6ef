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
    relies_on: &[],
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
    let mut across = Steps::default();
    for row in levels.chunks_exact(width) {
        for (column, pair) in row.windows(2).enumerate() {
            across.add(column, (pair[0] - pair[1]).abs());
        }
    }
    let mut down = Steps::default();
    for row in 0..height - 1 {
        let (upper, lower) = (&levels[row * width..], &levels[(row + 1) * width..]);
        for (one, other) in upper[..width].iter().zip(&lower[..width]) {
            down.add(row, (one - other).abs());
        }
    }
    let (across, down) = (across.parted(), down.parted());
    let [inside, between] = [0, 1].map(|kind: usize| across[kind].and(down[kind]).mean());
    // Half a level: in a picture without any steps there is nothing to compare.
    Ok(Measure::of((between + 0.5) / (inside + 0.5)))
}

/// A sum of steps; of a hundred million pixels too.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    sum: f64,
    count: u32,
}

impl Sum {
    fn and(self, other: Self) -> Self {
        Self { sum: self.sum + other.sum, count: self.count + other.count }
    }

    fn mean(self) -> f32 {
        (self.sum / f64::from(self.count.max(1))) as f32
    }
}

/// Steps in one direction, by their place in the grid of blocks. Where blocks end is not known: what was cropped, turned
/// or mirrored after it was compressed has its grid elsewhere.
#[derive(Default)]
struct Steps([Sum; BLOCK]);

impl Steps {
    /// Adds the step behind a row or column.
    fn add(&mut self, at: usize, step: f32) {
        if step <= EDGE {
            let place = &mut self.0[at % BLOCK];
            *place = place.and(Sum { sum: step.into(), count: 1 });
        }
    }

    /// Steps inside of blocks, and those between them: of the places, the one with the greatest.
    fn parted(self) -> [Sum; 2] {
        let greatest = |one: &usize, other: &usize| self.0[*one].mean().total_cmp(&self.0[*other].mean());
        let end = (0..BLOCK).max_by(greatest).unwrap_or_default();
        let inside = (0..BLOCK).filter(|place| *place != end).map(|place| self.0[place]);
        [inside.fold(Sum::default(), Sum::and), self.0[end]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_apart_wherever_blocks_end() {
        for end in 0..BLOCK {
            let mut steps = Steps::default();
            for at in 0..16 {
                steps.add(at, if at % 8 == end { 5.0 } else { 1.0 });
            }
            steps.add(end, EDGE + 1.0);
            assert_eq!(steps.parted(), [Sum { sum: 14.0, count: 14 }, Sum { sum: 10.0, count: 2 }]);
        }
    }
}
