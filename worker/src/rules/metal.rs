//! Gold on skin, hair or cloth.

use gradphoto_shared::check::NotAssessed;

use crate::model::Area;
use crate::stage::plane::Plane;
use crate::stage::portrait::Portrait;

/// Radius in pixels of the portrait of what is round a thing: wider than a chain or a ring.
const ROUND: usize = 8;
/// By how many levels gold lacks more blue, against green, than what is round it. Skin, hair, cloth and their edges of
/// 49 portraits reach 25 in a ten-thousandth of the place; drawn gold passes 35 in half a hundredth of it.
const GOLDEN: f32 = 35.0;

/// Share of a place of the portrait that is golden against what is round it.
pub(super) fn share(portrait: &Portrait, place: Area) -> Result<f32, NotAssessed> {
    let (width, height) = portrait.pixels.dimensions();
    let range = |from: f32, length: f32, (first, last): (u32, u32)| {
        ((from.max(0.0) as u32).max(first), ((from + length).max(0.0) as u32).min(last))
    };
    let columns = range(place.left, place.width, (portrait.columns.0, portrait.columns.1.min(width)));
    let rows = range(place.top, place.height, (portrait.rows.0, portrait.rows.1.min(height)));
    let (across, down) = (columns.1.saturating_sub(columns.0), rows.1.saturating_sub(rows.0));
    // Half of the place must be there.
    if (across * down) as f32 * 2.0 < place.width * place.height || across == 0 {
        return Err(NotAssessed::NotInPicture);
    }
    let pixels = (rows.0..rows.1).flat_map(|row| (columns.0..columns.1).map(move |column| (column, row)));
    let lack = |(column, row): (u32, u32)| {
        let [_, green, blue] = portrait.pixels.get_pixel(column, row).0;
        f32::from(green) - f32::from(blue)
    };
    let plane = Plane { width: across as usize, height: down as usize, values: pixels.map(lack).collect() };
    let over = plane.zip(&plane.mean(ROUND), |level, round| level - round);
    Ok(over.values.iter().filter(|&&level| level > GOLDEN).count() as f32 / over.values.len() as f32)
}
