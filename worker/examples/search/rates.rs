//! Shares of a whole as they stand in tables.

/// 1.96 deviations hold 95 percent.
const DEVIATIONS: f64 = 1.96;

/// A part of a whole with the upper end of its interval, for example `2/40 (5.0 %, at most 16.5 %)`.
pub(crate) fn share(part: usize, whole: usize) -> String {
    told(part, whole, "at most", ends(part, whole)[1])
}

/// A part of a whole with the lower end of its interval, for what should be large.
pub(crate) fn share_at_least(part: usize, whole: usize) -> String {
    told(part, whole, "at least", ends(part, whole)[0])
}

fn told(part: usize, whole: usize, end: &str, bound: f64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    format!("{part}/{whole} ({:.1} %, {end} {:.1} %)", 100.0 * part as f64 / whole as f64, 100.0 * bound)
}

/// Both ends of Wilson's interval of 95 percent.
fn ends(part: usize, whole: usize) -> [f64; 2] {
    let (count, share) = (whole.max(1) as f64, part as f64 / whole.max(1) as f64);
    let square = DEVIATIONS * DEVIATIONS;
    let spread = DEVIATIONS * (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
    let middle = share + square / (2.0 * count);
    [middle - spread, middle + spread].map(|end| end / (1.0 + square / count))
}

/// Least, median and greatest of some numbers.
pub(crate) fn range(mut values: Vec<f32>) -> String {
    values.sort_by(f32::total_cmp);
    match (values.first(), values.last()) {
        (Some(least), Some(most)) => format!("{least:.3} / {:.3} / {most:.3}", values[values.len() / 2]),
        _ => "-".to_owned(),
    }
}
