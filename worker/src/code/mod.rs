//! `read_code`: the text of the one collection code (图像采集码) in a picture.
//!
//! The strong reader (zxing-cpp) looks first: it takes 1.2 ms a megapixel where there is no code. What it reads
//! is read again by the other (rqrr): where both read and disagree there is no text. What it does not read is
//! looked at closer: the whole picture at full size, then places where a code was seen or might be, each in
//! several treatments. The order and the number of looks are fixed, so a picture has one answer, whatever else the
//! machine does.

mod corners;
mod deblur;
mod finder;
mod patch;
mod reader;
mod region;
mod seen;
mod treat;

use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_shared::outcome::ReasonCode;

use self::deblur::Spectrum;
use self::patch::Patch;
use self::reader::{Threshold, plain, strong};
use self::seen::Seen;
use crate::model::Area;
use crate::stage::decode::{DecodeLimits, Source};

/// Most pixels of the first look: screenshots whole, photos of 12 megapixels at half size, which is decoded in
/// half the time.
const FIRST_PX: f32 = 4.2e6;
/// Most pixels of the closest look: 16 megapixels; more would only be larger, not sharper.
const CLOSEST_PX: f32 = 16.8e6;
/// Places that are looked at closer, at most; of those where nothing was seen, one.
const PLACES: usize = 2;
/// Longer side in pixels to which a place is scaled: 4 px for a module of the largest code, 177 modules.
const PLACE_SIDE: f32 = 720.0;
/// Most by which a place is enlarged: beyond that nothing new appears.
const ENLARGED_MAX: f32 = 2.0;
/// Widths of blur that are undone, in pixels of an enlarged place. Each serves a fifth more and a fifth less:
/// the strongly blurred codes of `qr_chsi_like` were read within that of their true blur.
const BLURS: [f32; 5] = [2.2, 2.9, 3.8, 5.0, 6.5];

/// Reads the code of a picture file.
///
/// # Errors
/// The reason for which the file is refused; whatever there is to say of the code is an outcome.
pub fn read(photo: &[u8], limits: &DecodeLimits) -> Result<ReadCodeOutcome, ReasonCode> {
    let source = Source::open(photo, limits)?;
    let mut seen = Seen::default();
    let first = Patch::whole(&source, FIRST_PX)?;
    look(&first, &mut seen);
    if !seen.is_any_read() {
        // Where nothing is busy at half size there is no code at full size either.
        let is_worth_it = first.step() > 1.0 && (seen.is_anything() || region::is_any_busy(&first.pixels));
        let closest = if is_worth_it { Patch::whole(&source, CLOSEST_PX)? } else { first.clone() };
        if first.step() > closest.step() {
            seen.add(&closest, strong(&closest.pixels, Threshold::Local));
            witness(&closest, &mut seen);
        }
        // Modules with gaps or glitter between them close when they shrink.
        let shrunk = first.shrunk();
        look(&shrunk, &mut seen);
        for place in places(&first, &seen) {
            if !seen.is_any_read() {
                look_closer(&closest, place, &mut seen);
            }
            if !seen.is_any_read() && finder::is_code(&part(&closest, place).pixels) {
                seen.add_unread(place);
            }
        }
        // Of a code that fills a large picture no cell is busy.
        if !seen.is_anything() && finder::is_code(&shrunk.pixels) {
            seen.add_unread(first.placed_area(patch::all(&first.pixels)));
        }
    }
    Ok(seen.outcome())
}

/// Looks at a patch as it is.
fn look(patch: &Patch, seen: &mut Seen) {
    for threshold in [Threshold::Local, Threshold::Global] {
        if !seen.is_any_read() {
            seen.add(patch, strong(&patch.pixels, threshold));
        }
    }
    witness(patch, seen);
}

/// Has what was read read again, by the other reader.
fn witness(patch: &Patch, seen: &mut Seen) {
    let read: Vec<_> = seen.read().map(corners::Corners::bounds).collect();
    for area in read {
        let near = part(patch, area);
        seen.add_read(&near, plain(&near.pixels));
    }
}

/// Where to look closer: at codes that were seen, then where one might be.
fn places(first: &Patch, seen: &Seen) -> Vec<Area> {
    let known = seen.unread().map(corners::Corners::bounds);
    let busy = region::busy(&first.pixels, 1).into_iter().map(|area| first.placed_area(area));
    known.chain(busy).take(PLACES).collect()
}

fn look_closer(patch: &Patch, place: Area, seen: &mut Seen) {
    let near = part(patch, place);
    let side = near.pixels.width().max(near.pixels.height());
    let treatments: [&dyn Fn() -> Patch; 4] = [
        &|| near.clone(),
        &|| near.treated(|pixels| treat::even(pixels, side / 12)),
        &|| near.treated(|pixels| treat::even(pixels, side / 40)),
        &|| near.treated(|pixels| treat::sharp(pixels, 6, 2.0)),
    ];
    for treatment in treatments {
        if seen.is_any_read() {
            return;
        }
        let treated = treatment();
        seen.add_read(&near, strong(&treated.pixels, Threshold::Local));
        seen.add_read(&near, plain(&treated.pixels));
    }
    if seen.is_any_read() || !deblur::is_blurred(&near.pixels) {
        return;
    }
    let mut spectrum = Spectrum::of(&near.pixels);
    for sigma in BLURS {
        if !seen.is_any_read() {
            seen.add_read(&near, strong(&spectrum.sharpened(sigma), Threshold::Local));
        }
    }
}

/// A place with some margin, enlarged where it is small.
fn part(patch: &Patch, area: Area) -> Patch {
    let margin = 0.15 * area.width.max(area.height);
    let area = Area {
        left: area.left - margin,
        top: area.top - margin,
        width: area.width + 2.0 * margin,
        height: area.height + 2.0 * margin,
    };
    let side = area.width.max(area.height) / patch.step();
    patch.part(area, (PLACE_SIDE / side).min(ENLARGED_MAX))
}
