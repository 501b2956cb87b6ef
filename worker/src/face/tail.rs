//! How alike the people of a gallery are: for each, the best likeness to anybody else. Whoever is searched for and is
//! not in the gallery meets scores like these, so their upper tail is where chance ends.

/// Most faces that are followed: each costs a look at the whole gallery once. With 512 the tail's place is known to 0.01.
const MOST: usize = 512;
/// Euler's constant, the mean of the standard Gumbel distribution.
const EULER: f64 = 0.577_215_664_9;

/// The best scores of a sample of the gallery. Which faces are in the sample depends on the photos alone, not on the
/// order in which they came, so that all workers decide alike.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    samples: Vec<Sample>,
    /// Each row's number in the draw; the lowest are followed.
    draws: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    row: usize,
    /// The most alike of the others, and its score.
    best: Option<(usize, f32)>,
}

impl Tail {
    /// Follows the gallery in which `row` is new and last; `score` is the likeness of two rows, where they are two people.
    pub(super) fn add(&mut self, row: usize, draw: u64, score: impl Fn(usize, usize) -> Option<f32>) {
        for sample in &mut self.samples {
            sample.meet(row, &score);
        }
        self.draws.push(draw);
        if self.samples.len() < MOST {
            self.samples.push(Sample::of(row, self.draws.len(), &score));
            return;
        }
        let drawn = |at: &usize| self.draws[self.samples[*at].row];
        let highest = (0..self.samples.len()).max_by_key(drawn).expect("there are as many as are followed");
        if draw < drawn(&highest) {
            self.samples[highest] = Sample::of(row, self.draws.len(), &score);
        }
    }

    /// Follows the gallery in which `row` was taken out and `last` put in its place.
    pub(super) fn take_out(&mut self, row: usize, last: usize, score: impl Fn(usize, usize) -> Option<f32>) {
        self.draws.swap_remove(row);
        let was_followed = self.samples.iter().any(|sample| sample.row == row);
        self.samples.retain(|sample| sample.row != row);
        for sample in &mut self.samples {
            if sample.row == last {
                sample.row = row;
            }
        }
        for sample in &mut self.samples {
            match &mut sample.best {
                Some((of, _)) if *of == row => *sample = Sample::of(sample.row, self.draws.len(), &score),
                Some((of, _)) if *of == last => *of = row,
                _ => {}
            }
        }
        let followed: Vec<usize> = self.samples.iter().map(|sample| sample.row).collect();
        let next = (0..self.draws.len()).filter(|row| !followed.contains(row)).min_by_key(|row| self.draws[*row]);
        if let (true, Some(row)) = (was_followed, next) {
            self.samples.push(Sample::of(row, self.draws.len(), &score));
        }
    }

    /// The score that a share `chance` of people who are not in the gallery would reach there; `None` without two
    /// scores.
    ///
    /// The nearest of many strangers is the least of many distances, which follows a Weibull distribution, so that its
    /// logarithm follows Gumbel's. With `chance` 0.003, galleries of 50, 100, 200 and 247 people of `lfw_search` showed
    /// somebody to 0.28, 0.21, 0.27 and 0.35 % of strangers; Gumbel's distribution of the scores themselves asks for
    /// more than is needed (`dlib_resnet_128`: 72 % of the right people fell below, against 46 %).
    pub(super) fn score_by_chance(&self, chance: f64) -> Option<f32> {
        let nearness = |score: f32| -(1.0 - f64::from(score)).max(1e-6).ln();
        let near: Vec<f64> = self.samples.iter().filter_map(|sample| Some(nearness(sample.best?.1))).collect();
        if near.len() < 2 {
            return None;
        }
        let count = near.len() as f64;
        let mean = near.iter().sum::<f64>() / count;
        let deviation = (near.iter().map(|near| (near - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
        let scale = deviation * 6.0_f64.sqrt() / std::f64::consts::PI;
        let standard = -(-(1.0 - chance).ln()).ln();
        Some((1.0 - (-(mean + scale * (standard - EULER))).exp()) as f32)
    }
}

impl Sample {
    /// The most alike of `count` rows.
    fn of(row: usize, count: usize, score: impl Fn(usize, usize) -> Option<f32>) -> Self {
        let mut sample = Self { row, best: None };
        for other in (0..count).filter(|other| *other != row) {
            sample.meet(other, &score);
        }
        sample
    }

    fn meet(&mut self, other: usize, score: impl Fn(usize, usize) -> Option<f32>) {
        let Some(score) = score(self.row, other) else { return };
        if self.best.is_none_or(|(_, best)| score > best) {
            self.best = Some((other, score));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Likeness of rows by what stands there.
    fn scorer(values: &[f32]) -> impl Fn(usize, usize) -> Option<f32> + '_ {
        |one, other| Some(1.0 - (values[one] - values[other]).abs())
    }

    fn best(tail: &Tail) -> Vec<(usize, f32)> {
        let mut best: Vec<_> = tail.samples.iter().filter_map(|s| Some((s.row, s.best?.1))).collect();
        best.sort_by_key(|(row, _)| *row);
        best
    }

    #[test]
    fn it_follows_what_comes_and_goes() {
        let mut values = vec![0.0, 0.5, 0.7, 0.1];
        let mut tail = Tail::default();
        for row in 0..values.len() {
            tail.add(row, row as u64, scorer(&values));
        }
        let is_near = |tail: &Tail, expected: &[f32]| {
            let found = best(tail);
            assert_eq!(found.len(), expected.len());
            found.iter().zip(expected).for_each(|((_, found), due)| assert!((found - due).abs() < 1e-6, "{found:?}"));
        };
        is_near(&tail, &[0.9, 0.8, 0.8, 0.9]);
        values.swap_remove(1);
        tail.take_out(1, 3, scorer(&values));
        is_near(&tail, &[0.9, 0.9, 0.4]);
    }

    #[test]
    fn who_is_followed_does_not_depend_on_the_order() {
        let count = MOST + 40;
        let draw = |photo: usize| (photo as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let followed = |order: &[usize]| {
            let mut tail = Tail::default();
            order.iter().enumerate().for_each(|(row, photo)| tail.add(row, draw(*photo), |_, _| Some(0.5)));
            let mut photos: Vec<usize> = tail.samples.iter().map(|sample| order[sample.row]).collect();
            photos.sort_unstable();
            photos
        };
        let order: Vec<usize> = (0..count).collect();
        let backwards: Vec<usize> = (0..count).rev().collect();
        assert_eq!(followed(&order), followed(&backwards));
        assert_eq!(followed(&order).len(), MOST);
    }

    #[test]
    fn the_tail_is_that_of_the_nearest_of_many() {
        // Logarithms of distances of mode ln 0.7 and scale 0.06, drawn evenly.
        let score = |share: f64| 1.0 - (0.7_f64.ln() + 0.06 * (-share.ln()).ln()).exp();
        let shares = (0..400).map(|at| (f64::from(at) + 0.5) / 400.0);
        let samples = shares.map(|share| Sample { row: 0, best: Some((1, score(share) as f32)) }).collect();
        let tail = Tail { samples, draws: Vec::new() };
        for chance in [0.5, 0.05, 0.003] {
            let (found, expected) = (tail.score_by_chance(chance).expect("many scores"), score(1.0 - chance) as f32);
            assert!((found - expected).abs() < 0.01, "{chance}: {found} for {expected}");
        }
        let alike = Tail { samples: vec![Sample { row: 0, best: Some((1, 1.0)) }; 9], draws: Vec::new() };
        assert!(alike.score_by_chance(0.003).is_some_and(f32::is_finite));
        assert_eq!(Tail::default().score_by_chance(0.01), None);
    }
}
