//! Finished pixels to a JPEG inside the size window.

use gradphoto_shared::Result;
use gradphoto_shared::spec::Spec;
use image::RgbImage;

/// A finished JPEG.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its quality factor.
    pub quality: u8,
    /// Whether its size lies inside the spec's window.
    pub in_window: bool,
}

/// Encodes at the highest quality whose size lies inside the spec's window, marked with its resolution.
///
/// # Errors
/// [`gradphoto_shared::Error::Broken`] when the encoder refuses lawful pixels.
pub fn encode(_picture: &RgbImage, _spec: &Spec) -> Result<Encoded> {
    unimplemented!()
}
