//! What `enrol`, `search` and `candidates` answer. No picture and no vector stands in any of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::blob::BlobKey;
use crate::face::FaceModel;
use crate::name::SubjectId;
use crate::outcome::{Reason, ReasonCode};

/// The answer to `enrol`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum EnrolOutcome {
    /// The face is in the session's gallery and is found from now on.
    Enrolled {
        /// What made its descriptor.
        model: FaceModel,
        /// Faces in the gallery, this one among them.
        faces: u64,
        /// Other photos that look like the same person or the same shot; for reviewers, never for students.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        doubles: Vec<Double>,
    },
    /// It is not.
    Refused {
        /// Why, most important first; at least one.
        reasons: Vec<Reason>,
    },
}

impl EnrolOutcome {
    /// A refusal for some reasons.
    #[must_use]
    pub fn refused(codes: &[ReasonCode]) -> Self {
        Self::Refused { reasons: codes.iter().copied().map(Reason::from).collect() }
    }

    /// `enrolled` or `refused`, for metrics and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Enrolled { .. } => "enrolled",
            Self::Refused { .. } => "refused",
        }
    }
}

/// Another photo of the session that an enrolled one is too like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Double {
    /// The other photo.
    pub photo: BlobKey,
    /// Its subject, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// In what way it is like.
    pub kind: DoubleKind,
    /// Likeness of the faces, -1 to 1.
    pub score: f32,
}

/// In what way two photos of a session are too like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoubleKind {
    /// The same shot (同版), perhaps cropped, recoloured or printed and scanned.
    SameShot,
    /// The same person under another subject, or a twin: only people can tell.
    LooksAlike,
}

impl DoubleKind {
    /// Its name in Redis and in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SameShot => "same_shot",
            Self::LooksAlike => "looks_alike",
        }
    }
}

/// The answer to `search`: one photo or none, never a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SearchOutcome {
    /// The photo of this person, beyond reasonable doubt.
    Found {
        /// The photo.
        photo: BlobKey,
        /// Its subject, where it is assigned to one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<SubjectId>,
        /// Likeness of the faces, -1 to 1.
        score: f32,
    },
    /// Nobody in the session's gallery looks like this person.
    NotFound {
        /// What to do, for the student; at least one.
        reasons: Vec<Reason>,
    },
    /// Somebody might; nobody is shown.
    Uncertain {
        /// What to do, for the student; at least one.
        reasons: Vec<Reason>,
    },
    /// The picture that was searched with cannot be used.
    Unusable {
        /// Why, most important first; at least one.
        reasons: Vec<Reason>,
    },
}

impl SearchOutcome {
    /// Nobody found.
    #[must_use]
    pub fn not_found(code: ReasonCode) -> Self {
        Self::NotFound { reasons: vec![code.into()] }
    }

    /// Nobody shown for doubt.
    #[must_use]
    pub fn uncertain(code: ReasonCode) -> Self {
        Self::Uncertain { reasons: vec![code.into()] }
    }

    /// A picture that cannot be used.
    #[must_use]
    pub fn unusable(codes: &[ReasonCode]) -> Self {
        Self::Unusable { reasons: codes.iter().copied().map(Reason::from).collect() }
    }

    /// `found`, `not_found`, `uncertain` or `unusable`, for metrics and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Found { .. } => "found",
            Self::NotFound { .. } => "not_found",
            Self::Uncertain { .. } => "uncertain",
            Self::Unusable { .. } => "unusable",
        }
    }

    /// Why nobody is shown; empty where somebody is.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Found { .. } => &[],
            Self::NotFound { reasons } | Self::Uncertain { reasons } | Self::Unusable { reasons } => reasons,
        }
    }
}

/// The answer to `candidates`: who comes nearest, for reviewers only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CandidatesOutcome {
    /// The nearest photos.
    Listed {
        /// Nearest first; none in an empty gallery.
        candidates: Vec<Candidate>,
    },
    /// The picture that was searched with cannot be used.
    Unusable {
        /// Why, most important first; at least one.
        reasons: Vec<Reason>,
    },
}

impl CandidatesOutcome {
    /// A picture that cannot be used.
    #[must_use]
    pub fn unusable(codes: &[ReasonCode]) -> Self {
        Self::Unusable { reasons: codes.iter().copied().map(Reason::from).collect() }
    }

    /// `listed` or `unusable`, for metrics and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Listed { .. } => "listed",
            Self::Unusable { .. } => "unusable",
        }
    }
}

/// A photo that may be of the person who is searched for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The photo.
    pub photo: BlobKey,
    /// Its subject, where it is assigned to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Likeness of the faces, -1 to 1.
    pub score: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_names_its_outcome() {
        let photo = BlobKey::new("photos/t/s/1").expect("lawful");
        let found = SearchOutcome::Found { photo, subject: None, score: 0.5 };
        let code = ReasonCode::NoFace;
        for (name, answer) in [
            ("found", found),
            ("not_found", SearchOutcome::not_found(code)),
            ("uncertain", SearchOutcome::uncertain(code)),
            ("unusable", SearchOutcome::unusable(&[code])),
        ] {
            let written = serde_json::to_value(&answer).expect("plain data");
            assert_eq!((answer.name(), written["outcome"].as_str()), (name, Some(name)));
            assert_eq!(answer.reasons().is_empty(), name == "found");
            assert_eq!(serde_json::from_value::<SearchOutcome>(written).expect("own answer"), answer);
        }
        let refused = EnrolOutcome::refused(&[code]);
        assert_eq!(serde_json::to_value(&refused).expect("plain data")["outcome"], refused.name());
        let unusable = CandidatesOutcome::unusable(&[code]);
        assert_eq!(serde_json::to_value(&unusable).expect("plain data")["outcome"], unusable.name());
        for kind in [DoubleKind::SameShot, DoubleKind::LooksAlike] {
            assert_eq!(serde_json::to_value(kind).expect("plain data"), kind.name());
        }
    }
}
