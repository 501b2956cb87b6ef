//! Photos as phones take them, made from portraits.

use std::fs;
use std::path::{Path, PathBuf};

use gradphoto_tests::photos;
use image::{RgbImage, imageops};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::Result;

/// Width and height in pixels of a phone's photo of 12 megapixels.
const SIZE: (u32, u32) = (3024, 4032);
/// JPEG quality of phones.
const QUALITY: i32 = 92;
/// The photo that lies on its side and says so, as phones write what is taken upright.
const TURNED: usize = 1;
/// Its EXIF block: orientation 6, to be turned by 90 degrees clockwise, alone.
const ORIENTATION_6: &[u8] = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
/// Most levels by which noise moves a sample.
const NOISE: i16 = 6;

/// Writes `count` photos into `folder`.
pub(crate) fn large(folder: &Path, count: usize) -> Result<Vec<PathBuf>> {
    let portraits = portraits()?;
    // Neutral and smiling pictures alternate; persons are strewn over the whole set.
    let step = (portraits.len() / count.max(1)).max(1);
    let mut made = Vec::new();
    for (number, path) in portraits.iter().step_by(step).take(count).enumerate() {
        let portrait = image::open(path)?.into_rgb8();
        let path = folder.join(format!("photo-{number:03}.jpg"));
        fs::write(&path, phone(&portrait, number)?)?;
        made.push(path);
    }
    Ok(made)
}

/// The portraits of the set, sorted by name.
pub(crate) fn portraits() -> Result<Vec<PathBuf>> {
    let set = photos::photos("london").ok_or("the portraits are lent material")?;
    let all = photos::pictures_in(&set);
    if all.is_empty() { Err("the set holds no pictures".into()) } else { Ok(all) }
}

fn phone(portrait: &RgbImage, number: usize) -> Result<Vec<u8>> {
    let width = portrait.height() * SIZE.0 / SIZE.1;
    let left = portrait.width().saturating_sub(width) / 2;
    let upright = imageops::crop_imm(portrait, left, 0, width, portrait.height()).to_image();
    let mut photo = imageops::resize(&upright, SIZE.0, SIZE.1, imageops::FilterType::CatmullRom);
    let mut random = StdRng::seed_from_u64(number as u64);
    for level in photo.iter_mut() {
        let moved = i16::from(*level) + random.random_range(-NOISE..=NOISE);
        *level = u8::try_from(moved.clamp(0, 255))?;
    }
    if number != TURNED {
        return jpeg(&photo);
    }
    let mut file = jpeg(&imageops::rotate270(&photo))?;
    let length = u16::try_from(ORIENTATION_6.len() + 2)?.to_be_bytes();
    // Behind the start of the picture, before all else.
    file.splice(2..2, [&[0xff, 0xe1], &length[..], ORIENTATION_6].concat());
    Ok(file)
}

fn jpeg(photo: &RgbImage) -> Result<Vec<u8>> {
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    let format = turbojpeg::PixelFormat::RGB;
    let image = turbojpeg::Image { pixels: photo.as_raw().as_slice(), width, pitch: 3 * width, height, format };
    Ok(turbojpeg::compress(image, QUALITY, turbojpeg::Subsamp::Sub2x2)?.to_vec())
}
