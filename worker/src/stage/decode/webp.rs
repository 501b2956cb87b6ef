//! WebP, lossy and lossless, through `image`.

use std::io::Cursor;

use gradphoto_shared::outcome::ReasonCode;
use image::codecs::webp::WebPDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::colour::{Channels, Raster};
use super::{Body, Header, orientation};

/// Bytes of the outer header: `RIFF`, size, `WEBP`.
const OUTER_BYTES: usize = 12;

/// Walks the chunks without unpacking any, then lets the decoder read the sides.
pub(super) fn header(bytes: &[u8]) -> Result<Header<'_>, ReasonCode> {
    let declared = bytes.get(4..8).and_then(|size| size.try_into().ok()).map_or(0, u32::from_le_bytes) as usize;
    // The declared size counts from behind itself; bytes past it belong to somebody else.
    let end = declared.saturating_add(8).min(bytes.len());
    let mut rest = bytes.get(OUTER_BYTES..end).ok_or(ReasonCode::Corrupt)?;
    let (mut exif, mut icc, mut animated) = (None, None, false);
    let mut complete = declared.saturating_add(8) <= bytes.len();
    while rest.len() >= 8 {
        let Some((kind, data, after)) = chunk(rest) else {
            complete = false;
            break;
        };
        match kind {
            b"EXIF" => exif = Some(data),
            b"ICCP" => icc = Some(data),
            b"ANIM" | b"ANMF" => animated = true,
            _ => {}
        }
        rest = after;
    }
    let (width, height) = match sides(bytes) {
        Ok(sides) => sides,
        Err(_) if animated => return Err(ReasonCode::Animated),
        Err(_) if !complete => return Err(ReasonCode::Truncated),
        Err(code) => return Err(code),
    };
    Ok(Header { width, height, orientation: orientation(exif), exif, complete, animated, body: Body::WebP { icc } })
}

fn sides(bytes: &[u8]) -> Result<(u32, u32), ReasonCode> {
    Ok(WebPDecoder::new(Cursor::new(bytes)).map_err(|cause| refused(&cause))?.dimensions())
}

/// Kind, data and what follows; `None` where the file ends inside. Chunks are padded to even sizes.
fn chunk(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(8)?;
    let (kind, length) = head.split_at(4);
    let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
    let (data, rest) = rest.split_at_checked(length)?;
    Some((kind, data, rest.get(length % 2..).unwrap_or_default()))
}

/// Pixels; the colour profile was found by the walk.
pub(super) fn decode(bytes: &[u8]) -> Result<Raster, ReasonCode> {
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|cause| refused(&cause))?;
    let (width, height) = decoder.dimensions();
    let with_alpha = decoder.color_type() == ColorType::Rgba8;
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| ReasonCode::Corrupt)?;
    let mut data = vec![0; length];
    decoder.read_image(&mut data).map_err(|cause| refused(&cause))?;
    Ok(if with_alpha {
        Raster::on_white(Channels::Rgb, width, height, data)
    } else {
        Raster { channels: Channels::Rgb, width, height, data }
    })
}

fn refused(cause: &ImageError) -> ReasonCode {
    match cause {
        ImageError::IoError(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => ReasonCode::Truncated,
        _ => ReasonCode::Corrupt,
    }
}
