//! What the fuzz targets share.

use gradphoto_worker::stage::decode::DecodeLimits;

/// Limits under which a file of a few kilobytes may be unfolded thousands of times a second.
pub const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 1 << 20, max_pixels: 1 << 20 };

/// Ends the process at a panic in our own code, and lets those of libraries unwind to the guards that our code
/// has for them. libFuzzer's own hook ends it at every panic, also at those that are caught.
pub fn end_at_own_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or("nowhere", |place| place.file());
        if !place.contains("/registry/") && !place.contains("/rustc/") {
            eprintln!("{panic}");
            std::process::abort();
        }
    }));
}

/// A length written in two bytes, and as much of the rest as there is of it; then what follows.
#[must_use]
pub fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else { return (bytes, &[]) };
    rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()))
}

/// A grey 8-bit PNG.
///
/// # Panics
/// When `samples` has not `side` times `side` bytes.
#[must_use]
pub fn grey_png(side: u32, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header().expect("a lawful header").write_image_data(samples).expect("all samples");
    file
}

/// Least modules in a row of a QR code (version 1), and how many more each further version has.
pub const MODULES: (u32, u32) = (21, 4);

/// Draws `bits` as the modules of a QR code of `side` modules in a row, three pixels each, four modules of white
/// round them, and lays the three corner marks over them where `with_corners` says so: without them, no reader
/// would look any further.
#[must_use]
pub fn drawn(side: u32, bits: &[u8], with_corners: bool) -> (u32, Vec<u8>) {
    const SCALE: u32 = 3;
    const QUIET: u32 = 4;
    let is_dark = |column: u32, row: u32| {
        let corner = corner(side, column, row).filter(|_| with_corners);
        corner.unwrap_or_else(|| {
            let bit = (row * side + column) as usize;
            bits.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
        })
    };
    let whole = (side + 2 * QUIET) * SCALE;
    let level = |at: u32| {
        let (column, row) = ((at % whole) / SCALE, (at / whole) / SCALE);
        let inside = |place: u32| place.checked_sub(QUIET).filter(|place| *place < side);
        match (inside(column), inside(row)) {
            (Some(column), Some(row)) if is_dark(column, row) => 0,
            _ => 255,
        }
    };
    (whole, (0..whole * whole).map(level).collect())
}

/// Whether a module of a corner mark is dark; `None` for the others. A mark has seven modules a side and one of
/// white round it.
fn corner(side: u32, column: u32, row: u32) -> Option<bool> {
    let near = |at: u32| if at < 8 { Some(at) } else { (side - 1).checked_sub(at).filter(|at| *at < 8) };
    let (x, y) = (near(column)?, near(row)?);
    if column >= 8 && row >= 8 {
        return None;
    }
    let ring = 3_u32.abs_diff(x).max(3_u32.abs_diff(y));
    Some(ring <= 1 || ring == 3)
}
