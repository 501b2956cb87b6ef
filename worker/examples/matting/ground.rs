//! Grounds before which people are put: painted walls made here, and photos without people.

use std::path::Path;

use image::RgbImage;
use image::imageops::{self, FilterType};

/// Side in pixels: that of the portraits.
pub(crate) const SIDE: u32 = 1350;

/// What kind of ground it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An even wall with the fall of light and the noise of a camera: what the collection rules ask for.
    Wall,
    /// A photo out of focus, as behind a portrait.
    Soft,
    /// A sharp photo.
    Busy,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Wall, Self::Soft, Self::Busy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wall => "even wall",
            Self::Soft => "photo out of focus",
            Self::Busy => "sharp photo",
        }
    }
}

/// A ground.
pub(crate) struct Ground {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) picture: RgbImage,
    /// Its number among all, and how many there are.
    turn: (usize, usize),
}

/// Colours of walls: white, grey, yellowish, green, blue, dark.
const WALLS: [(&str, [f32; 3]); 6] = [
    ("white wall", [238.0, 236.0, 231.0]),
    ("grey wall", [172.0, 174.0, 178.0]),
    ("cream wall", [226.0, 212.0, 182.0]),
    ("green wall", [150.0, 176.0, 152.0]),
    ("blue wall", [96.0, 134.0, 184.0]),
    ("dark wall", [84.0, 72.0, 66.0]),
];
/// Photos of the set `recapture` that show no person: a street with trees, stone, wood, plants, tiles, print.
const PHOTOS: [&str; 6] =
    ["k_real_002.jpg", "y_real_05.jpg", "y_real_13.jpg", "y_real_07.jpg", "y_real_01.jpg", "m_14_letterbox1024.jpg"];

impl Ground {
    pub(crate) fn all(photos: &Path) -> Vec<Self> {
        let walls = WALLS.iter().map(|(name, colour)| ((*name).to_owned(), Kind::Wall, wall(*colour)));
        let photo = |name: &&str| image::open(photos.join(name)).expect("a photo of the set").to_rgb8();
        let soft = PHOTOS.iter().map(|name| (format!("{name} soft"), Kind::Soft, blurred(&covering(&photo(name)))));
        let busy = PHOTOS.iter().map(|name| ((*name).to_owned(), Kind::Busy, covering(&photo(name))));
        let (walls, soft, busy): (Vec<_>, Vec<_>, Vec<_>) = (walls.collect(), soft.collect(), busy.collect());
        // A wall, a soft photo, a sharp one, and again: neighbours in the list of portraits are unlike.
        let mixed = walls.into_iter().zip(soft).zip(busy).flat_map(|((wall, soft), busy)| [wall, soft, busy]);
        let all: Vec<_> = mixed.collect();
        let count = all.len();
        let made = all.into_iter().enumerate();
        made.map(|(at, (name, kind, picture))| Self { name, kind, picture, turn: (at, count) }).collect()
    }

    /// Whether it is the one for the portrait of that number.
    pub(crate) fn serves(&self, portrait: usize) -> bool {
        portrait % self.turn.1 == self.turn.0
    }
}

/// A wall lit from the upper left, with noise of 2 levels.
fn wall(colour: [f32; 3]) -> RgbImage {
    let mut state = 0x2545_f491_u32;
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let light = 1.06 - 0.14 * (x as f32 * 0.4 + y as f32 * 0.6) / SIDE as f32;
        image::Rgb(colour.map(|level| {
            // Xorshift: the same wall every time.
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let noise = (state & 0xff) as f32 / 255.0 + (state >> 8 & 0xff) as f32 / 255.0 - 1.0;
            (level * light + 5.0 * noise).clamp(0.0, 255.0) as u8
        }))
    })
}

/// Scaled so that it covers a portrait, the middle of it.
fn covering(photo: &RgbImage) -> RgbImage {
    imageops::resize(&square(photo), SIDE, SIDE, FilterType::CatmullRom)
}

fn square(photo: &RgbImage) -> RgbImage {
    let side = photo.width().min(photo.height());
    imageops::crop_imm(photo, (photo.width() - side) / 2, (photo.height() - side) / 2, side, side).to_image()
}

fn blurred(photo: &RgbImage) -> RgbImage {
    // Down and up again is a blur that takes no time.
    let small = imageops::resize(photo, SIDE / 18, SIDE / 18, FilterType::Triangle);
    imageops::resize(&small, SIDE, SIDE, FilterType::CatmullRom)
}
