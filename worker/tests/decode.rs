//! Every kind of picture, sound and bad, through `Source`.

mod pictures;

use gradphoto_shared::outcome::ReasonCode;
use gradphoto_worker::stage::decode::{DecodeLimits, Source};
use image::RgbImage;
use image::metadata::Orientation;
use moxcms::ColorProfile;
use pictures::{exif, gradient};
use png::{BitDepth, ColorType};

const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 50_000_000, max_pixels: 100_000_000 };

fn decoded(bytes: &[u8]) -> Result<RgbImage, ReasonCode> {
    Source::open(bytes, &LIMITS)?.pixels(1.0)
}

/// Mean and greatest difference in levels.
fn difference(one: &RgbImage, other: &RgbImage) -> (f64, u8) {
    assert_eq!(one.dimensions(), other.dimensions());
    let levels = one.as_raw().iter().zip(other.as_raw()).map(|(one, other)| one.abs_diff(*other));
    let (sum, greatest) = levels.fold((0.0, 0), |(sum, greatest), level| (sum + f64::from(level), level.max(greatest)));
    (sum / one.as_raw().len() as f64, greatest)
}

fn check_equal(bytes: &[u8], expected: &RgbImage, mean: f64, what: &str) {
    let picture = decoded(bytes).unwrap_or_else(|code| panic!("{what}: {}", code.code()));
    let (found, greatest) = difference(&picture, expected);
    assert!(found <= mean, "{what}: mean difference {found:.3}, greatest {greatest}");
}

fn check_refused(bytes: &[u8], code: ReasonCode, what: &str) {
    let answer = decoded(bytes).map(|picture| picture.dimensions());
    assert_eq!(answer, Err(code), "{what}");
}

#[test]
fn every_sound_kind_gives_its_pixels() {
    let picture = gradient(120, 160);
    let grey = RgbImage::from_fn(120, 160, |x, y| image::Rgb([picture.get_pixel(x, y)[1]; 3]));
    let size = picture.dimensions();
    let samples = |f: &dyn Fn(&image::Rgb<u8>) -> Vec<u8>| picture.pixels().flat_map(f).collect::<Vec<u8>>();
    check_equal(&pictures::jpeg(&picture), &picture, 1.0, "JPEG");
    check_equal(&pictures::progressive(&picture), &picture, 3.0, "progressive JPEG");
    check_equal(&pictures::grey_jpeg(&picture), &grey, 1.0, "grey JPEG");
    check_equal(&pictures::cmyk_jpeg(&picture), &picture, 1.0, "Adobe CMYK JPEG");
    check_equal(&pictures::png(&picture), &picture, 0.0, "PNG");
    let wide = samples(&|pixel| pixel.0.iter().flat_map(|&level| [level, level]).collect());
    check_equal(&pictures::png_of(size, ColorType::Rgb, BitDepth::Sixteen, &wide), &picture, 0.0, "16-bit PNG");
    let one = samples(&|pixel| vec![pixel[1]]);
    check_equal(&pictures::png_of(size, ColorType::Grayscale, BitDepth::Eight, &one), &grey, 0.0, "grey PNG");
    let two = samples(&|pixel| vec![pixel[1], 255]);
    check_equal(
        &pictures::png_of(size, ColorType::GrayscaleAlpha, BitDepth::Eight, &two),
        &grey,
        0.0,
        "grey and alpha",
    );
    check_equal(&pictures::webp_of(size, picture.as_raw()), &picture, 0.0, "lossless WebP");
}

#[test]
fn palette_and_transparency_are_spread_out() {
    let indices: Vec<u8> = (0..80 * 80).map(|at| u8::from(at % 80 >= 40)).collect();
    let picture = decoded(&pictures::png_of((80, 80), ColorType::Indexed, BitDepth::Eight, &indices)).expect("sound");
    assert_eq!((picture.get_pixel(0, 0).0, picture.get_pixel(79, 0).0), ([10, 20, 30], [200, 100, 50]));
    let samples: Vec<u8> = (0..80 * 80).flat_map(|at| [10, 20, 30, if at % 80 < 40 { 255 } else { 0 }]).collect();
    let png = pictures::png_of((80, 80), ColorType::Rgba, BitDepth::Eight, &samples);
    for bytes in [png, pictures::webp_of((80, 80), &samples)] {
        let picture = decoded(&bytes).expect("sound");
        assert_eq!((picture.get_pixel(0, 0).0, picture.get_pixel(79, 0).0), ([10, 20, 30], [255; 3]));
    }
}

#[test]
fn ink_without_adobes_marker_is_the_right_way_up() {
    let picture = gradient(96, 96);
    let upside_down = RgbImage::from_fn(96, 96, |x, y| image::Rgb(picture.get_pixel(x, y).0.map(|level| 255 - level)));
    let mut file = pictures::cmyk_jpeg(&upside_down);
    // Black 255 becomes full black where ink is the right way up; the marker's absence is what counts.
    let adobe = file.windows(2).position(|pair| pair == [0xff, 0xee]).expect("the encoder marks ink");
    file.drain(adobe..adobe + 16);
    let found = decoded(&file).expect("sound");
    assert!(found.pixels().all(|pixel| pixel.0.iter().all(|level| *level <= 4)), "full black ink must stay black");
}

#[test]
fn all_eight_orientations_come_upright() {
    let upright = gradient(96, 128);
    for number in 1..=8 {
        let orientation = Orientation::from_exif(number).expect("eight of them");
        // Stored so that turning by `orientation` gives the upright picture: two are their own undoing
        // only in pairs.
        let undo = Orientation::from_exif(match number {
            6 => 8,
            8 => 6,
            same => same,
        })
        .expect("lawful");
        let mut stored = image::DynamicImage::ImageRgb8(upright.clone());
        stored.apply_orientation(undo);
        let stored = stored.into_rgb8();
        let block = [b"Exif\0\0", &exif(number)[..]].concat();
        let files = [
            ("JPEG", pictures::with_segment(&pictures::jpeg(&stored), 0xe1, &block)),
            ("PNG", pictures::with_chunk(&pictures::png(&stored), b"eXIf", &exif(number))),
            ("WebP", pictures::webp_with(&stored, Some(exif(number)), None)),
        ];
        for (format, file) in files {
            let source = Source::open(&file, &LIMITS).expect("sound");
            assert_eq!(source.size(), upright.dimensions(), "{format} {orientation:?}");
            check_equal(&file, &upright, 1.0, &format!("{format} {orientation:?}"));
        }
    }
}

#[test]
fn colour_profiles_lead_to_srgb() {
    // Display-P3 and Adobe RGB to sRGB from the published primaries and curves, rounded.
    let p3 = ColorProfile::new_display_p3().encode().expect("built in");
    let adobe = ColorProfile::new_adobe_rgb().encode().expect("built in");
    let table: [(&[u8], [u8; 3], [u8; 3]); 4] = [
        (&p3, [200, 120, 100], [213, 115, 95]),
        (&p3, [128, 128, 128], [128, 128, 128]),
        (&adobe, [150, 120, 100], [162, 121, 99]),
        (&adobe, [255, 255, 255], [255, 255, 255]),
    ];
    for (icc, stored, expected) in table {
        let picture = RgbImage::from_pixel(80, 80, image::Rgb(stored));
        let block = [b"ICC_PROFILE\0\x01\x01", icc].concat();
        let jpeg = pictures::with_segment(&pictures::jpeg(&picture), 0xe2, &block);
        let webp = pictures::webp_with(&picture, None, Some(icc.to_vec()));
        for (format, file) in [("JPEG", jpeg), ("PNG", png_with_profile(&picture, icc)), ("WebP", webp)] {
            let found = decoded(&file).expect("sound").get_pixel(40, 40).0;
            let near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 2);
            assert!(near, "{format}: {stored:?} became {found:?}, not {expected:?}");
        }
    }
}

fn png_with_profile(picture: &RgbImage, icc: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(b"name\0\0".to_vec(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, icc).expect("memory");
    pictures::with_chunk(&pictures::png(picture), b"iCCP", &packed.finish().expect("memory"))
}

#[test]
fn a_broken_profile_is_passed_over() {
    let picture = gradient(80, 80);
    let jpeg = pictures::jpeg(&picture);
    for block in [&b"ICC_PROFILE\0\x01\x01garbage"[..], b"ICC_PROFILE\0\x02\x05", b"ICC_PROFILE\0"] {
        check_equal(&pictures::with_segment(&jpeg, 0xe2, block), &picture, 1.0, "JPEG");
    }
    check_equal(&pictures::with_chunk(&pictures::png(&picture), b"iCCP", b"x\0\0garbage"), &picture, 0.0, "PNG");
    check_equal(&pictures::webp_with(&picture, None, Some(b"garbage".to_vec())), &picture, 0.0, "WebP");
}

#[test]
fn bad_input_has_its_own_code() {
    let picture = gradient(100, 100);
    let dot = gradient(1, 1);
    check_refused(b"", ReasonCode::EmptyFile, "empty");
    check_refused(b"just a text under the name of a photo\n", ReasonCode::NotAnImage, "text");
    check_refused(b"GIF89a\x01\0\x01\0\0\0\0;", ReasonCode::UnsupportedFormat, "GIF");
    check_refused(b"\0\0\0\x18ftypheic\0\0\0\0", ReasonCode::UnsupportedFormat, "HEIC");
    check_refused(&pictures::jpeg(&dot), ReasonCode::TooSmall, "1x1 JPEG");
    check_refused(&pictures::png(&dot), ReasonCode::TooSmall, "1x1 PNG");
    check_refused(&pictures::webp_of((1, 1), dot.as_raw()), ReasonCode::TooSmall, "1x1 WebP");
    check_refused(&pictures::moving_webp(), ReasonCode::Animated, "moving WebP");
    check_refused(&pictures::moving_png(&picture), ReasonCode::Animated, "moving PNG");
    let tight = DecodeLimits { max_bytes: 100, ..LIMITS };
    let answer = Source::open(&pictures::png(&picture), &tight).map(|source| source.size());
    assert_eq!(answer, Err(ReasonCode::TooManyBytes));
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let files = [("JPEG", pictures::jpeg_claiming(20_000, 20_000)), ("PNG", pictures::png_bomb())];
    for (format, file) in files {
        let start = std::time::Instant::now();
        check_refused(&file, ReasonCode::TooManyPixels, format);
        assert!(start.elapsed().as_millis() < 200, "{format} took {:?}", start.elapsed());
    }
    let file = pictures::png(&gradient(100, 100));
    let answer = Source::open(&file, &DecodeLimits { max_pixels: 9_999, ..LIMITS });
    assert_eq!(answer.map(|source| source.size()), Err(ReasonCode::TooManyPixels));
}

#[test]
fn a_swarm_of_scans_is_refused() {
    let file = pictures::progressive(&gradient(100, 100));
    let scan = file.windows(2).rposition(|pair| pair == [0xff, 0xda]).expect("scans");
    let last = &file[scan..file.len() - 2];
    let swarm = [&file[..file.len() - 2], &last.repeat(200), &file[file.len() - 2..]].concat();
    check_refused(&swarm, ReasonCode::Corrupt, "200 scans");
    let limits = DecodeLimits { max_pixels: 20_000, ..LIMITS };
    let some = [&file[..file.len() - 2], &last.repeat(40), &file[file.len() - 2..]].concat();
    assert_eq!(Source::open(&some, &limits).map(|source| source.size()), Err(ReasonCode::TooManyPixels));
}

#[test]
fn a_file_that_ends_early_is_truncated() {
    let picture = gradient(200, 200);
    let files = [
        ("JPEG", pictures::jpeg(&picture)),
        ("progressive", pictures::progressive(&picture)),
        ("PNG", pictures::png(&picture)),
        ("WebP", pictures::webp_of((200, 200), picture.as_raw())),
    ];
    for (format, file) in files {
        for tenth in 1..=9 {
            check_refused(&file[..file.len() * tenth / 10], ReasonCode::Truncated, &format!("{format} {tenth}0 %"));
        }
        check_refused(&file[..file.len() - 1], ReasonCode::Truncated, format);
    }
    let cut = &pictures::jpeg(&picture)[..2000];
    check_refused(&[cut, b"\xff\xd9"].concat(), ReasonCode::Truncated, "an end mark put behind a cut");
}

#[test]
fn bytes_behind_the_end_are_no_fault() {
    let picture = gradient(100, 100);
    for tail in [&b"appended by a phone"[..], &[0; 4096], &pictures::jpeg(&gradient(80, 80))] {
        check_equal(&[&pictures::jpeg(&picture), tail].concat(), &picture, 1.0, "JPEG");
        check_equal(&[&pictures::png(&picture), tail].concat(), &picture, 0.0, "PNG");
        check_equal(&[&pictures::webp_of((100, 100), picture.as_raw()), tail].concat(), &picture, 0.0, "WebP");
    }
}

#[test]
fn filler_before_a_marker_and_odd_segments_are_no_fault() {
    let picture = gradient(100, 100);
    let jpeg = pictures::jpeg(&picture);
    let (body, end) = jpeg.split_at(jpeg.len() - 2);
    check_equal(&[body, &[0; 7], end].concat(), &picture, 1.0, "filler");
    check_equal(&pictures::with_segment(&jpeg, 0xe0, b"JFIF\0\x09\x09\0\0\x01\0\x01\0\0"), &picture, 1.0, "JFIF 9.09");
    check_equal(&pictures::with_segment(&jpeg, 0xe1, b"Exif\0\0broken"), &picture, 1.0, "broken EXIF");
}

#[test]
fn a_jpeg_is_decoded_at_the_smallest_scale_that_is_enough() {
    let file = pictures::jpeg(&gradient(801, 603));
    let source = Source::open(&file, &LIMITS).expect("sound");
    let table = [
        (0.0, (101, 76)),
        (0.125, (101, 76)),
        (0.13, (201, 151)),
        (0.25, (201, 151)),
        (0.5, (401, 302)),
        (0.51, (801, 603)),
        (1.0, (801, 603)),
        (9.0, (801, 603)),
        (f32::NAN, (801, 603)),
    ];
    for (scale, size) in table {
        assert_eq!(source.pixels(scale).expect("sound").dimensions(), size, "{scale}");
    }
}

#[test]
fn a_source_prints_no_bytes() {
    let file = pictures::png(&gradient(100, 90));
    let text = format!("{:?}", Source::open(&file, &LIMITS).expect("sound"));
    assert_eq!(text, format!("Source {{ bytes: {}, width: 100, height: 90 }}", file.len()));
}

#[test]
fn real_orientations_show_one_picture() {
    let Some(folder) = gradphoto_tests::photos::photos("exif") else { return };
    let read =
        |number: u8| std::fs::read(folder.join(format!("orientation_{number}.jpg"))).expect("a photo of the set");
    let upright = decoded(&read(1)).expect("sound");
    for number in [3, 5, 7] {
        check_equal(&read(number), &upright, 2.0, &format!("orientation {number}"));
    }
}

#[test]
fn every_real_photo_decodes() {
    for set in ["exif", "london", "deepface_pairs", "recapture", "defects_real"] {
        let Some(folder) = gradphoto_tests::photos::photos(set) else { return };
        let paths = gradphoto_tests::photos::pictures_in(&folder);
        assert!(!paths.is_empty(), "{set} holds no pictures");
        for path in paths {
            let bytes = std::fs::read(&path).expect("a photo of the set");
            let answer = Source::open(&bytes, &LIMITS).and_then(|source| source.pixels(0.125));
            assert!(answer.is_ok(), "{}: {:?}", path.display(), answer.err());
        }
    }
}
