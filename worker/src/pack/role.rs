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
    /// The irises, where the landmarks have none.
    Iris,
    /// Points of the body, for the shoulders.
    Body,
    /// Hair against everything else.
    Hair,
    /// Skin, clothes and hair.
    Parse,
    /// Whether glasses with clear lenses are worn.
    Glasses,
    /// Whether sunglasses are worn.
    Sunglasses,
    /// Where the head is turned.
    HeadPose,
    /// A second opinion on where the head is turned; both are averaged.
    HeadPoseSecond,
    /// What the muscles of the face do.
    Expression,
    /// A living face against one on paper or a screen, from near.
    LiveNear,
    /// The same from farther away; both are averaged.
    LiveWide,
    /// One face as numbers, near each other for the same person. Only search needs it.
    Embed,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 16] = [
        Self::Detect,
        Self::Landmark,
        Self::Matte,
        Self::MatteCheck,
        Self::Iris,
        Self::Body,
        Self::Hair,
        Self::Parse,
        Self::Glasses,
        Self::Sunglasses,
        Self::HeadPose,
        Self::HeadPoseSecond,
        Self::Expression,
        Self::LiveNear,
        Self::LiveWide,
        Self::Embed,
    ];

    /// What a pack can do without, by the name under which `worker models pull --role` fetches it; `None` for
    /// what `standardise` needs, which every worker does.
    #[must_use]
    pub fn wish(self) -> Option<Wish> {
        match self {
            Self::Detect | Self::Landmark | Self::Matte | Self::MatteCheck => None,
            Self::Iris
            | Self::Body
            | Self::Hair
            | Self::Parse
            | Self::Glasses
            | Self::Sunglasses
            | Self::HeadPose
            | Self::HeadPoseSecond
            | Self::Expression
            | Self::LiveNear
            | Self::LiveWide => Some(Wish::Check),
            Self::Embed => Some(Wish::Embed),
        }
    }

    /// Whether a pack can do without it. Files of such roles are fetched only when asked for.
    #[must_use]
    pub fn is_optional(self) -> bool {
        self.wish().is_some()
    }

    /// Its name in the manifest, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Landmark => "landmark",
            Self::Matte => "matte",
            Self::MatteCheck => "matte_check",
            Self::Iris => "iris",
            Self::Body => "body",
            Self::Hair => "hair",
            Self::Parse => "parse",
            Self::Glasses => "glasses",
            Self::Sunglasses => "sunglasses",
            Self::HeadPose => "head_pose",
            Self::HeadPoseSecond => "head_pose_second",
            Self::Expression => "expression",
            Self::LiveNear => "live_near",
            Self::LiveWide => "live_wide",
            Self::Embed => "embed",
        }
    }
}

/// Optional models that are fetched together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// All models that only the rules of `check` ask.
    Check,
    /// The face descriptor, which only search asks.
    Embed,
}

impl Wish {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Embed => "embed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_calls_a_role_by_its_name() {
        for (index, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
            assert!(Role::ALL[..index].iter().all(|other| other.name() != role.name()), "{}", role.name());
        }
    }
}
