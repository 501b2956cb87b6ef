//! What is shown of a forehead where the photo cuts the crown: a brim is neither hair nor of the skin's colour.

use gradphoto_shared::check::NotAssessed;

use super::crown::AboveBrows;
use super::region::{CHEEKS, Colour, balance, chroma, colour, median, patches};
use super::{Measure, Measured, Subject};

/// From the brows to the photo's edge, and beside the middle of the face, in its widths.
const OVER_BROWS: f32 = 0.06;
const HIGH: f32 = 0.6;
const BESIDE: f32 = 0.38;
/// Least rows of the portrait that tell anything: a twelfth of the face's width.
const LEAST_ROWS: u32 = 16;
/// Largest less smallest level of cheeks that have no colour to compare with: greyscale photos have 0, the palest
/// coloured cheeks 33 (11 hats).
const GREY: f32 = 15.0;
/// How many times farther than skin's own mean distance a colour lies from its middle that is not skin's.
const UNLIKE: f32 = 5.0;
/// Least mean distance: even skin under even light varies less than cameras tell colours apart.
const EVEN: f32 = 1.6;

/// Share of what is shown above the brows that is neither hair nor skin, nor of the cheeks' colour whatever its
/// brightness.
pub(super) fn measure(subject: &Subject<'_>) -> Measured {
    let masks = &subject.readings.masks;
    masks.are_whole()?;
    let place = AboveBrows::of(subject, OVER_BROWS, HIGH, BESIDE);
    let cheeks = patches(subject, CHEEKS.as_flattened());
    let skin = median(&cheeks).filter(|&middle| place.height() >= LEAST_ROWS && chroma(middle) >= GREY);
    let skin = skin.and_then(|_| Skin::of(&cheeks)).ok_or(NotAssessed::NotInPicture)?;
    let (mut all, mut strange) = (0_u32, 0_u32);
    for (column, row) in place.pixels() {
        let is_bare = subject.is_bare(column, row);
        all += 1;
        strange += u32::from(!is_bare && !skin.has(colour(subject.portrait.pixels.get_pixel(column, row))));
    }
    Ok(Measure::of(strange as f32 / all.max(1) as f32).in_area(place.area(subject)).coarsely())
}

/// What colours skin has, without brightness.
struct Skin {
    middle: Colour,
    /// How far each channel may lie from the middle.
    reach: Colour,
}

impl Skin {
    fn of(cheeks: &[Colour]) -> Option<Self> {
        let balances: Vec<Colour> = cheeks.iter().copied().map(balance).collect();
        let middle = median(&balances)?;
        let reach = |channel: usize| {
            let distances = balances.iter().map(|balance| (balance[channel] - middle[channel]).abs());
            (distances.sum::<f32>() / balances.len() as f32).max(EVEN) * UNLIKE
        };
        Some(Self { middle, reach: [reach(0), reach(1), reach(2)] })
    }

    fn has(&self, colour: Colour) -> bool {
        let balance = balance(colour);
        (0..3).all(|channel| (balance[channel] - self.middle[channel]).abs() <= self.reach[channel])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skin_in_shade_is_skin_and_cloth_is_not() {
        // Cheeks from (180, 130, 110) to (200, 140, 120).
        let cheeks: Vec<Colour> = (0..=20)
            .map(|step| step as f32)
            .map(|step| [180.0 + step, 130.0 + step / 2.0, 110.0 + step / 2.0])
            .collect();
        let skin = Skin::of(&cheeks).expect("cheeks");
        for (colour, expected) in [
            ([190.0, 135.0, 115.0], true),
            ([95.0, 67.0, 57.0], true),
            ([230.0, 164.0, 140.0], true),
            ([200.0, 200.0, 200.0], false),
            ([60.0, 90.0, 50.0], false),
            ([40.0, 42.0, 60.0], false),
        ] {
            assert_eq!(skin.has(colour), expected, "{colour:?}");
        }
        assert!(Skin::of(&[]).is_none());
    }
}
