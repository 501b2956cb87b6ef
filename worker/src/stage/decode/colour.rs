//! Decoded samples to sRGB pixels.

use gradphoto_shared::outcome::ReasonCode;
use image::RgbImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};
use std::sync::Arc;

/// Pixels that are converted at once; small enough to stay in the second-level cache.
const CHUNK_PX: usize = 8192;

/// Largest difference in levels up to which a profile counts as sRGB and is left alone: the rounding of
/// a conversion itself.
const SAME_LEVELS: u8 = 1;

/// What a pixel's samples mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channels {
    Grey,
    Rgb,
    /// Ink: 0 is none, 255 is full.
    Cmyk,
}

impl Channels {
    pub(super) fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }
}

/// Decoded samples, 8 bits each, rows without gaps.
pub(super) struct Raster {
    pub(super) channels: Channels,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) data: Vec<u8>,
}

impl Raster {
    /// Lays samples with a last, transparent channel on white, in place.
    pub(super) fn on_white(channels: Channels, width: u32, height: u32, mut data: Vec<u8>) -> Self {
        let count = channels.count();
        let pixels = data.len() / (count + 1);
        for pixel in 0..pixels {
            let alpha = u32::from(data[pixel * (count + 1) + count]);
            for channel in 0..count {
                let sample = u32::from(data[pixel * (count + 1) + channel]);
                let mixed = (sample * alpha + 255 * (255 - alpha) + 127) / 255;
                data[pixel * count + channel] = u8::try_from(mixed).unwrap_or(u8::MAX);
            }
        }
        data.truncate(pixels * count);
        Self { channels, width, height, data }
    }

    /// Converts to sRGB by the picture's profile, where it has a sound one; without, grey and RGB count
    /// as sRGB and ink is mixed by the plain formula.
    pub(super) fn into_srgb(self, icc: Option<&[u8]>) -> Result<RgbImage, ReasonCode> {
        let rgb = match icc.and_then(|icc| Profile::read(icc, self.channels)) {
            Some(profile) => profile.apply(self.channels, self.data),
            None => plain_rgb(self.channels, self.data),
        };
        RgbImage::from_raw(self.width, self.height, rgb).ok_or(ReasonCode::Corrupt)
    }
}

fn plain_rgb(channels: Channels, data: Vec<u8>) -> Vec<u8> {
    match channels {
        Channels::Rgb => data,
        Channels::Grey => data.iter().flat_map(|&grey| [grey; 3]).collect(),
        Channels::Cmyk => {
            let mix = |ink: u8, black: u8| {
                let light = u32::from(255 - ink) * u32::from(255 - black);
                u8::try_from((light + 127) / 255).unwrap_or(u8::MAX)
            };
            data.chunks_exact(4).flat_map(|ink| [0, 1, 2].map(|channel| mix(ink[channel], ink[3]))).collect()
        }
    }
}

/// A sound profile that fits the picture.
struct Profile {
    /// The samples that it takes.
    takes: Channels,
    transform: Arc<Transform8BitExecutor>,
}

impl Profile {
    /// Reads a profile; `None` with a line in the debug log where it is broken or is for other samples.
    fn read(icc: &[u8], channels: Channels) -> Option<Self> {
        let ignored = |why: &str| tracing::debug!(why, "colour profile ignored");
        let profile = ColorProfile::new_from_slice(icc).map_err(|cause| ignored(&cause.to_string())).ok()?;
        let (takes, layout) = match (profile.color_space, channels) {
            (DataColorSpace::Gray, Channels::Grey) => (Channels::Grey, Layout::Gray),
            // Grey samples under an RGB profile stand for equal red, green and blue.
            (DataColorSpace::Rgb, Channels::Grey | Channels::Rgb) => (Channels::Rgb, Layout::Rgb),
            // Four inks travel in the layout of four channels.
            (DataColorSpace::Cmyk, Channels::Cmyk) => (Channels::Cmyk, Layout::Rgba),
            _ => {
                ignored("it is for other samples");
                return None;
            }
        };
        let srgb = ColorProfile::new_srgb();
        let made = profile.create_transform_8bit(layout, &srgb, Layout::Rgb, TransformOptions::default());
        let transform = made.map_err(|cause| ignored(&cause.to_string())).ok()?;
        Some(Self { takes, transform })
    }

    fn apply(&self, channels: Channels, data: Vec<u8>) -> Vec<u8> {
        let mut data = if channels == self.takes { data } else { plain_rgb(channels, data) };
        if self.takes == Channels::Rgb {
            if !self.is_srgb() {
                self.convert_in_place(&mut data);
            }
            return data;
        }
        let mut rgb = vec![0; data.len() / self.takes.count() * 3];
        for (from, to) in data.chunks(CHUNK_PX * self.takes.count()).zip(rgb.chunks_mut(CHUNK_PX * 3)) {
            self.convert(from, to);
        }
        rgb
    }

    fn convert_in_place(&self, data: &mut [u8]) {
        let mut from = vec![0; CHUNK_PX * 3];
        for chunk in data.chunks_mut(CHUNK_PX * 3) {
            let from = &mut from[..chunk.len()];
            from.copy_from_slice(chunk);
            self.convert(from, chunk);
        }
    }

    fn convert(&self, from: &[u8], to: &mut [u8]) {
        self.transform.transform(from, to).expect("the two chunks hold the same number of pixels");
    }

    /// Whether the conversion moves no colour of a coarse cube; most photos say that they are sRGB, and
    /// are spared the pass.
    fn is_srgb(&self) -> bool {
        let levels = || (0..=255u8).step_by(51);
        let cube: Vec<u8> = levels()
            .flat_map(|red| levels().flat_map(move |green| levels().flat_map(move |blue| [red, green, blue])))
            .collect();
        let mut moved = vec![0; cube.len()];
        self.convert(&cube, &mut moved);
        cube.iter().zip(&moved).all(|(before, after)| before.abs_diff(*after) <= SAME_LEVELS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparency_lies_on_white() {
        let raster = Raster::on_white(Channels::Rgb, 3, 1, vec![10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 128]);
        assert_eq!(raster.data, [10, 20, 30, 255, 255, 255, 127, 127, 127]);
        let raster = Raster::on_white(Channels::Grey, 2, 1, vec![7, 255, 7, 0]);
        assert_eq!(raster.data, [7, 255]);
    }

    #[test]
    fn ink_is_mixed() {
        let inks = vec![0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 128, 0, 128];
        assert_eq!(plain_rgb(Channels::Cmyk, inks), [255, 255, 255, 0, 255, 255, 0, 0, 0, 127, 63, 127]);
    }

    #[test]
    fn an_srgb_profile_changes_nothing_and_a_broken_one_is_ignored() {
        let srgb = ColorProfile::new_srgb().encode().expect("a built-in profile");
        let pixels = vec![1, 77, 200, 90, 91, 92];
        for icc in [&srgb[..], b"not a profile", &srgb[..60]] {
            let raster = Raster { channels: Channels::Rgb, width: 2, height: 1, data: pixels.clone() };
            assert_eq!(raster.into_srgb(Some(icc)).expect("two pixels").into_raw(), pixels);
        }
    }

    #[test]
    fn a_profile_for_other_samples_is_ignored() {
        let grey = ColorProfile::new_gray_with_gamma(1.0).encode().expect("a built-in profile");
        let raster = Raster { channels: Channels::Rgb, width: 1, height: 1, data: vec![1, 77, 200] };
        assert_eq!(raster.into_srgb(Some(&grey)).expect("one pixel").into_raw(), [1, 77, 200]);
    }
}
