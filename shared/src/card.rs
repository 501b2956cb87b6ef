//! Cards: what lists and exports know of a job's answer, in the object store for as long as its session is kept.
//!
//! Answers leave Redis after a day; a card is written with the picture and erased with the session. Its key tells
//! student, generation and job, so the newest of each is found without opening one.

use serde::{Deserialize, Serialize};

use crate::blob::BlobKey;
use crate::check::CheckOutcome;
use crate::job::{Job, JobId};
use crate::name::{SessionId, SubjectId, TenantId};
use crate::outcome::StandardiseOutcome;
use crate::{Error, Result};

/// Most bytes of a card: every reason of every rule, tenfold.
pub const CARD_BYTES_MAX: u64 = 64 << 10;
/// The folder of jobs without a student; no student's id begins so.
const NOBODY: &str = "-";

/// What is known of a job's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// When it was accepted, in milliseconds since 1970 UTC.
    pub accepted_at_ms: u64,
    /// `finished` or `refused`, where a certificate picture was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The certificate picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<CardPicture>,
    /// `accept`, `review` or `retake`, where the photo was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Why it was refused, what to know of it, and what rules found.
    pub reasons: Vec<Said>,
}

/// A certificate picture of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPicture {
    /// Where it lies.
    pub key: BlobKey,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its width in pixels.
    pub width_px: u32,
    /// Its height in pixels.
    pub height_px: u32,
}

/// A reason as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The stable word.
    pub code: String,
    /// The sentence in English.
    pub en: String,
    /// The sentence in Chinese.
    pub zh: String,
}

/// Whose card it is: what its key says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CardName {
    /// The student.
    pub subject: Option<SubjectId>,
    /// Counts replacements of the student's photo.
    pub generation: u32,
    /// The job.
    pub job: JobId,
}

impl Card {
    /// The card of a job that was asked for a picture or a check; `None` for others.
    #[must_use]
    pub fn of(job: &Job, standardise: Option<&StandardiseOutcome>, check: Option<&CheckOutcome>) -> Option<Self> {
        if standardise.is_none() && check.is_none() {
            return None;
        }
        let (picture, told) = match standardise {
            Some(StandardiseOutcome::Finished { picture, facts, .. }) => {
                let (bytes, width_px, height_px) = (facts.bytes, facts.width_px, facts.height_px);
                (Some(CardPicture { key: picture.clone(), bytes, width_px, height_px }), facts.notes.as_slice())
            }
            Some(StandardiseOutcome::Refused { reasons }) => (None, reasons.as_slice()),
            None => (None, &[][..]),
        };
        let told = told.iter().map(|reason| Said {
            code: reason.code.code().to_owned(),
            en: reason.en.clone(),
            zh: reason.zh.clone(),
        });
        let found = check.iter().flat_map(|check| &check.rules).filter_map(|rule| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            Some(Said { code: rule.code.clone()?, en: text(&rule.en), zh: text(&rule.zh) })
        });
        Some(Self {
            accepted_at_ms: job.accepted_at_ms,
            outcome: standardise.map(|outcome| outcome.name().to_owned()),
            picture,
            advice: check.map(|check| check.advice.name().to_owned()),
            reasons: told.chain(found).collect(),
        })
    }
}

impl CardName {
    /// The name of a job's card.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        Self { subject: job.subject.clone(), generation: job.generation, job: job.id }
    }

    /// Where all cards of a session lie.
    ///
    /// # Errors
    /// None that names can cause.
    pub fn folder(tenant: &TenantId, session: &SessionId) -> Result<BlobKey> {
        BlobKey::new(format!("results/{tenant}/{session}/cards"))
    }

    /// Where the cards of a student lie.
    ///
    /// # Errors
    /// None that names can cause.
    pub fn folder_of(tenant: &TenantId, session: &SessionId, subject: &SubjectId) -> Result<BlobKey> {
        BlobKey::new(format!("{}/{subject}", Self::folder(tenant, session)?))
    }

    /// Where the card lies.
    ///
    /// # Errors
    /// None that names can cause.
    pub fn key(&self, tenant: &TenantId, session: &SessionId) -> Result<BlobKey> {
        let subject = self.subject.as_ref().map_or(NOBODY, SubjectId::as_str);
        BlobKey::new(format!("{}/{subject}/{}-{}.json", Self::folder(tenant, session)?, self.generation, self.job))
    }

    /// Reads a card's key.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for one that is none.
    pub fn read(key: &BlobKey) -> Result<Self> {
        let invalid = || Error::InvalidName { what: "card" };
        let mut parts = key.as_str().rsplit('/');
        let (file, subject) = parts.next().zip(parts.next()).ok_or_else(invalid)?;
        let (generation, job) = file.strip_suffix(".json").and_then(|file| file.split_once('-')).ok_or_else(invalid)?;
        Ok(Self {
            subject: if subject == NOBODY { None } else { Some(SubjectId::new(subject)?) },
            generation: generation.parse().map_err(|_| invalid())?,
            job: job.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::ReasonCode;
    use crate::wire;

    fn job(subject: &str) -> Job {
        let text = format!(
            r#"{{"schema":1,"id":"2a-0192f0c8e1b97c3a8d5e4f6071829304","tenant":"t","session":"s","subject":{subject},
            "generation":3,"lane":"bulk","tasks":["standardise"],"photo":"photos/t/s/1","spec":"chsi","accepted_at_ms":7}}"#
        );
        wire::decode(&text).unwrap()
    }

    #[test]
    fn a_cards_key_tells_whose_it_is() {
        let (tenant, session) = (TenantId::new("t").unwrap(), SessionId::new("s").unwrap());
        for (subject, folder) in [("null", "-"), (r#""a.b-1""#, "a.b-1")] {
            let name = CardName::of(&job(subject));
            let key = name.key(&tenant, &session).unwrap();
            let expected = format!("results/t/s/cards/{folder}/3-2a-0192f0c8e1b97c3a8d5e4f6071829304.json");
            assert_eq!(key.as_str(), expected);
            assert_eq!(CardName::read(&key).unwrap(), name);
        }
        for wrong in ["a", "x/y", "x/1-2.json", "x/a-2a-0192f0c8e1b97c3a8d5e4f6071829304.json"] {
            assert!(CardName::read(&BlobKey::new(wrong).unwrap()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_card_says_why_in_both_languages() {
        let refused = StandardiseOutcome::refused(ReasonCode::NoFace);
        let card = Card::of(&job("null"), Some(&refused), None).unwrap();
        assert_eq!((card.outcome.as_deref(), card.advice, card.picture), (Some("refused"), None, None));
        assert_eq!((card.reasons[0].code.as_str(), card.accepted_at_ms), ("no_face", 7));
        assert!(Card::of(&job("null"), None, None).is_none());
    }
}
