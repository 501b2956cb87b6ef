//! Pictures made by code: sound ones in every format, and bad ones.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::Cursor;

use image::{ExtendedColorType, ImageEncoder, RgbImage};
use png::{BitDepth, ColorType, Encoder};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

/// A smooth picture without symmetry: red grows to the right, green downwards, blue in steps.
pub(crate) fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let share = |at: u32, side: u32| u8::try_from(at * 255 / side.max(2)).unwrap_or(255);
        image::Rgb([share(x, width), share(y, height), if x < width / 3 && y < height / 4 { 230 } else { 60 }])
    })
}

/// A JPEG of quality 95 with full chroma.
pub(crate) fn jpeg(picture: &RgbImage) -> Vec<u8> {
    jpeg_of(picture.as_raw(), picture.dimensions(), PixelFormat::RGB, Subsamp::None, false)
}

/// A progressive JPEG.
pub(crate) fn progressive(picture: &RgbImage) -> Vec<u8> {
    jpeg_of(picture.as_raw(), picture.dimensions(), PixelFormat::RGB, Subsamp::Sub2x2, true)
}

/// A grey JPEG of a picture's green.
pub(crate) fn grey_jpeg(picture: &RgbImage) -> Vec<u8> {
    let grey: Vec<u8> = picture.pixels().map(|pixel| pixel[1]).collect();
    jpeg_of(&grey, picture.dimensions(), PixelFormat::GRAY, Subsamp::Gray, false)
}

/// A CMYK JPEG as Adobe's programs write it (ink upside down), with no black.
pub(crate) fn cmyk_jpeg(picture: &RgbImage) -> Vec<u8> {
    let ink: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
    jpeg_of(&ink, picture.dimensions(), PixelFormat::CMYK, Subsamp::None, false)
}

fn jpeg_of(
    pixels: &[u8],
    (width, height): (u32, u32),
    format: PixelFormat,
    chroma: Subsamp,
    progressive: bool,
) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    let mut compressor = Compressor::new().expect("an encoder");
    compressor.set_quality(95).expect("lawful");
    compressor.set_subsamp(chroma).expect("lawful");
    compressor.set_progressive(progressive).expect("lawful");
    let image = Image { pixels, width, pitch: width * format.size(), height, format };
    compressor.compress_to_vec(image).expect("lawful pixels")
}

/// A JPEG with a segment put in behind its start.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).expect("a short segment").to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, data, &jpeg[2..]].concat()
}

/// An EXIF block that holds an orientation and nothing else.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0".to_vec();
    tiff[19] = orientation;
    tiff
}

/// A PNG of raw samples.
pub(crate) fn png_of((width, height): (u32, u32), colour: ColorType, depth: BitDepth, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if colour == ColorType::Indexed {
        encoder.set_palette(&[10, 20, 30, 200, 100, 50][..]);
    }
    encoder.write_header().expect("a lawful header").write_image_data(samples).expect("all samples");
    file
}

/// An 8-bit RGB PNG.
pub(crate) fn png(picture: &RgbImage) -> Vec<u8> {
    png_of(picture.dimensions(), ColorType::Rgb, BitDepth::Eight, picture.as_raw())
}

/// A PNG with a chunk put in behind its header.
pub(crate) fn with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let behind_header = 8 + 25;
    let length = u32::try_from(data.len()).expect("a short chunk").to_be_bytes();
    let mut check = flate2::Crc::new();
    check.update(kind);
    check.update(data);
    [&png[..behind_header], &length, kind, data, &check.sum().to_be_bytes(), &png[behind_header..]].concat()
}

/// A moving PNG of two equal frames.
pub(crate) fn moving_png(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_animated(2, 0).expect("two frames");
    let mut writer = encoder.write_header().expect("a lawful header");
    writer.write_image_data(picture.as_raw()).expect("a frame");
    writer.write_image_data(picture.as_raw()).expect("a frame");
    writer.finish().expect("an end");
    file
}

/// A lossless WebP, with its alpha channel where `samples` has four a pixel.
pub(crate) fn webp_of((width, height): (u32, u32), samples: &[u8]) -> Vec<u8> {
    let with_alpha = samples.len() == (width * height * 4) as usize;
    let colour = if with_alpha { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 };
    let mut file = Cursor::new(Vec::new());
    let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut file);
    encoder.write_image(samples, width, height, colour).expect("lawful pixels");
    file.into_inner()
}

/// A lossless WebP with chunks of metadata: an orientation and a colour profile.
pub(crate) fn webp_with(picture: &RgbImage, exif: Option<Vec<u8>>, icc: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut file);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).expect("WebP holds EXIF");
    }
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc).expect("WebP holds profiles");
    }
    let (width, height) = picture.dimensions();
    encoder.write_image(picture.as_raw(), width, height, ExtendedColorType::Rgb8).expect("lawful pixels");
    file.into_inner()
}

/// The head of a moving WebP of 100 x 100: canvas, animation and the start of a frame.
pub(crate) fn moving_webp() -> Vec<u8> {
    let canvas = b"VP8X\x0a\0\0\0\x02\0\0\0\x63\0\0\x63\0\0";
    let animation = b"ANIM\x06\0\0\0\xff\xff\xff\xff\0\0";
    let still = webp_of((100, 100), gradient(100, 100).as_raw());
    let picture = &still[12..];
    let place = b"\0\0\0\0\0\0\x63\0\0\x63\0\0\x64\0\0\0";
    let length = u32::try_from(place.len() + picture.len()).expect("small").to_le_bytes();
    let frame = [b"ANMF", &length[..], place, picture].concat();
    let chunks = [b"WEBP", &canvas[..], animation, &frame].concat();
    let length = u32::try_from(chunks.len()).expect("small").to_le_bytes();
    [b"RIFF", &length[..], &chunks].concat()
}

/// A JPEG whose header speaks of other sides than its data hold.
pub(crate) fn jpeg_claiming(width: u16, height: u16) -> Vec<u8> {
    let mut file = jpeg(&gradient(80, 80));
    let frame = file.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a baseline frame");
    file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    file
}

/// A true PNG of 20,000 x 20,000 grey pixels, all black, some 400 KB.
pub(crate) fn png_bomb() -> Vec<u8> {
    let side = 20_000;
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().expect("a lawful header");
    let mut stream = writer.stream_writer().expect("a stream");
    let row = vec![0; side as usize];
    for _ in 0..side {
        std::io::Write::write_all(&mut stream, &row).expect("memory");
    }
    stream.finish().expect("all rows");
    drop(writer);
    file
}
