//! What a JPEG's own tables tell of the program that wrote it.

use crate::stage::decode::jpeg_tables;

/// The brightness table that the standard gives as an example, in the order of the file. Programs on libjpeg
/// scale it by a quality from 1 to 100; cameras and messengers often have tables of their own.
const EXAMPLE: [u16; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
    60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
    121, 112, 100, 120, 92, 101, 103, 99,
];

/// What a JPEG's tables tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traces {
    /// The quality from 1 to 100 whose table comes nearest to the file's.
    pub quality: u8,
    /// Whether the table is exactly that quality's: the file comes from a program on libjpeg.
    pub is_example: bool,
    /// Whether colour is quantised by the same table as brightness, as messengers with their own tables do and
    /// cameras and libjpeg do not.
    pub is_one_table: bool,
    /// Whether the picture is stored in several passes, as web programs and messengers store it. Cameras do not.
    pub is_progressive: bool,
}

/// The traces in a file; `None` where it is no JPEG, or one without a brightness table.
#[must_use]
pub fn traces(file: &[u8]) -> Option<Traces> {
    in_tables(&jpeg_tables(file)?)
}

/// The traces in the segments before a JPEG's first scan; `None` where none is a brightness table.
pub(crate) fn in_tables(segments: &[&[u8]]) -> Option<Traces> {
    let (mut tables, mut is_progressive) = ([None; 4], false);
    for segment in segments {
        match segment {
            // Marker and length go before the content.
            [0xff, 0xdb, _, _, content @ ..] => take_tables(content, &mut tables),
            [0xff, 0xc2 | 0xca, ..] => is_progressive = true,
            _ => {}
        }
    }
    let table = tables[0]?;
    let (off, quality) = (1..=100).map(|quality| (distance(&table, quality), quality)).min()?;
    Some(Traces { quality, is_example: off == 0, is_one_table: tables[1] == Some(table), is_progressive })
}

/// Takes the tables of one segment; one of no lawful number or length ends it.
fn take_tables(mut content: &[u8], tables: &mut [Option<[u16; 64]>; 4]) {
    while let [head, rest @ ..] = content {
        let is_wide = head >> 4 == 1;
        let length = if is_wide { 128 } else { 64 };
        let (Some(numbers), Some(table)) = (rest.get(..length), tables.get_mut(usize::from(head & 15))) else { return };
        let number = |index: usize| match is_wide {
            true => u16::from_be_bytes([numbers[index * 2], numbers[index * 2 + 1]]),
            false => numbers[index].into(),
        };
        *table = Some(std::array::from_fn(number));
        content = &rest[length..];
    }
}

/// How far a table lies from the example at a quality, summed over its numbers.
fn distance(table: &[u16; 64], quality: u8) -> u32 {
    let quality = u32::from(quality);
    let scale = if quality < 50 { 5000 / quality } else { 200 - quality * 2 };
    let scaled = EXAMPLE.iter().map(|&number| ((u32::from(number) * scale + 50) / 100).clamp(1, 255));
    scaled.zip(table).map(|(expected, &found)| expected.abs_diff(found.into())).sum()
}

#[cfg(test)]
mod tests {
    use image::ExtendedColorType;
    use image::codecs::jpeg::JpegEncoder;
    use turbojpeg::{Image, PixelFormat, Subsamp};

    use super::*;

    fn file(quality: i32) -> Vec<u8> {
        let pixels = [90_u8; 16 * 16 * 3];
        let picture =
            Image { pixels: pixels.as_slice(), width: 16, pitch: 16 * 3, height: 16, format: PixelFormat::RGB };
        turbojpeg::compress(picture, quality, Subsamp::Sub2x2).unwrap().to_vec()
    }

    #[test]
    fn the_quality_of_libjpeg_is_read_back() {
        for quality in [5, 30, 50, 75, 92, 100] {
            let expected = Traces {
                quality: u8::try_from(quality).unwrap(),
                is_example: true,
                is_one_table: quality == 100,
                is_progressive: false,
            };
            assert_eq!(traces(&file(quality)), Some(expected));
        }
    }

    #[test]
    fn foreign_tables_are_near_a_quality_and_not_of_it() {
        let mut file = file(75);
        let at = file.windows(2).position(|pair| pair == [0xff, 0xdb]).unwrap();
        file[at + 5] += 2;
        let traces = traces(&file).unwrap();
        assert_eq!((traces.quality, traces.is_example), (75, false));
    }

    #[test]
    fn other_files_and_broken_ones_tell_nothing() {
        assert_eq!(traces(b""), None);
        assert_eq!(traces(b"\x89PNG\r\n\x1a\n"), None);
        let mut whole = Vec::new();
        JpegEncoder::new(&mut whole).encode(&[0; 3], 1, 1, ExtendedColorType::Rgb8).unwrap();
        assert!(traces(&whole).is_some());
        for end in 0..whole.len() {
            // Any answer is right as long as there is one.
            let _ = traces(&whole[..end]);
        }
    }
}
