//! Operators: one line each in [`write`], bodies beside by kind.

mod convolution;
mod elementwise;
mod pool;
mod shape;

use super::ConvertError;
use super::flat::Table;
use super::tflite::{Code, Operator};
use super::writer::Writer;

/// Writes one step of a network.
pub(super) fn write(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    match step.code {
        Code::Builtin(0) => elementwise::two(writer, step, "Add"),
        Code::Builtin(1) => pool::pool(writer, step, pool::Kind::Average),
        Code::Builtin(2) => shape::concatenate(writer, step),
        Code::Builtin(3) => convolution::convolution(writer, step),
        Code::Builtin(4) => convolution::depthwise(writer, step),
        Code::Builtin(5) => shape::depth_to_space(writer, step),
        // Half floats and sparse weights alike are unpacked here, once, not at every run.
        Code::Builtin(6 | 124) => unpack(writer, step),
        Code::Builtin(14) => elementwise::one(writer, step, "Sigmoid"),
        Code::Builtin(17) => pool::pool(writer, step, pool::Kind::Max),
        Code::Builtin(18) => elementwise::two(writer, step, "Mul"),
        Code::Builtin(19) => elementwise::one(writer, step, "Relu"),
        Code::Builtin(22) => shape::reshape(writer, step),
        Code::Builtin(23) => shape::resize(writer, step),
        Code::Builtin(34) => shape::pad(writer, step),
        Code::Builtin(40) => shape::mean(writer, step),
        Code::Builtin(54) => elementwise::prelu(writer, step),
        Code::Builtin(117) => elementwise::one(writer, step, "HardSwish"),
        Code::Custom("Convolution2DTransposeBias") => convolution::transposed(writer, step),
        Code::Builtin(number) => Err(ConvertError::Unsupported(format!("operator {number}"))),
        Code::Custom(name) => Err(ConvertError::Unsupported(format!("operator {}", name.escape_default()))),
    }
}

fn unpack(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let constant = writer.constant(step.input(0)?)?;
    writer.fold(step.output()?, constant);
    Ok(())
}

/// The settings that an operator must have.
fn options<'a>(step: &Operator<'a>) -> Result<Table<'a>, ConvertError> {
    step.options.ok_or(ConvertError::Unlawful("an operator without settings"))
}

/// Adds the operator that makes `output`, and the activation that the tflite file has melted into it.
fn make_activated(
    writer: &mut Writer<'_>,
    operator: &str,
    inputs: Vec<String>,
    output: usize,
    attributes: Vec<super::onnx::Attribute>,
    activation: i8,
) -> Result<(), ConvertError> {
    match activation {
        0 => {
            writer.make(operator, inputs, output, attributes);
        }
        1 => {
            let value = writer.between(operator, inputs, attributes);
            writer.make("Relu", vec![value], output, Vec::new());
        }
        3 => {
            let value = writer.between(operator, inputs, attributes);
            let (low, high) = (writer.floats(&[], &[0.0]), writer.floats(&[], &[6.0]));
            writer.make("Clip", vec![value, low, high], output, Vec::new());
        }
        _ => return Err(ConvertError::Unsupported(format!("melted activation {activation}"))),
    }
    Ok(())
}

/// Height and width of a four-axis shape, channels last.
fn plane(shape: &[usize]) -> Result<[usize; 2], ConvertError> {
    match shape {
        [_, height, width, _] => Ok([*height, *width]),
        _ => Err(ConvertError::Unsupported("a picture operator on other than four axes".into())),
    }
}

/// A window that slides over a plane: its size, step and spread, each as height and width.
struct Window {
    size: [usize; 2],
    step: [usize; 2],
    spread: [usize; 2],
}

impl Window {
    /// Rows above, columns left, rows below, columns right, so that `from` gives `to`; where their sum is odd
    /// the odd one comes last.
    fn pads(&self, from: [usize; 2], to: [usize; 2]) -> Result<[usize; 4], ConvertError> {
        let side = |axis: usize| -> Option<(usize, usize)> {
            let reach = to[axis].checked_sub(1)?.checked_mul(self.step[axis])?;
            let window = self.size[axis].checked_sub(1)?.checked_mul(self.spread[axis])?.checked_add(1)?;
            let all = reach.checked_add(window)?.saturating_sub(from[axis]);
            Some((all / 2, all - all / 2))
        };
        match (side(0), side(1)) {
            (Some((above, below)), Some((left, right))) => Ok([above, left, below, right]),
            _ => Err(ConvertError::Unlawful("a window of no size")),
        }
    }
}

/// A setting that counts something, at least 1.
fn positive(number: i32) -> Result<usize, ConvertError> {
    usize::try_from(number).ok().filter(|number| *number > 0).ok_or(ConvertError::Unlawful("a size or step below 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odd_pixel_goes_to_the_end() {
        let table = [
            // kernel, step, spread, from, to: before, after
            (3, 2, 1, 192, 96, 0, 1),
            (3, 1, 1, 96, 96, 1, 1),
            (5, 2, 1, 128, 64, 1, 2),
            (2, 2, 1, 64, 32, 0, 0),
            (3, 1, 2, 10, 10, 2, 2),
            (3, 1, 1, 10, 8, 0, 0),
        ];
        for (kernel, step, spread, from, to, before, after) in table {
            let window = Window { size: [kernel; 2], step: [step; 2], spread: [spread; 2] };
            assert_eq!(window.pads([from; 2], [to; 2]).unwrap(), [before, before, after, after], "{kernel}/{step}");
        }
    }
}
