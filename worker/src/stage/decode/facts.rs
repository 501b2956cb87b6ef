//! What a file says about itself: evidence of its camera and its past, never proof.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use exif::{Exif, In, Tag, Value};

/// What a file says about itself, in its own words. They stay in the worker, since cameras and programs write names of
/// people too; [`crate::measure::file`] chooses what is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// Width and height in pixels once upright.
    pub size: (u32, u32),
    /// Maker of the camera.
    pub make: Option<String>,
    /// The maker's name for the camera.
    pub model: Option<String>,
    /// Name of the lens.
    pub lens: Option<String>,
    /// The program that wrote the file, or the camera's own.
    pub software: Option<String>,
    /// What the camera noted.
    pub comment: Option<String>,
    /// Width and height in pixels that the camera wrote, in either order.
    pub written_size: Option<(u32, u32)>,
    /// When the photo was taken by the camera's clock, as `2026-05-04T10:20:30`.
    pub taken_at: Option<String>,
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
            model: text(&exif, Tag::Model),
            lens: text(&exif, Tag::LensModel),
            software: text(&exif, Tag::Software),
            comment: text(&exif, Tag::UserComment),
            written_size: side(Tag::PixelXDimension).zip(side(Tag::PixelYDimension)),
            taken_at: text(&exif, Tag::DateTimeOriginal).as_deref().and_then(moment),
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
        // What stands behind the end of a text is none of it.
        Value::Ascii(lines) => lines.first()?.clone(),
        // The only text of this type.
        Value::Undefined(bytes, _) if tag == Tag::UserComment => bytes.clone(),
        _ => return None,
    };
    let text = String::from_utf8_lossy(&bytes).trim_matches(['\0', ' ']).to_owned();
    (!text.is_empty()).then_some(text)
}

/// The moment that EXIF writes as `2026:05:04 10:20:30`; `None` for every other form and for what no calendar has.
fn moment(text: &str) -> Option<String> {
    let form = |(at, byte): (usize, u8)| match at {
        4 | 7 | 13 | 16 => byte == b':',
        10 => byte == b' ',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 19 || !text.bytes().enumerate().all(form) {
        return None;
    }
    let number = |place: Range<usize>| text[place].parse::<u32>().unwrap_or_default();
    let (year, month) = (number(0..4), number(5..7));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(is_leap),
        _ => 31,
    };
    let is_day = year > 0 && (1..=12).contains(&month) && (1..=days).contains(&number(8..10));
    let is_time = number(11..13) < 24 && number(14..16) < 60 && number(17..19) < 60;
    (is_day && is_time).then(|| format!("{}-{}-{}T{}", &text[..4], &text[5..7], &text[8..10], &text[11..]))
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
        assert_eq!(facts.software.as_deref(), Some("Snapseed"));
    }

    /// A block of one entry, whose type is `kind` and whose `count` values are `value`.
    fn block(tag: u16, kind: u16, count: u32, value: &[u8]) -> Vec<u8> {
        let mut block = b"II*\0\x08\0\0\0\x01\0".to_vec();
        block.extend(tag.to_le_bytes());
        block.extend(kind.to_le_bytes());
        block.extend(count.to_le_bytes());
        block.extend(26_u32.to_le_bytes());
        block.extend([0; 4]);
        block.extend(value);
        block
    }

    #[test]
    fn a_hostile_block_says_nothing_wrong() {
        const MODEL: u16 = 0x0110;
        let model = |kind, count, value: &[u8]| FileFacts::read((1, 2), Some(&block(MODEL, kind, count, value))).model;
        assert_eq!(model(2, 8, b"Pixel 9\0").as_deref(), Some("Pixel 9"));
        assert_eq!(model(2, 12, b"Pixel\0secret").as_deref(), Some("Pixel"), "what stands behind the text's end");
        assert_eq!(model(2, 6, b"\0\0\0\0\0\0"), None);
        assert_eq!(model(2, u32::MAX, b"Pixel 9\0"), None, "longer than the file");
        assert_eq!(model(2, 60_000, &[b'x'; 60_000]).map(|long| long.len()), Some(60_000));
        for kind in [0, 1, 3, 4, 5, 7, 9, 12, 99] {
            assert_eq!(model(kind, 8, &[65; 64]), None, "type {kind} is no text");
        }
    }

    #[test]
    fn a_moment_is_one_of_the_calendar_in_the_form_of_exif() {
        assert_eq!(moment("2024:02:29 23:59:59").as_deref(), Some("2024-02-29T23:59:59"));
        for text in [
            "",
            "2024:05:04",
            "2024-05-04 10:20:30",
            "2024:05:04T10:20:30",
            "2024:05:04 10:20:30Z",
            "    :  :     :  :  ",
            "0000:00:00 00:00:00",
            "2023:02:29 10:20:30",
            "2024:13:01 10:20:30",
            "2024:04:31 10:20:30",
            "2024:05:04 24:00:00",
            "2024:05:04 10:60:00",
            "2024:05:04 10:20:60",
            "２０２４:05:04 1",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
