//! Operators that move values about or change their number.

use super::super::ConvertError;
use super::super::onnx::{Attribute, signed};
use super::super::tflite::Operator;
use super::super::writer::{TO_CHANNELS_FIRST, TO_CHANNELS_LAST, Writer};
use super::{make_activated, options, plane, positive};

/// Zeros around a value, on any axis.
pub(super) fn pad(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let (input, output) = (step.input(0)?, step.output()?);
    let pads = writer.constant(step.input(1)?)?;
    let pads = pads.wholes()?.iter().map(|pad| usize::try_from(*pad)).collect::<Result<Vec<_>, _>>();
    let pads = pads.map_err(|_| ConvertError::Unlawful("padding below zero"))?;
    let rank = writer.shape(input).len();
    if pads.len() != rank * 2 {
        return Err(ConvertError::Unlawful("padding for another number of axes"));
    }
    // Pairs of before and after per axis become all befores, then all afters.
    let all: Vec<usize> =
        (0..2).flat_map(|end| axes(rank).map(move |axis| axis * 2 + end)).map(|at| pads[at]).collect();
    let (value, pads) = (writer.value(input)?, writer.wholes(&all));
    writer.make("Pad", vec![value, pads], output, vec![Attribute::of_text("mode", "constant")]);
    Ok(())
}

/// The same values in another shape; their order is that of channels last.
pub(super) fn reshape(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let (input, output) = (step.input(0)?, step.output()?);
    let mut value = writer.value(input)?;
    if writer.shape(input).len() == 4 {
        value = writer.transposed(&value, TO_CHANNELS_LAST);
    }
    let shape = writer.shape(output);
    let sides = writer.wholes(shape);
    if shape.len() == 4 {
        let value = writer.between("Reshape", vec![value, sides], Vec::new());
        writer.make("Transpose", vec![value], output, vec![Attribute::of_wholes("perm", TO_CHANNELS_FIRST)]);
    } else {
        writer.make("Reshape", vec![value, sides], output, Vec::new());
    }
    Ok(())
}

/// Several values behind one another along an axis.
pub(super) fn concatenate(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let settings = options(step)?;
    let output = step.output()?;
    let axis = moved_axis(settings.i32(0, 0)?, writer.shape(output).len())?;
    let inputs = (0..step.inputs.len()).map(|index| writer.value(step.input(index)?)).collect::<Result<_, _>>()?;
    make_activated(
        writer,
        "Concat",
        inputs,
        output,
        vec![Attribute::of_whole("axis", signed(axis))],
        settings.i8(1, 0)?,
    )
}

/// A plane scaled bilinearly to the size that the output has.
pub(super) fn resize(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let settings = options(step)?;
    let (input, output) = (step.input(0)?, step.output()?);
    let [height, width] = plane(writer.shape(output))?;
    let [batch, _, _, channels] = writer.shape(input) else {
        return Err(ConvertError::Unsupported("scaling of other than four axes".into()));
    };
    let place = match (settings.i8(2, 0)? != 0, settings.i8(3, 0)? != 0) {
        (false, true) => "half_pixel",
        (true, false) => "align_corners",
        (false, false) => "asymmetric",
        (true, true) => return Err(ConvertError::Unlawful("two ways of placing pixels at once")),
    };
    let sides = writer.wholes(&[*batch, *channels, height, width]);
    // The inputs between value and sizes are a region and scales; empty names leave them out.
    let inputs = vec![writer.value(input)?, String::new(), String::new(), sides];
    let attributes =
        vec![Attribute::of_text("mode", "linear"), Attribute::of_text("coordinate_transformation_mode", place)];
    writer.make("Resize", inputs, output, attributes);
    Ok(())
}

/// Channels spread over blocks of pixels: depth first, then column, then row of the block.
pub(super) fn depth_to_space(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let block = positive(options(step)?.i32(0, 0)?)?;
    plane(writer.shape(step.input(0)?))?;
    let value = writer.value(step.input(0)?)?;
    let attributes = vec![Attribute::of_whole("blocksize", signed(block)), Attribute::of_text("mode", "DCR")];
    writer.make("DepthToSpace", vec![value], step.output()?, attributes);
    Ok(())
}

/// The mean over some axes.
pub(super) fn mean(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let (input, output) = (step.input(0)?, step.output()?);
    let keeps_axes = options(step)?.i8(0, 0)? != 0;
    let rank = writer.shape(input).len();
    let axes = writer.constant(step.input(1)?)?;
    let mut axes = axes.wholes()?.iter().map(|axis| moved_axis(*axis, rank)).collect::<Result<Vec<_>, _>>()?;
    axes.sort_unstable();
    // Without height and width the order of what is left is the same in both layouts.
    if rank == 4 && !keeps_axes && axes != [2, 3] {
        return Err(ConvertError::Unsupported("a mean that drops other axes than height and width".into()));
    }
    let attributes = vec![Attribute::of_wholes("axes", axes), Attribute::of_whole("keepdims", i64::from(keeps_axes))];
    let value = writer.value(input)?;
    writer.make("ReduceMean", vec![value], output, attributes);
    Ok(())
}

/// For each axis of our layout, in order, the axis it had in the tflite file.
fn axes(rank: usize) -> impl Iterator<Item = usize> + Clone {
    (0..rank).map(move |axis| if rank == 4 { TO_CHANNELS_FIRST[axis] } else { axis })
}

/// Where an axis of the tflite file lies in our layout; negative ones count from the end.
fn moved_axis(axis: i32, rank: usize) -> Result<usize, ConvertError> {
    let signed_rank = i32::try_from(rank).map_err(|_| ConvertError::Truncated)?;
    let axis = if axis < 0 { axis.checked_add(signed_rank) } else { Some(axis) };
    axis.and_then(|axis| usize::try_from(axis).ok())
        .and_then(|axis| axes(rank).position(|from| from == axis))
        .ok_or(ConvertError::Unlawful("an axis out of range"))
}
