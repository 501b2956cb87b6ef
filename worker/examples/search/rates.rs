//! Shares of a whole as they stand in tables.

/// 1.96 deviations hold 95 percent.
const DEVIATIONS: f64 = 1.96;

/// A part of a whole with the upper end of its interval, for example `2/40 (5.0 %, at most 16.5 %)`.
pub(crate) fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let percent = 100.0 * part as f64 / whole as f64;
    format!("{part}/{whole} ({percent:.1} %, at most {:.1} %)", 100.0 * upper(part, whole))
}

/// The upper end of Wilson's interval of 95 percent.
fn upper(part: usize, whole: usize) -> f64 {
    let (count, share) = (whole as f64, part as f64 / whole as f64);
    let square = DEVIATIONS * DEVIATIONS;
    let spread = (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
    (share + square / (2.0 * count) + DEVIATIONS * spread) / (1.0 + square / count)
}

/// Least, median and greatest of some numbers.
pub(crate) fn range(mut values: Vec<f32>) -> String {
    values.sort_by(f32::total_cmp);
    match (values.first(), values.last()) {
        (Some(least), Some(most)) => format!("{least:.3} / {:.3} / {most:.3}", values[values.len() / 2]),
        _ => "-".to_owned(),
    }
}
