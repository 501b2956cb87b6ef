//! Operators that work value by value.

use super::super::ConvertError;
use super::super::tflite::Operator;
use super::super::writer::{TO_CHANNELS_FIRST, Writer};
use super::make_activated;

/// An operator of one input without settings.
pub(super) fn one(writer: &mut Writer<'_>, step: &Operator<'_>, operator: &str) -> Result<(), ConvertError> {
    let value = writer.value(step.input(0)?)?;
    writer.make(operator, vec![value], step.output()?, Vec::new());
    Ok(())
}

/// A sum or product of two inputs; one side may be a constant, and shorter.
pub(super) fn two(writer: &mut Writer<'_>, step: &Operator<'_>, operator: &str) -> Result<(), ConvertError> {
    let output = step.output()?;
    let rank = writer.shape(output).len();
    let mut inputs = Vec::with_capacity(2);
    for index in 0..2 {
        let input = step.input(index)?;
        inputs.push(if writer.is_constant(input) {
            spread(writer, input, rank)?
        } else if writer.shape(input).len() == rank {
            writer.value(input)?
        } else {
            return Err(ConvertError::Unsupported("two values with unlike numbers of axes".into()));
        });
    }
    let activation = step.options.map_or(Ok(0), |settings| settings.i8(0, 0))?;
    make_activated(writer, operator, inputs, output, Vec::new(), activation)
}

/// A ramp whose slope below zero is learned per channel.
pub(super) fn prelu(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let (input, output) = (step.input(0)?, step.output()?);
    let rank = writer.shape(input).len();
    let slope = spread(writer, step.input(1)?, rank)?;
    let value = writer.value(input)?;
    writer.make("PRelu", vec![value, slope], output, Vec::new());
    Ok(())
}

/// A constant, its axes filled up to `rank` from the front as for channels last, then put channels first.
fn spread(writer: &mut Writer<'_>, tensor: usize, rank: usize) -> Result<String, ConvertError> {
    let mut constant = writer.constant(tensor)?;
    let missing = rank
        .checked_sub(constant.shape.len())
        .ok_or(ConvertError::Unlawful("a constant with more axes than the value it meets"))?;
    constant.shape.splice(0..0, std::iter::repeat_n(1, missing));
    if rank == 4 {
        let (shape, values) = constant.transposed(TO_CHANNELS_FIRST)?;
        Ok(writer.floats(&shape, &values))
    } else {
        Ok(writer.floats(&constant.shape, constant.floats()?))
    }
}
