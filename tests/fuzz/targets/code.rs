//! Modules of a code to its text: the first byte says how many modules and whether the corner marks are drawn, the
//! rest are the modules.

#![no_main]

use gradphoto_fuzz::{LIMITS, MODULES, drawn, end_at_own_panics, grey_png};
use gradphoto_worker::code::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: end_at_own_panics(), |bytes: &[u8]| {
    let Some((first, bits)) = bytes.split_first() else { return };
    let side = MODULES.0 + MODULES.1 * u32::from(first & 15);
    let (side, samples) = drawn(side, bits, first & 128 == 0);
    read(&grey_png(side, &samples), &LIMITS).expect("a sound picture");
});
