//! A face as it is compared: a descriptor, the signature of its shot, and the model that made them.
//!
//! Both are personal data. They print as dots, stand in no answer and no log, and leave the worker only as the
//! bytes of a gallery's entry.

use std::fmt;

use half::f16;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Error, Result};

/// Longest name of a model, in bytes.
const MODEL_MAX: usize = 48;
/// Most numbers of a descriptor: the largest networks in use make 512.
const DESCRIPTOR_MAX: usize = 1_024;
/// Most bytes of a shot's signature.
const SHOT_MAX: usize = 256;

/// What made a descriptor: network, alignment and version, for example `mobilefacenet_128/1`. Faces of different
/// models are never compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[a-z0-9_.-]+/[0-9]+$", max_length = 48)]
pub struct FaceModel(String);

impl FaceModel {
    /// Checks `text` and takes it as a model's name.
    ///
    /// # Errors
    /// [`Error::InvalidName`] unless it is `a-z 0-9 _ . -`, a slash and a number, 48 bytes at most.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
        let is_lawful = text.len() <= MODEL_MAX
            && text.split_once('/').is_some_and(|(name, version)| {
                let numbered = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
                numbered && !name.is_empty() && name.bytes().all(is_word)
            });
        if is_lawful { Ok(Self(text)) } else { Err(Error::InvalidName { what: "face model" }) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FaceModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for FaceModel {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::new(text)
    }
}

impl From<FaceModel> for String {
    fn from(model: FaceModel) -> Self {
        model.0
    }
}

/// Where a face lies among all faces: a vector of length 1. The product of two is their likeness, -1 to 1.
#[derive(Clone, PartialEq)]
pub struct Descriptor(Vec<f32>);

impl Descriptor {
    /// Brings `values` to length 1; nothing where they have no direction or there are none or too many (1,024).
    #[must_use]
    pub fn new(values: Vec<f32>) -> Option<Self> {
        let length = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        let is_lawful = (1..=DESCRIPTOR_MAX).contains(&values.len()) && length.is_finite() && length > 1e-6;
        is_lawful.then(|| Self(values.into_iter().map(|value| (f64::from(value) / length) as f32).collect()))
    }

    /// The numbers.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// Likeness to another of the same model, -1 to 1.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(one, other)| one * other).sum()
    }

    /// Two bytes a number: IEEE half precision, little-endian. The likeness of two changes by less than 0.001.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect()
    }

    /// Reads what [`Descriptor::to_bytes`] wrote; nothing where it is none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let values = pairs.iter().map(|pair| f16::from_le_bytes(*pair).to_f32()).collect();
        rest.is_empty().then_some(())?;
        Self::new(values)
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

/// What tells one shot of a person from another shot, in bytes that only its maker reads.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ShotSignature(Vec<u8>);

impl ShotSignature {
    /// Takes at most 256 bytes; nothing where there are more.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= SHOT_MAX).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ShotSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

/// A face as a gallery keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Face {
    /// What made it.
    pub model: FaceModel,
    /// Where it lies among all faces.
    pub descriptor: Descriptor,
    /// What tells its shot from others.
    pub shot: ShotSignature,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_has_a_version() {
        for (text, lawful) in [
            ("mobilefacenet_128/1", true),
            ("a/12", true),
            ("a", false),
            ("a/", false),
            ("/1", false),
            ("a/b", false),
            ("A/1", false),
            ("a/1/1", false),
        ] {
            assert_eq!(FaceModel::new(text).is_ok(), lawful, "{text:?}");
        }
        assert!(FaceModel::new(format!("{}/1", "a".repeat(MODEL_MAX))).is_err());
    }

    #[test]
    fn a_descriptor_has_length_one_and_survives_two_bytes_a_number() {
        let values = |seed: u32| (0..128).map(|at| ((at * 37 + seed * 101) % 97) as f32 - 48.0).collect::<Vec<_>>();
        let (one, other) =
            (Descriptor::new(values(1)).expect("a vector"), Descriptor::new(values(2)).expect("a vector"));
        assert!((one.likeness(&one) - 1.0).abs() < 1e-5);
        let bytes = one.to_bytes();
        assert_eq!(bytes.len(), 256);
        let read = Descriptor::from_bytes(&bytes).expect("own bytes");
        assert!((read.likeness(&other) - one.likeness(&other)).abs() < 1e-3);
        assert_eq!(Descriptor::from_bytes(&read.to_bytes()).map(|again| again.to_bytes()), Some(bytes));
        for none in [vec![], vec![0.0; 4], vec![f32::NAN; 4], vec![1.0; DESCRIPTOR_MAX + 1]] {
            assert!(Descriptor::new(none).is_none());
        }
        assert!(Descriptor::from_bytes(&[1, 2, 3]).is_none());
    }

    #[test]
    fn nothing_of_a_face_is_printed() {
        let face = Face {
            model: FaceModel::new("m/1").expect("lawful"),
            descriptor: Descriptor::new(vec![0.25, 0.5]).expect("a vector"),
            shot: ShotSignature::new(vec![7; 3]).expect("short"),
        };
        let printed = format!("{face:?}");
        assert!(!printed.contains("0.") && !printed.contains('7') && printed.contains("••••"), "{printed}");
        assert!(ShotSignature::new(vec![0; SHOT_MAX + 1]).is_none());
    }
}
