//! What was seen of a photo so far.

use gradphoto_shared::Result;
use gradphoto_shared::check::CheckOutcome;
use gradphoto_shared::face::Face;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::Spec;

use crate::evidence::{Evidence, Seen};
use crate::measure::Readings;
use crate::rules::Subject;
use crate::stage::decode::Source;
use crate::stage::landmark::Crowd;
use crate::stage::matte::Trust;
use crate::stage::outline::{self, Looked};
use crate::stage::portrait::Portrait;
use crate::stage::pose;
use crate::stage::view::View;

/// A face as it is compared, or why it cannot be, most important first.
pub(super) type Described = Result<Face, Vec<ReasonCode>>;

/// A photo as far as every task looks at it; later looks are kept for the next task.
pub(super) struct Sight<'a> {
    pub(super) source: Source<'a>,
    pub(super) view: View,
    /// The people, or why nobody was found.
    pub(super) crowd: Result<Crowd, ReasonCode>,
    pub(super) looked: Option<Looked>,
    /// How far the cut-out can be trusted, where one was made.
    pub(super) trust: Option<Trust>,
    /// The face as it is compared, where a task compares it.
    pub(super) face: Option<Described>,
}

impl Sight<'_> {
    pub(super) fn evidence(&self, spec: &Spec, check: &CheckOutcome) -> Result<Evidence> {
        let seen = self.crowd.as_ref().ok().map(|crowd| {
            let (face, size) = (&crowd.subject, self.view.size);
            let outline = self.looked.as_ref().and_then(|looked| outline::outline(looked, face, size).ok());
            Seen { face, outline }
        });
        Evidence::of(&self.view, seen.as_ref(), spec, check)
    }
}

/// The person as the rules see them.
pub(super) fn subject<'a>(view: &View, crowd: &'a Crowd, looked: &'a Looked, readings: Readings) -> Subject<'a> {
    let face = &crowd.subject;
    Subject {
        face,
        others: &crowd.others,
        outline: outline::outline(looked, face, view.size),
        looked,
        portrait: Portrait::of(view, face, looked),
        pose: pose::pose(face),
        readings,
    }
}
