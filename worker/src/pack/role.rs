//! What models do for us.

use serde::{Deserialize, Serialize};

/// What a model does for us.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Finds faces.
    Detect,
    /// Dense landmarks of one face.
    Landmark,
    /// Person against background.
    Matte,
    /// A second opinion on person against background.
    MatteCheck,
    /// One face as numbers, near each other for the same person. Only search needs it.
    Embed,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Detect, Self::Landmark, Self::Matte, Self::MatteCheck, Self::Embed];

    /// Whether a pack can do without it: `standardise`, which every worker does, does not need it. Files of such
    /// roles are fetched only when asked for.
    #[must_use]
    pub fn is_optional(self) -> bool {
        match self {
            Self::Detect | Self::Landmark | Self::Matte | Self::MatteCheck => false,
            Self::Embed => true,
        }
    }

    /// Its name in the manifest, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Landmark => "landmark",
            Self::Matte => "matte",
            Self::MatteCheck => "matte_check",
            Self::Embed => "embed",
        }
    }
}
