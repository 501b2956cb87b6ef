//! JPEG through libjpeg-turbo, scaled while decoding.

mod survey;

use gradphoto_shared::outcome::ReasonCode;
use image::GrayImage;
use turbojpeg::{Decompressor, Error, Image, PixelFormat, ScalingFactor};

pub(super) use self::survey::Survey;
use super::colour::{Channels, Raster};
use super::{Body, Header, orientation};

/// Most scans of a file. Encoders write about ten; each further one lets a small file cost another pass
/// over all coefficients.
const MAX_SCANS: u32 = 100;

/// The scales that libjpeg-turbo has vector code for, with their shares.
const SCALES: [(f32, ScalingFactor); 3] =
    [(0.125, ScalingFactor::ONE_EIGHTH), (0.25, ScalingFactor::ONE_QUARTER), (0.5, ScalingFactor::ONE_HALF)];

/// Walks the markers without decoding.
pub(super) fn header(bytes: &[u8]) -> Result<Header<'_>, ReasonCode> {
    let survey = Survey::of(bytes)?;
    if survey.scans > MAX_SCANS {
        return Err(ReasonCode::Corrupt);
    }
    Ok(Header {
        width: survey.frame.width,
        height: survey.frame.height,
        orientation: orientation(survey.exif),
        exif: survey.exif,
        complete: survey.complete,
        animated: false,
        body: Body::Jpeg(Box::new(survey)),
    })
}

/// Samples at the smallest offered scale that is at least `scale`.
pub(super) fn decode(bytes: &[u8], survey: &Survey<'_>, scale: f32) -> Result<Raster, ReasonCode> {
    let (channels, format) = match survey.frame.components {
        1 => (Channels::Grey, PixelFormat::GRAY),
        3 => (Channels::Rgb, PixelFormat::RGB),
        _ => (Channels::Cmyk, PixelFormat::CMYK),
    };
    let factor = factor(scale);
    let (width, height) = (factor.scale(survey.frame.width as usize), factor.scale(survey.frame.height as usize));
    let pitch = width * channels.count();
    let mut data = vec![0; pitch * height];
    let done = decompress(&survey.pure(bytes), factor, Image { pixels: &mut data, width, pitch, height, format });
    done.or_else(|cause| tolerated(&cause))?;
    if channels == Channels::Cmyk && survey.ink_is_inverted() {
        data.iter_mut().for_each(|ink| *ink = 255 - *ink);
    }
    let side = |side: usize| u32::try_from(side).map_err(|_| ReasonCode::Corrupt);
    Ok(Raster { channels, width: side(width)?, height: side(height)?, data })
}

/// The brightness alone, at the smallest offered scale that is at least `scale`; `None` for ink.
pub(super) fn brightness(bytes: &[u8], survey: &Survey<'_>, scale: f32) -> Result<Option<GrayImage>, ReasonCode> {
    if ![1, 3].contains(&survey.frame.components) {
        return Ok(None);
    }
    let factor = factor(scale);
    let (width, height) = (factor.scale(survey.frame.width as usize), factor.scale(survey.frame.height as usize));
    let mut pixels = vec![0; width * height];
    let image = Image { pixels: pixels.as_mut_slice(), width, pitch: width, height, format: PixelFormat::GRAY };
    decompress(&survey.pure(bytes), factor, image).or_else(|cause| tolerated(&cause))?;
    let side = |side: usize| u32::try_from(side).map_err(|_| ReasonCode::Corrupt);
    Ok(GrayImage::from_raw(side(width)?, side(height)?, pixels))
}

/// The smallest offered scale that is at least `scale`.
fn factor(scale: f32) -> ScalingFactor {
    SCALES.iter().find(|(share, _)| *share >= scale).map_or(ScalingFactor::ONE, |(_, factor)| *factor)
}

fn decompress(pure: &[u8], factor: ScalingFactor, image: Image<&mut [u8]>) -> Result<(), Error> {
    let mut decompressor = Decompressor::new()?;
    decompressor.set_scan_limit(MAX_SCANS)?;
    decompressor.set_scaling_factor(factor)?;
    decompressor.decompress(pure, image)
}

/// Which of the decoder's complaints a sound photo may carry.
///
/// The library answers a warning, after which all pixels are there, like an error and gives the first
/// one's text only. Filler before a marker and slack scan parameters come from cameras and editors whose
/// pictures are whole; everything else is a hole in the picture. The names of these warnings are fixed in
/// libjpeg's `jerror.h` since 1991.
fn tolerated(cause: &Error) -> Result<(), ReasonCode> {
    let text = cause.to_string();
    let says = |part: &str| text.contains(part);
    if says("extraneous bytes before marker") || says("Invalid SOS parameters for sequential JPEG") {
        tracing::debug!("a harmless flaw in a JPEG was passed over");
        Ok(())
    } else if says("remature end of") {
        Err(ReasonCode::Truncated)
    } else {
        Err(ReasonCode::Corrupt)
    }
}
