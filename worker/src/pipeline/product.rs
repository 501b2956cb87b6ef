//! What comes off the conveyor.

use gradphoto_shared::check::CheckOutcome;
use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_shared::face::Face;
use gradphoto_shared::job::Task;
use gradphoto_shared::layout::{FaultCode, LayoutFault};
use gradphoto_shared::outcome::{Placement, Reason, ReasonCode, StageTime, Standardised};
use gradphoto_shared::spec::Spec;
use image::RgbImage;
use sha2::{Digest, Sha256};

use super::sheets::LayoutProduct;
use crate::evidence::{Evidence, When};
use crate::preview::Watermark;
use crate::rules;
use crate::stage::edge;
use crate::stage::encode::Encoded;
use crate::stage::matte::Matted;
use crate::stage::place::Placed;

/// What came off the conveyor.
#[derive(Clone, Debug, Default)]
pub struct Product {
    /// The answer to `standardise`, where it was asked for.
    pub standardise: Option<StandardiseProduct>,
    /// The answer to `check`, where it was asked for.
    pub check: Option<CheckOutcome>,
    /// The answer to `read_code`, where it was asked for.
    pub read_code: Option<ReadCodeOutcome>,
    /// The face, or why it cannot be compared, where a task compares it.
    pub face: Option<Result<Face, Vec<ReasonCode>>>,
    /// The answer to `layout`, where it was asked for.
    pub layout: Option<LayoutProduct>,
    /// What `check` found, to be drawn; where it is kept and the photo was decoded.
    pub evidence: Option<Box<Evidence>>,
    /// Time per stage, in the order they ran.
    pub stages: Vec<StageTime>,
}

/// What is left beside the answers.
#[derive(Clone, Debug, Default)]
pub struct Besides {
    /// Whose evidence.
    pub evidence: When,
    /// What covers a preview of each finished picture; without it there is none.
    pub preview: Option<Watermark>,
}

impl Product {
    /// The answers to a photo whose pixels nobody can look at.
    #[must_use]
    pub fn unreadable(tasks: &[Task], spec: &Spec, code: ReasonCode) -> Self {
        let refused = || StandardiseProduct::Refused(vec![code]);
        Self {
            standardise: tasks.contains(&Task::Standardise).then(refused),
            check: tasks.contains(&Task::Check).then(|| rules::not_decoded(spec, code)),
            read_code: tasks.contains(&Task::ReadCode).then(|| ReadCodeOutcome::because(code)),
            face: super::compares(tasks).then(|| Err(vec![code])),
            layout: tasks.contains(&Task::Layout).then(|| LayoutProduct::Refused(FaultCode::OrderUnreadable.into())),
            evidence: None,
            stages: Vec::new(),
        }
    }

    /// The answer to an order that cannot be drawn.
    #[must_use]
    pub fn unordered(fault: LayoutFault) -> Self {
        Self { layout: Some(LayoutProduct::Refused(fault)), ..Self::default() }
    }
}

/// The answer to `standardise`, with the picture still in memory.
#[derive(Clone, Debug)]
pub enum StandardiseProduct {
    /// The certificate picture.
    Finished {
        /// Everything about it.
        facts: Box<Standardised>,
        /// The file itself.
        jpeg: Vec<u8>,
        /// The same under a watermark, where previews are made.
        preview: Option<Vec<u8>>,
    },
    /// Refused, most important reason first.
    Refused(Vec<ReasonCode>),
}

impl StandardiseProduct {
    /// The reasons as they are shown.
    #[must_use]
    pub fn reasons(codes: &[ReasonCode]) -> Vec<Reason> {
        codes.iter().copied().map(Reason::from).collect()
    }

    /// The file, and where it was cut; nothing where there is none.
    pub(super) fn picture(&self) -> Option<(&[u8], Placement)> {
        match self {
            Self::Finished { facts, jpeg, .. } => Some((jpeg, facts.placement)),
            Self::Refused(_) => None,
        }
    }
}

/// A person cut out, before the picture is encoded.
#[derive(Clone, Debug)]
pub struct CutOut {
    /// On the standard's background.
    pub picture: RgbImage,
    /// Where the frame lies on the photo.
    pub placement: Placement,
    pub(super) matted: Matted,
}

impl CutOut {
    /// 0 background to 1 person for each pixel, row by row.
    #[must_use]
    pub fn alpha(&self) -> &[f32] {
        &self.matted.alpha.values
    }

    /// Whether a person should look at it, by a standard.
    #[must_use]
    pub fn is_doubtful(&self, spec: &Spec) -> bool {
        rules::is_doubtful(self.matted.trust, spec)
    }
}

/// The answer to `standardise` for a picture that was made.
pub(super) fn finished(
    spec: &Spec,
    placed: &Placed,
    matted: &Matted,
    picture: &RgbImage,
    encoded: Encoded,
    preview: Option<Vec<u8>>,
) -> StandardiseProduct {
    let notes = [
        (placed.scale > 1.0, ReasonCode::Enlarged),
        (!encoded.in_window, ReasonCode::SizeWindowMissed),
        (!spec.placement.hair_top_px.holds(placed.placement.hair_top_px), ReasonCode::HairAboveWindow),
        (rules::is_doubtful(matted.trust, spec), ReasonCode::MatteUnsure),
    ];
    let edge = edge::edge(picture, matted, spec.picture.background);
    let facts = Standardised {
        sha256: hex::encode(Sha256::digest(&encoded.bytes)),
        bytes: encoded.bytes.len() as u64,
        quality: encoded.quality,
        width_px: picture.width(),
        height_px: picture.height(),
        dpi: spec.picture.dpi,
        background: spec.picture.background,
        placement: placed.placement,
        matte_confidence: matted.trust.confidence,
        edge_to_old_background: edge.to_old,
        edge_to_new_background: edge.to_new,
        notes: notes.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code.into()).collect(),
    };
    StandardiseProduct::Finished { facts: Box::new(facts), jpeg: encoded.bytes, preview }
}
