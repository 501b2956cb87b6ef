//! What a photo's file says about itself, as an answer tells it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a photo's file says about itself: evidence, never proof, since any program can write it. Owners, serial numbers,
/// places and comments are left out; signs of editing and copying are readings of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileEvidence {
    /// Width in pixels of the photo as it is stored, once upright.
    pub width_px: u32,
    /// Its height.
    pub height_px: u32,
    /// Maker of the camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// The maker's name for the camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Name of the lens; those of phones tell front from back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lens: Option<String>,
    /// The program that wrote the file, or the camera's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// When the photo was taken by the camera's own clock, which knows no time zone: `2026-05-04T10:20:30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// How a JPEG was compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jpeg: Option<JpegEvidence>,
}

impl FileEvidence {
    /// Maker and model as one name, since most models repeat their maker; `None` where the file names neither.
    #[must_use]
    pub fn camera(&self) -> Option<String> {
        match (&self.make, &self.model) {
            (Some(make), Some(model)) if !model.starts_with(make.as_str()) => Some(format!("{make} {model}")),
            (make, model) => model.as_ref().or(make.as_ref()).cloned(),
        }
    }
}

/// How a JPEG was compressed, by its own tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JpegEvidence {
    /// The quality factor, 1 to 100, whose table comes nearest to the file's.
    pub quality: u8,
    /// Whether the table is exactly that factor's, as programs on libjpeg write it.
    pub is_libjpeg: bool,
    /// Whether one table serves brightness and colour, as with some messengers.
    pub is_one_table: bool,
    /// Whether the picture is stored in several passes, as web programs and messengers store it.
    pub is_progressive: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_bears_its_maker_once() {
        for (make, model, camera) in [
            (None, None, None),
            (Some("HUAWEI"), None, Some("HUAWEI")),
            (None, Some("ALN-AL00"), Some("ALN-AL00")),
            (Some("HUAWEI"), Some("ALN-AL00"), Some("HUAWEI ALN-AL00")),
            (Some("Canon"), Some("Canon EOS R6"), Some("Canon EOS R6")),
        ] {
            let [make, model] = [make, model].map(|word| word.map(str::to_owned));
            let file = FileEvidence { make, model, ..FileEvidence::default() };
            assert_eq!(file.camera().as_deref(), camera);
        }
    }
}
