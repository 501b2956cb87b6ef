//! The weights of a tfjs network: values one behind the other in one file, and a list in JSON of what lies where.

use std::collections::HashMap;

use serde::Deserialize;

use super::ConvertError;
use super::constant::{Budget, Constant, Values, count, words};

/// All weights of a network, by name.
#[derive(Debug)]
pub(super) struct Weights {
    constants: HashMap<String, Constant>,
}

/// A group of the list; its weights lie in one run of files.
#[derive(Deserialize)]
struct Group {
    weights: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    dtype: String,
    quantization: Option<Quantization>,
}

/// A byte `b` stands for `min + scale * b`.
#[derive(Deserialize)]
struct Quantization {
    dtype: String,
    scale: f64,
    min: f64,
}

impl Weights {
    /// Reads the list and the values; the list must account for every byte.
    pub(super) fn read(list: &[u8], mut values: &[u8]) -> Result<Self, ConvertError> {
        let groups: Vec<Group> = serde_json::from_slice(list)
            .map_err(|_| ConvertError::Unlawful("a list of weights that is not as tfjs writes it"))?;
        let mut budget = Budget::default();
        let mut constants = HashMap::new();
        for entry in groups.into_iter().flat_map(|group| group.weights) {
            let length = count(&entry.shape)?;
            budget.spend(length)?;
            let width = if entry.quantization.is_some() { 1 } else { size_of::<f32>() };
            let (data, rest) = values.split_at_checked(length * width).ok_or(ConvertError::Truncated)?;
            values = rest;
            let floats = entry.floats(data)?;
            constants.insert(entry.name, Constant { shape: entry.shape, values: Values::Float(floats) });
        }
        if values.is_empty() {
            Ok(Self { constants })
        } else {
            Err(ConvertError::Unlawful("weights that its list does not name"))
        }
    }

    /// The weights called `name`, which must have this shape.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<&Constant, ConvertError> {
        let constant = self.constants.get(name).filter(|constant| constant.shape == shape);
        constant.ok_or(ConvertError::Unlawful("other weights than those of the face descriptor"))
    }
}

impl Entry {
    fn floats(&self, data: &[u8]) -> Result<Vec<f32>, ConvertError> {
        match (self.dtype.as_str(), &self.quantization) {
            ("float32", None) => words(data, f32::from_le_bytes),
            ("float32", Some(Quantization { dtype, scale, min })) if dtype == "uint8" => {
                Ok(data.iter().map(|byte| (min + scale * f64::from(*byte)) as f32).collect())
            }
            (dtype, _) => Err(ConvertError::Unsupported(format!("weights of kind {}", dtype.escape_default()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[{"paths": ["w.bin"], "weights": [
        {"name": "a", "shape": [2], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1}},
        {"name": "b", "shape": [1], "dtype": "float32"}]}]"#;

    #[test]
    fn bytes_and_floats_lie_one_behind_the_other() {
        let weights = Weights::read(LIST.as_bytes(), &[0, 255, 0, 0, 0x80, 0x3f]).unwrap();
        assert_eq!(weights.get("a", &[2]).unwrap().floats().unwrap(), [-1.0, 126.5]);
        assert_eq!(weights.get("b", &[1]).unwrap().floats().unwrap(), [1.0]);
        assert!(weights.get("a", &[1, 2]).is_err());
        assert!(weights.get("c", &[2]).is_err());
    }

    #[test]
    fn lists_that_do_not_fit_are_refused() {
        let values = [0, 255, 0, 0, 0x80, 0x3f];
        assert_eq!(Weights::read(LIST.as_bytes(), &values[..5]).unwrap_err(), ConvertError::Truncated);
        assert!(Weights::read(LIST.as_bytes(), &[0; 7]).is_err(), "a byte too many");
        for (from, to) in [("uint8", "uint16"), ("float32", "int32"), ("[2]", "[0]"), ("[2]", "[9999999, 9999999]")] {
            assert!(Weights::read(LIST.replacen(from, to, 1).as_bytes(), &values).is_err(), "{from} -> {to}");
        }
        assert!(Weights::read(b"{", &values).is_err());
    }
}
