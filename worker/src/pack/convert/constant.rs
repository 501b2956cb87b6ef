//! Constants of a network: weights and small lists of integers, widened to what ONNX gets.

use super::ConvertError;
use super::tflite::{Kind, Tensor};

/// Most values that the constants of one network may have together: 64 MiB of floats. The largest network of
/// the packs has 5.6 million; the limit keeps a hostile file from asking for all memory.
const MAX_VALUES: usize = 1 << 24;

/// A constant in the layout of its tflite file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Constant {
    pub(super) shape: Vec<usize>,
    pub(super) values: Values,
}

/// The values of a constant in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    Float(Vec<f32>),
    Whole(Vec<i32>),
}

impl Constant {
    /// Reads a dense constant; half floats are widened, which loses nothing.
    pub(super) fn read(tensor: &Tensor<'_>) -> Result<Self, ConvertError> {
        let constant = Self { shape: tensor.shape.clone(), values: Values::read(tensor)? };
        if constant.values.len() == count(&constant.shape)? {
            Ok(constant)
        } else {
            Err(ConvertError::Unlawful("a constant whose data and shape differ in length"))
        }
    }

    /// Its values where they are floats.
    pub(super) fn floats(&self) -> Result<&[f32], ConvertError> {
        match &self.values {
            Values::Float(values) => Ok(values),
            Values::Whole(_) => Err(ConvertError::Unlawful("whole numbers where floats belong")),
        }
    }

    /// Its values where they are whole numbers.
    pub(super) fn wholes(&self) -> Result<&[i32], ConvertError> {
        match &self.values {
            Values::Whole(values) => Ok(values),
            Values::Float(_) => Err(ConvertError::Unlawful("floats where whole numbers belong")),
        }
    }

    /// The floats with axes reordered: axis `i` of the result is axis `order[i]` of this one.
    pub(super) fn transposed<const N: usize>(&self, order: [usize; N]) -> Result<(Vec<usize>, Vec<f32>), ConvertError> {
        let from = self.floats()?;
        let shape: &[usize; N] = self
            .shape
            .as_slice()
            .try_into()
            .map_err(|_| ConvertError::Unlawful("a constant with an unexpected number of axes"))?;
        let mut strides = [1; N];
        for axis in (0..N.saturating_sub(1)).rev() {
            strides[axis] = strides[axis + 1] * shape[axis + 1];
        }
        let to_shape = order.map(|axis| shape[axis]);
        let to_strides = order.map(|axis| strides[axis]);
        let mut position = [0; N];
        let mut to = Vec::with_capacity(from.len());
        for _ in 0..from.len() {
            to.push(from[position.iter().zip(&to_strides).map(|(index, stride)| index * stride).sum::<usize>()]);
            for axis in (0..N).rev() {
                position[axis] += 1;
                if position[axis] < to_shape[axis] {
                    break;
                }
                position[axis] = 0;
            }
        }
        Ok((to_shape.to_vec(), to))
    }
}

impl Values {
    /// Reads all values that a tensor stores, whatever its shape says.
    pub(super) fn read(tensor: &Tensor<'_>) -> Result<Self, ConvertError> {
        match tensor.kind {
            Kind::F32 => Ok(Self::Float(words(tensor.data, f32::from_le_bytes)?)),
            Kind::F16 => Ok(Self::Float(words(tensor.data, |word| widen(u16::from_le_bytes(word)))?)),
            Kind::I32 => Ok(Self::Whole(words(tensor.data, i32::from_le_bytes)?)),
            Kind::Other => Err(ConvertError::Unsupported("a constant of another kind than f32, f16 and i32".into())),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Whole(values) => values.len(),
        }
    }
}

/// Number of values of a shape; a constant has at least one.
pub(super) fn count(shape: &[usize]) -> Result<usize, ConvertError> {
    shape
        .iter()
        .try_fold(1_usize, |product, side| product.checked_mul(*side))
        .filter(|product| (1..=MAX_VALUES).contains(product))
        .ok_or(ConvertError::Unlawful("a constant of a size that cannot be true"))
}

/// Keeps count of all constants of a network.
#[derive(Debug, Default)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn spend(&mut self, values: usize) -> Result<(), ConvertError> {
        self.0 = self.0.saturating_add(values);
        if self.0 <= MAX_VALUES { Ok(()) } else { Err(ConvertError::Unlawful("constants too large to be true")) }
    }
}

/// Little-endian words of `N` bytes, which must come out even.
pub(super) fn words<T, const N: usize>(data: &[u8], read: impl Fn([u8; N]) -> T) -> Result<Vec<T>, ConvertError> {
    match data.as_chunks() {
        (words, []) => Ok(words.iter().copied().map(read).collect()),
        _ => Err(ConvertError::Truncated),
    }
}

/// A half float (IEEE 754 binary16) as a float of the same value.
fn widen(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let fraction = u32::from(half & 0x03ff);
    match half >> 10 & 0x1f {
        // Zero and the subnormal numbers are steps of 2^-24.
        0 => {
            let size = f32::from(half & 0x03ff) * (-24_f32).exp2();
            f32::from_bits(size.to_bits() | sign)
        }
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        exponent => f32::from_bits(sign | (u32::from(exponent) + 127 - 15) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_floats_keep_their_value() {
        let table = [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0x7c00, f32::INFINITY),
        ];
        for (half, float) in table {
            assert_eq!(widen(half).to_bits(), f32::to_bits(float), "{half:04x}");
        }
        assert!(widen(0x7e00).is_nan());
    }

    #[test]
    fn transposing_moves_every_axis() {
        let constant = Constant { shape: vec![2, 3], values: Values::Float(vec![1., 2., 3., 4., 5., 6.]) };
        let (shape, values) = constant.transposed([1, 0]).unwrap();
        assert_eq!((shape, values), (vec![3, 2], vec![1., 4., 2., 5., 3., 6.]));
    }

    #[test]
    fn absurd_shapes_are_refused() {
        assert!(count(&[usize::MAX, 2]).is_err());
        assert!(count(&[1 << 20, 1 << 20]).is_err());
        assert!(count(&[0, usize::MAX, usize::MAX]).is_err());
        assert_eq!(count(&[]).unwrap(), 1);
    }
}
