//! What a JPEG's markers say, without decoding: sides, orientation, profile, and whether the file reaches
//! its end mark.

use std::io::BufRead;
use std::ops::Range;

use gradphoto_shared::outcome::ReasonCode;

/// Passes that a lawful file of the most pixels may take: progressive files of common encoders have ten
/// or fewer scans.
const FREE_SCANS: u64 = 16;

/// Findings of one walk over the markers. Bytes behind the end mark (phones append moving pictures and
/// depth maps there) are left out of everything.
pub(in super::super) struct Survey<'a> {
    pub(super) frame: Frame,
    pub(super) exif: Option<&'a [u8]>,
    pub(super) complete: bool,
    pub(super) scans: u32,
    /// Numbered pieces of the colour profile.
    profile: Vec<(u8, u8, &'a [u8])>,
    /// The transform in the Adobe marker, where there is one.
    adobe: Option<u8>,
    is_jfif: bool,
    /// Segments before the first scan that the decoder needs.
    tables: Vec<Range<usize>>,
    /// From the first scan to the end mark.
    scan_range: Range<usize>,
}

/// The frame header.
#[derive(Clone, Copy, Default)]
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: u8,
}

impl<'a> Survey<'a> {
    /// Walks from marker to marker; a file that ends before its end mark is left incomplete.
    ///
    /// # Errors
    /// `corrupt`, `unsupported_format` (12-bit, lossless), or `truncated` before the frame header.
    pub(in super::super) fn of(bytes: &'a [u8]) -> Result<Self, ReasonCode> {
        let mut survey = Self {
            frame: Frame::default(),
            exif: None,
            complete: false,
            scans: 0,
            profile: Vec::new(),
            adobe: None,
            is_jfif: false,
            tables: Vec::new(),
            scan_range: bytes.len()..bytes.len(),
        };
        let mut at = 2;
        while let Some(marker) = next_marker(bytes, &mut at) {
            if marker == 0xd9 {
                survey.complete = true;
                break;
            }
            let start = at - 2;
            let Some(data) = segment(bytes, &mut at)? else { break };
            survey.take(marker, data, start..at)?;
        }
        survey.scan_range.end = at.min(bytes.len());
        let is_pictured = survey.frame.components > 0 && survey.scans > 0;
        match (is_pictured, survey.complete) {
            (true, _) => Ok(survey),
            (false, true) => Err(ReasonCode::Corrupt),
            // The frame's sides may still say more than "truncated".
            (false, false) if survey.frame.components > 0 => Ok(survey),
            (false, false) => Err(ReasonCode::Truncated),
        }
    }

    fn take(&mut self, marker: u8, data: &'a [u8], place: Range<usize>) -> Result<(), ReasonCode> {
        match marker {
            0xda => {
                self.scan_range.start = self.scan_range.start.min(place.start);
                self.scans += 1;
            }
            0xe0 => self.is_jfif |= data.starts_with(b"JFIF\0"),
            0xe1 if data.starts_with(b"Exif\0\0") => self.exif = self.exif.or(Some(data)),
            0xe2 => {
                if let Some([number, count, piece @ ..]) = data.strip_prefix(b"ICC_PROFILE\0") {
                    self.profile.push((*number, *count, piece));
                }
            }
            0xee if data.starts_with(b"Adobe") && data.len() >= 12 => self.adobe = Some(data[11]),
            0xe3..=0xef | 0xfe | 0xe1 => {}
            _ if self.scans > 0 => {}
            _ => {
                if is_frame(marker) {
                    self.frame = frame(marker, data)?;
                }
                self.tables.push(place);
            }
        }
        Ok(())
    }

    /// The scans' cost, in pixels of a file with few of them.
    pub(in super::super) fn scan_work(&self) -> u64 {
        u64::from(self.frame.width) * u64::from(self.frame.height) * u64::from(self.scans) / FREE_SCANS
    }

    /// The colour profile put together; `None` where a piece is missing or comes twice.
    pub(in super::super) fn icc(&self) -> Option<Vec<u8>> {
        let mut pieces = self.profile.clone();
        pieces.sort_by_key(|(number, ..)| *number);
        let whole = pieces.iter().zip(1..).all(|((number, count, _), expected): (_, usize)| {
            usize::from(*number) == expected && usize::from(*count) == pieces.len()
        });
        if !whole {
            tracing::debug!("colour profile ignored: its pieces do not fit together");
        }
        (whole && !pieces.is_empty()).then(|| pieces.iter().flat_map(|(.., piece)| *piece).copied().collect())
    }

    /// The segments before the first scan that the decoder needs.
    pub(in super::super) fn segments(&self, bytes: &'a [u8]) -> Vec<&'a [u8]> {
        self.tables.iter().filter_map(|place| bytes.get(place.clone())).collect()
    }

    /// Adobe's programs write ink upside down and say so by their marker.
    pub(super) fn ink_is_inverted(&self) -> bool {
        self.adobe.is_some()
    }

    /// The file without what the decoder need not see. A flaw in a comment, a thumbnail or a profile
    /// would otherwise stop it though the pixels are sound.
    pub(super) fn pure(&self, bytes: &[u8]) -> Vec<u8> {
        let mut pure = Vec::with_capacity(self.scan_range.len() + 2048);
        pure.extend(b"\xff\xd8");
        if self.is_jfif {
            pure.extend(b"\xff\xe0\0\x10JFIF\0\x01\x02\0\0\x01\0\x01\0\0");
        }
        if let Some(transform) = self.adobe.filter(|transform| *transform <= 2) {
            pure.extend(b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0");
            pure.push(transform);
        }
        for table in &self.tables {
            pure.extend(&bytes[table.clone()]);
        }
        pure.extend(&bytes[self.scan_range.clone()]);
        pure
    }
}

/// The code of the next marker that is neither a restart nor a stuffed byte; `at` moves behind it.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let mut rest = bytes.get(*at..)?;
        // Reading from memory cannot fail; the search for one byte is vectorised.
        *at += rest.skip_until(0xff).ok()?;
        while bytes.get(*at) == Some(&0xff) {
            *at += 1;
        }
        let code = *bytes.get(*at)?;
        *at += 1;
        if !matches!(code, 0x00 | 0x01 | 0xd0..=0xd8) {
            return Some(code);
        }
    }
}

/// The data of the segment at `at`, which moves behind it; `None` where the file ends inside.
fn segment<'a>(bytes: &'a [u8], at: &mut usize) -> Result<Option<&'a [u8]>, ReasonCode> {
    let Some(&[high, low]) = bytes.get(*at..*at + 2) else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let start = *at + 2;
    if length < 2 {
        return Err(ReasonCode::Corrupt);
    }
    *at += length;
    Ok(bytes.get(start..*at))
}

fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// Reads a frame header: precision, height, width, number of components.
fn frame(marker: u8, data: &[u8]) -> Result<Frame, ReasonCode> {
    let &[precision, height_high, height_low, width_high, width_low, components, ..] = data else {
        return Err(ReasonCode::Corrupt);
    };
    // Sequential, progressive, and the two with arithmetic coding; lossless and hierarchical files and
    // 12-bit samples come from scanners and medicine.
    if !matches!(marker, 0xc0..=0xc2 | 0xc9 | 0xca) || precision != 8 {
        return Err(ReasonCode::UnsupportedFormat);
    }
    let height = u32::from(u16::from_be_bytes([height_high, height_low]));
    let width = u32::from(u16::from_be_bytes([width_high, width_low]));
    if width == 0 || height == 0 || !matches!(components, 1 | 3 | 4) {
        return Err(ReasonCode::Corrupt);
    }
    Ok(Frame { width, height, components })
}
