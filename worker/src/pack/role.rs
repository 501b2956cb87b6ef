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
}

impl Role {
    /// Its name in the manifest, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Landmark => "landmark",
            Self::Matte => "matte",
            Self::MatteCheck => "matte_check",
        }
    }
}
