//! Bytes to upright sRGB pixels, within limits checked before decoding.
//!
//! [`Source::open`] walks the file's structure and allocates nothing that grows with the picture, so a
//! bomb costs no memory. [`Source::pixels`] holds at most 4 bytes a pixel of the decoded scale, 3 more
//! while a picture is turned, and for a progressive JPEG the coefficients (2 bytes a sample at full
//! size) that its decoder keeps.

mod colour;
mod facts;
mod jpeg;
mod png;
mod sniff;
mod turn;
mod webp;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gradphoto_shared::outcome::ReasonCode;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};

use self::colour::Raster;
pub use self::facts::FileFacts;
use self::sniff::Format;

/// Least width and height in pixels. The built-in standards ask for a face of at least 72 px cheek to
/// cheek (`input.min_face_width_px`): a shorter side cannot hold one.
pub const MIN_SIDE_PX: u32 = 72;

/// What a photo may cost.
#[derive(Clone, Copy, Debug)]
pub struct DecodeLimits {
    /// Most bytes of a file.
    pub max_bytes: u64,
    /// Most pixels of a picture.
    pub max_pixels: u64,
}

/// A photo whose header was read and found lawful; pixels are decoded on demand.
pub struct Source<'a> {
    bytes: &'a [u8],
    header: Header<'a>,
}

/// What a format's own walk over the file found out.
struct Header<'a> {
    width: u32,
    height: u32,
    orientation: Orientation,
    /// What the camera wrote, as it stands in the file.
    exif: Option<&'a [u8]>,
    /// Whether the file's structure reaches its end mark.
    complete: bool,
    /// Whether the file holds a moving picture.
    animated: bool,
    body: Body<'a>,
}

/// The segments of a JPEG that its decoder needs before the first scan, each from its marker on; `None` for other
/// files and broken ones.
pub(crate) fn jpeg_tables(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    // Any file may come here, so the walk must not start inside another format.
    let survey = jpeg::Survey::of(bytes).ok().filter(|_| bytes.starts_with(&[0xff, 0xd8]))?;
    Some(survey.segments(bytes))
}

/// What the format's decoder needs to know besides the bytes.
enum Body<'a> {
    Jpeg(Box<jpeg::Survey<'a>>),
    Png,
    WebP { icc: Option<&'a [u8]> },
}

impl<'a> Source<'a> {
    /// Reads the header. The format is sniffed, names and types are not trusted.
    ///
    /// # Errors
    /// The reason for which the photo is refused: `empty_file`, `too_many_bytes`, `not_an_image`,
    /// `unsupported_format`, `too_many_pixels`, `too_small`, `animated`, `truncated` or `corrupt`.
    pub fn open(bytes: &'a [u8], limits: &DecodeLimits) -> Result<Self, ReasonCode> {
        if bytes.is_empty() {
            return Err(ReasonCode::EmptyFile);
        }
        if bytes.len() as u64 > limits.max_bytes {
            return Err(ReasonCode::TooManyBytes);
        }
        let header = guarded(|| match sniff::sniff(bytes)? {
            Format::Jpeg => jpeg::header(bytes),
            Format::Png => png::header(bytes),
            Format::WebP => webp::header(bytes),
        })?;
        header.check(limits)?;
        Ok(Self { bytes, header })
    }

    /// Width and height in pixels once upright (EXIF orientation applied).
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        let Header { width, height, orientation, .. } = self.header;
        if turn::swaps_sides(orientation) { (height, width) } else { (width, height) }
    }

    /// A JPEG's segments before its first scan that a decoder needs; `None` for other formats.
    pub(crate) fn jpeg_tables(&self) -> Option<Vec<&'a [u8]>> {
        let Body::Jpeg(survey) = &self.header.body else { return None };
        Some(survey.segments(self.bytes))
    }

    /// What the file says about itself.
    #[must_use]
    pub fn facts(&self) -> FileFacts {
        FileFacts::read(self.size(), self.header.exif)
    }

    /// Upright sRGB pixels at the smallest scale the decoder offers that is at least `scale` (0 to 1);
    /// transparent pixels on white.
    ///
    /// A JPEG offers 1/8, 1/4, 1/2 and 1 (sides rounded up), the other formats only 1. Turning and the
    /// colour profile come after scaling. A colour profile that cannot be read or does not fit the
    /// pixels is ignored with a line in the debug log, as browsers do.
    ///
    /// # Errors
    /// `truncated` or `corrupt`. A JPEG with an undecodable stretch is refused though a decoder could
    /// guess on: grey bands must not reach a certificate.
    pub fn pixels(&self, scale: f32) -> Result<RgbImage, ReasonCode> {
        guarded(|| {
            let (raster, icc) = self.decode(scale)?;
            Ok(turn::turn(raster.into_srgb(icc.as_deref())?, self.header.orientation))
        })
    }

    /// Upright brightness at the smallest scale the decoder offers that is at least `scale` (0 to 1).
    ///
    /// A JPEG's colours are left undecoded for it, and colour profiles out of account: patterns are looked for here,
    /// not tones.
    ///
    /// # Errors
    /// As [`Source::pixels`].
    pub fn grey(&self, scale: f32) -> Result<GrayImage, ReasonCode> {
        if let Body::Jpeg(survey) = &self.header.body {
            let bright = guarded(|| jpeg::brightness(self.bytes, survey, scale));
            if let Ok(Some(bright)) = bright {
                return Ok(turn::turn_grey(bright, self.header.orientation));
            }
        }
        // The usual way says what is wrong, too.
        Ok(DynamicImage::ImageRgb8(self.pixels(scale)?).into_luma8())
    }

    fn decode(&self, scale: f32) -> Result<(Raster, Option<Vec<u8>>), ReasonCode> {
        match &self.header.body {
            Body::Jpeg(survey) => Ok((jpeg::decode(self.bytes, survey, scale)?, survey.icc())),
            Body::Png => png::decode(self.bytes),
            Body::WebP { icc } => Ok((webp::decode(self.bytes)?, icc.map(<[u8]>::to_vec))),
        }
    }
}

/// Names the size only: photo bytes never reach a log.
impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = self.size();
        f.debug_struct("Source")
            .field("bytes", &self.bytes.len())
            .field("width", &width)
            .field("height", &height)
            .finish()
    }
}

impl Header<'_> {
    fn check(&self, limits: &DecodeLimits) -> Result<(), ReasonCode> {
        let mut work = u64::from(self.width) * u64::from(self.height);
        if let Body::Jpeg(survey) = &self.body {
            work = work.max(survey.scan_work());
        }
        if work > limits.max_pixels {
            Err(ReasonCode::TooManyPixels)
        } else if self.animated {
            Err(ReasonCode::Animated)
        } else if self.width.min(self.height) < MIN_SIDE_PX {
            Err(ReasonCode::TooSmall)
        } else if !self.complete {
            Err(ReasonCode::Truncated)
        } else {
            Ok(())
        }
    }
}

/// The orientation that an EXIF block asks for; upright where it says nothing lawful.
fn orientation(exif: Option<&[u8]>) -> Orientation {
    let tiff = exif.map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif));
    tiff.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

/// Runs a decoder. Format libraries index and add on bytes that a stranger sent; a panic in one of them
/// says that this file is broken, and must not take the worker's other photos along. Nothing outlives
/// the closure that a panic could leave half-changed.
fn guarded<T>(decode: impl FnOnce() -> Result<T, ReasonCode>) -> Result<T, ReasonCode> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| {
        tracing::warn!("a picture decoder panicked; the photo counts as corrupt");
        Err(ReasonCode::Corrupt)
    })
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::spec::Spec;

    use super::*;

    #[test]
    fn no_photo_is_too_small_here_that_a_standard_could_take() {
        for name in Spec::presets() {
            let spec = Spec::preset(name).expect("a lawful preset");
            assert!(MIN_SIDE_PX as f32 <= spec.input.min_face_width_px, "{name}");
        }
    }

    #[test]
    fn brightness_is_that_of_the_pixels_at_every_scale() {
        let picture = RgbImage::from_fn(160, 120, |x, y| image::Rgb([(x + 60) as u8, (2 * y) as u8, 90]));
        let mut file = std::io::Cursor::new(Vec::new());
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 95).encode_image(&picture).expect("a JPEG");
        let bytes = file.into_inner();
        let source = Source::open(&bytes, &DecodeLimits { max_bytes: 1 << 20, max_pixels: 1 << 20 }).expect("lawful");
        for scale in [1.0, 0.5, 0.25] {
            let (grey, colour) = (source.grey(scale).expect("sound"), source.pixels(scale).expect("sound"));
            assert_eq!(grey.dimensions(), colour.dimensions());
            for (grey, colour) in grey.pixels().zip(colour.pixels()) {
                let [red, green, blue] = colour.0.map(f32::from);
                // The weights of ITU-R BT.601, which JPEG names.
                let expected = 0.299 * red + 0.587 * green + 0.114 * blue;
                assert!((f32::from(grey[0]) - expected).abs() <= 3.0, "{grey:?} {colour:?}");
            }
        }
    }

    #[test]
    fn a_panic_in_a_decoder_is_a_corrupt_photo() {
        let answer: Result<(), ReasonCode> = guarded(|| panic!("as a library would"));
        assert_eq!(answer, Err(ReasonCode::Corrupt));
    }
}
