//! What a file says about itself: evidence of its camera and its past, never proof.

use std::panic::{AssertUnwindSafe, catch_unwind};

use exif::{Exif, In, Tag, Value};

/// What a file says about itself. Words are in small letters; they stay in the worker, since cameras write
/// names of people too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// Width and height in pixels once upright.
    pub size: (u32, u32),
    /// Maker of the camera.
    pub make: Option<String>,
    /// Name of the lens.
    pub lens: Option<String>,
    /// The program that wrote the file, or the camera's own.
    pub software: Option<String>,
    /// What the camera noted.
    pub comment: Option<String>,
    /// Width and height in pixels that the camera wrote, in either order.
    pub written_size: Option<(u32, u32)>,
}

impl FileFacts {
    /// Reads an EXIF block; what cannot be read is absent.
    pub(super) fn read(size: (u32, u32), block: Option<&[u8]>) -> Self {
        let blank = Self { size, ..Self::default() };
        // A stranger's bytes may break the reader; that says nothing about the pixels.
        let read = AssertUnwindSafe(|| block.and_then(parse));
        let Some(exif) = catch_unwind(read).unwrap_or_default() else { return blank };
        let side = |tag| exif.get_field(tag, In::PRIMARY).and_then(|field| field.value.get_uint(0));
        Self {
            make: text(&exif, Tag::Make),
            lens: text(&exif, Tag::LensModel),
            software: text(&exif, Tag::Software),
            comment: text(&exif, Tag::UserComment),
            written_size: side(Tag::PixelXDimension).zip(side(Tag::PixelYDimension)),
            ..blank
        }
    }
}

fn parse(block: &[u8]) -> Option<Exif> {
    let tiff = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    let read = exif::Reader::new().continue_on_error(true).read_raw(tiff.to_vec());
    read.or_else(|error| error.distill_partial_result(|_| ())).ok()
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let bytes = match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => lines.concat(),
        Value::Undefined(bytes, _) => bytes.clone(),
        _ => return None,
    };
    let text = String::from_utf8_lossy(&bytes).trim_matches(['\0', ' ']).to_lowercase();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_block_says_nothing() {
        for block in [&b"Exif\0\0"[..], b"", b"Exif\0\0II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"] {
            assert_eq!(FileFacts::read((1, 2), Some(block)), FileFacts { size: (1, 2), ..FileFacts::default() });
        }
    }

    #[test]
    fn a_block_is_read() {
        // One entry: Software, ASCII, 9 bytes at offset 26.
        let head = b"II*\0\x08\0\0\0\x01\0\x31\x01\x02\0\x09\0\0\0\x1a\0\0\0\0\0\0\0";
        let facts = FileFacts::read((1, 2), Some(&[&head[..], b"Snapseed\0"].concat()));
        assert_eq!(facts.software.as_deref(), Some("snapseed"));
    }
}
