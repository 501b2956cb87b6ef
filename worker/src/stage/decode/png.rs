//! PNG through the `png` crate: 8-bit samples at once, palette and transparency spread out.

use std::io::Cursor;

use gradphoto_shared::outcome::ReasonCode;
use png::{ColorType, Decoder, DecodingError, Limits, Transformations};

use super::colour::{Channels, Raster};
use super::sniff::PNG;
use super::{Body, Header, orientation};

/// Most bytes that chunks beside the pixels (a packed colour profile) may unfold to: 4 MiB, more than
/// the largest CMYK profiles in use.
const ASIDE_BYTES: usize = 4 << 20;

/// Walks the chunks without unpacking any.
pub(super) fn header(bytes: &[u8]) -> Result<Header<'_>, ReasonCode> {
    let mut rest = &bytes[PNG.len()..];
    let (kind, first, after) = chunk(rest).ok_or(ReasonCode::Truncated)?;
    if kind != b"IHDR" || first.len() != 13 {
        return Err(ReasonCode::Corrupt);
    }
    rest = after;
    let (mut exif, mut animated, mut complete) = (None, false, false);
    while let Some((kind, data, after)) = chunk(rest) {
        match kind {
            b"eXIf" => exif = Some(data),
            b"acTL" => animated = true,
            b"IEND" => {
                complete = true;
                break;
            }
            _ => {}
        }
        rest = after;
    }
    let side = |at: usize| u32::from_be_bytes([first[at], first[at + 1], first[at + 2], first[at + 3]]);
    Ok(Header {
        width: side(0),
        height: side(4),
        orientation: orientation(exif),
        exif,
        complete,
        animated,
        body: Body::Png,
    })
}

/// Kind, data and what follows; `None` where the file ends inside.
fn chunk(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(8)?;
    let (length, kind) = head.split_at(4);
    let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
    let (data, rest) = rest.split_at_checked(length)?;
    Some((kind, data, rest.get(4..)?))
}

/// Pixels and the colour profile.
pub(super) fn decode(bytes: &[u8]) -> Result<(Raster, Option<Vec<u8>>), ReasonCode> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: ASIDE_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(refused)?;
    let icc = reader.info().icc_profile.as_deref().map(<[u8]>::to_vec);
    let mut data = vec![0; reader.output_buffer_size().ok_or(ReasonCode::Corrupt)?];
    let frame = reader.next_frame(&mut data).map_err(refused)?;
    data.truncate(frame.buffer_size());
    let (width, height) = (frame.width, frame.height);
    let raster = match frame.color_type {
        ColorType::Grayscale => Raster { channels: Channels::Grey, width, height, data },
        ColorType::Rgb => Raster { channels: Channels::Rgb, width, height, data },
        ColorType::GrayscaleAlpha => Raster::on_white(Channels::Grey, width, height, data),
        ColorType::Rgba => Raster::on_white(Channels::Rgb, width, height, data),
        ColorType::Indexed => return Err(ReasonCode::Corrupt),
    };
    Ok((raster, icc))
}

/// The walk has seen the file's end mark, so pixels that run out are pixels that were left out.
fn refused(cause: DecodingError) -> ReasonCode {
    match cause {
        DecodingError::IoError(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => ReasonCode::Truncated,
        _ => ReasonCode::Corrupt,
    }
}
