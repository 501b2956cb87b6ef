//! What was seen of codes so far, by place, and what that comes to.

use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_shared::outcome::ReasonCode;

use super::corners::Corners;
use super::patch::Patch;
use super::reader::{Content, Sighting};
use crate::model::Area;

/// A code in the picture.
#[derive(Clone)]
struct Code {
    /// In pixels of the original.
    corners: Corners,
    content: Option<Content>,
    /// Two readings of it disagree.
    in_doubt: bool,
}

/// The codes of a picture.
#[derive(Clone, Default)]
pub(super) struct Seen {
    codes: Vec<Code>,
    /// A reader saw a code and cannot say where.
    somewhere: bool,
}

impl Seen {
    /// Adds what a reader saw in a patch.
    pub(super) fn add(&mut self, patch: &Patch, sightings: Vec<Sighting>) {
        for Sighting { corners, content } in sightings {
            if corners.is_nowhere() {
                self.somewhere = true;
                continue;
            }
            let corners = patch.placed(corners);
            match self.codes.iter_mut().find(|code| code.corners.meets(corners)) {
                Some(known) => known.hear(content),
                None => self.codes.push(Code { corners, content, in_doubt: false }),
            }
        }
    }

    /// Adds a code that nobody could read, at a place.
    pub(super) fn add_unread(&mut self, area: Area) {
        let (right, bottom) = (area.left + area.width, area.top + area.height);
        let corners = Corners([(area.left, area.top), (right, area.top), (right, bottom), (area.left, bottom)]);
        if !self.codes.iter().any(|code| code.corners.meets(corners)) {
            self.codes.push(Code { corners, content: None, in_doubt: false });
        }
    }

    /// Adds only what could be read: what a reader seems to see in a treated copy may come from the treatment.
    pub(super) fn add_read(&mut self, patch: &Patch, sightings: Vec<Sighting>) {
        self.add(patch, sightings.into_iter().filter(|sighting| sighting.content.is_some()).collect());
    }

    /// Whether any code was seen.
    pub(super) fn is_anything(&self) -> bool {
        self.somewhere || !self.codes.is_empty()
    }

    /// Whether any code was read.
    pub(super) fn is_any_read(&self) -> bool {
        self.codes.iter().any(|code| code.content.is_some())
    }

    /// Where codes lie that were read.
    pub(super) fn read(&self) -> impl Iterator<Item = Corners> {
        self.codes.iter().filter(|code| code.content.is_some()).map(|code| code.corners)
    }

    /// Where codes lie that could not be read.
    pub(super) fn unread(&self) -> impl Iterator<Item = Corners> {
        self.codes.iter().filter(|code| code.content.is_none()).map(|code| code.corners)
    }

    /// What the picture comes to.
    ///
    /// A text is given only where every code that was seen says the same: beside a code that was read, one that
    /// was only seen may be the student's own.
    pub(super) fn outcome(self) -> ReadCodeOutcome {
        if self.codes.iter().any(|code| code.in_doubt) {
            return ReadCodeOutcome::because(ReasonCode::CodeUnreadable);
        }
        let mut contents = self.codes.iter().map(|code| code.content.as_ref());
        match contents.next() {
            None if self.somewhere => ReadCodeOutcome::because(ReasonCode::CodeUnreadable),
            None => ReadCodeOutcome::because(ReasonCode::NoCode),
            Some(first) => match (first, contents.all(|other| other == first)) {
                (Some(content), true) => ReadCodeOutcome::found(&*content.text),
                (None, true) => ReadCodeOutcome::because(ReasonCode::CodeUnreadable),
                (_, false) => ReadCodeOutcome::because(ReasonCode::SeveralCodes),
            },
        }
    }
}

impl Code {
    /// Takes another reading of the same code.
    fn hear(&mut self, content: Option<Content>) {
        match (&self.content, content) {
            (_, None) => {}
            (None, Some(content)) => self.content = Some(content),
            (Some(known), Some(other)) => self.in_doubt |= *known != other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::content;
    use super::*;

    fn sighting(left: f32, text: Option<&str>) -> Sighting {
        let corners = Corners([(left, 0.0), (left + 50.0, 0.0), (left + 50.0, 50.0), (left, 50.0)]);
        Sighting { corners, content: text.map(content) }
    }

    fn outcome(sightings: &[Sighting]) -> &'static str {
        let patch = Patch::of(image::GrayImage::new(400, 100));
        let mut seen = Seen::default();
        seen.add(&patch, sightings.to_vec());
        seen.outcome().name()
    }

    #[test]
    fn a_text_needs_all_codes_and_all_readers_to_agree() {
        let read = |left: f32, text: &'static str| sighting(left, Some(text));
        let table = [
            (vec![], "none"),
            (vec![read(0.0, "a")], "found"),
            (vec![read(0.0, "a"), read(3.0, "a")], "found"),
            (vec![read(0.0, "a"), read(3.0, "b")], "unreadable"),
            (vec![sighting(0.0, None), read(3.0, "a")], "found"),
            (vec![sighting(0.0, None)], "unreadable"),
            (vec![read(0.0, "a"), read(200.0, "b")], "several"),
            (vec![read(0.0, "a"), read(200.0, "a")], "found"),
            (vec![read(0.0, "a"), sighting(200.0, None)], "several"),
            (vec![Sighting { corners: Corners([(0.0, 0.0); 4]), content: None }], "unreadable"),
            (vec![Sighting { corners: Corners([(0.0, 0.0); 4]), content: None }, read(9.0, "a")], "found"),
        ];
        for (at, (sightings, expected)) in table.iter().enumerate() {
            assert_eq!(outcome(sightings), *expected, "row {at}");
        }
    }

    #[test]
    fn what_only_seems_to_be_there_in_a_treated_copy_does_not_count() {
        let patch = Patch::of(image::GrayImage::new(400, 100));
        let mut seen = Seen::default();
        seen.add_read(&patch, vec![sighting(0.0, None)]);
        assert_eq!(seen.clone().outcome().name(), "none");
        seen.add_read(&patch, vec![sighting(0.0, Some("a"))]);
        assert_eq!(seen.outcome().name(), "found");
    }
}
