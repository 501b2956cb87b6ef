//! What a file is, by its first bytes.

use gradphoto_shared::outcome::ReasonCode;

/// A format that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    WebP,
}

const JPEG: &[u8] = &[0xff, 0xd8, 0xff];
pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// First bytes of pictures that are not taken: GIF, TIFF and BigTIFF in both byte orders, JPEG XL (bare
/// and boxed), JPEG 2000, Photoshop, icon.
const OTHERS: [&[u8]; 11] = [
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\xff\x0a",
    b"\0\0\0\x0cJXL ",
    b"\0\0\0\x0cjP  ",
    b"8BPS",
    b"\0\0\x01\0",
];

/// Brands of the HEIF family (ISO/IEC 23008-12, AV1 image format): HEIC, HEIF and AVIF, still or moving.
const HEIF_BRANDS: [&[u8]; 10] =
    [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"];

/// Sizes of the second header that follows a BMP's first one; "BM" alone also starts texts.
const BMP_HEADERS: [u32; 7] = [12, 40, 52, 56, 64, 108, 124];

/// The format of `bytes`.
///
/// # Errors
/// `unsupported_format` for a picture that is not taken, `truncated` for the mere start of one that is,
/// else `not_an_image`.
pub(super) fn sniff(bytes: &[u8]) -> Result<Format, ReasonCode> {
    if bytes.starts_with(JPEG) {
        Ok(Format::Jpeg)
    } else if bytes.starts_with(PNG) {
        Ok(Format::Png)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Ok(Format::WebP)
    } else if OTHERS.iter().any(|magic| bytes.starts_with(magic)) || is_heif(bytes) || is_bmp(bytes) {
        Err(ReasonCode::UnsupportedFormat)
    } else if is_start_of_a_picture(bytes) {
        Err(ReasonCode::Truncated)
    } else {
        Err(ReasonCode::NotAnImage)
    }
}

fn is_heif(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp") && bytes.get(8..12).is_some_and(|brand| HEIF_BRANDS.contains(&brand))
}

fn is_bmp(bytes: &[u8]) -> bool {
    let second = bytes.get(14..18).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    bytes.starts_with(b"BM") && second.is_some_and(|size| BMP_HEADERS.contains(&size))
}

fn is_start_of_a_picture(bytes: &[u8]) -> bool {
    let starts = |magic: &[u8], least: usize| bytes.len() >= least && magic.starts_with(bytes);
    starts(JPEG, 2) || starts(PNG, 4) || (bytes.starts_with(b"RIFF") && bytes.len() < 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], answer: Result<Format, ReasonCode>) {
        assert_eq!(sniff(bytes), answer, "{bytes:x?}");
    }

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        check(b"\xff\xd8\xff\xe0", Ok(Format::Jpeg));
        check(b"\x89PNG\r\n\x1a\n....", Ok(Format::Png));
        check(b"RIFF\x10\0\0\0WEBPVP8 ", Ok(Format::WebP));
        for magic in OTHERS {
            check(magic, Err(ReasonCode::UnsupportedFormat));
        }
        for brand in HEIF_BRANDS {
            check(&[b"\0\0\0\x18ftyp", brand, b"\0\0\0\0"].concat(), Err(ReasonCode::UnsupportedFormat));
        }
        check(b"BM\x36\0\x0c\0\0\0\0\0\x36\0\0\0\x28\0\0\0", Err(ReasonCode::UnsupportedFormat));
        check(b"\0\0\0\x18ftypisom\0\0\0\0", Err(ReasonCode::NotAnImage));
        check(b"BMW is a car maker, not a bitmap", Err(ReasonCode::NotAnImage));
        check(b"RIFF\x10\0\0\0WAVEfmt ", Err(ReasonCode::NotAnImage));
        check(b"hello, I am a text", Err(ReasonCode::NotAnImage));
        check(b"\xff\xd8", Err(ReasonCode::Truncated));
        check(b"\x89PNG\r", Err(ReasonCode::Truncated));
        check(b"RIFF\x10", Err(ReasonCode::Truncated));
    }
}
