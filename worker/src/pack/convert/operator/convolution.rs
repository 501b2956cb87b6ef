//! Convolutions. Weights lie channels last in the tflite file and channels first in the ONNX file.

use super::super::ConvertError;
use super::super::flat::array;
use super::super::onnx::Attribute;
use super::super::tflite::Operator;
use super::super::writer::Writer;
use super::{Window, make_activated, options, plane, positive};

/// A plain convolution: weights output, height, width, input.
pub(super) fn convolution(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let settings = options(step)?;
    let (shape, weights) = writer.constant(step.input(1)?)?.transposed([0, 3, 1, 2])?;
    let window = Window {
        size: [shape[2], shape[3]],
        step: [positive(settings.i32(2, 0)?)?, positive(settings.i32(1, 0)?)?],
        spread: [positive(settings.i32(5, 1)?)?, positive(settings.i32(4, 1)?)?],
    };
    let weights = writer.floats(&shape, &weights);
    slide(writer, step, &window, weights, 1, settings.i8(3, 0)?)
}

/// A convolution of each channel by itself: weights 1, height, width, channels.
pub(super) fn depthwise(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let settings = options(step)?;
    let (shape, weights) = writer.constant(step.input(1)?)?.transposed([3, 0, 1, 2])?;
    let window = Window {
        size: [shape[2], shape[3]],
        step: [positive(settings.i32(2, 0)?)?, positive(settings.i32(1, 0)?)?],
        spread: [positive(settings.i32(6, 1)?)?, positive(settings.i32(5, 1)?)?],
    };
    let weights = writer.floats(&shape, &weights);
    let channels = writer.shape(step.input(0)?).last().copied().unwrap_or(0);
    slide(writer, step, &window, weights, channels, settings.i8(4, 0)?)
}

/// `MediaPipe`'s own transposed convolution with a bias: weights output, height, width, input; its settings are
/// three 32-bit numbers: padding, step in width, step in height.
pub(super) fn transposed(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<(), ConvertError> {
    let (input, output) = (step.input(0)?, step.output()?);
    let (shape, weights) = writer.constant(step.input(1)?)?.transposed([3, 0, 1, 2])?;
    let window = Window {
        size: [shape[2], shape[3]],
        step: [positive(setting(step, 2)?)?, positive(setting(step, 1)?)?],
        spread: [1, 1],
    };
    // Seen from its output it is a convolution: the same padding, the other way round.
    let pads = window.pads(plane(writer.shape(output))?, plane(writer.shape(input))?)?;
    let weights = writer.floats(&shape, &weights);
    let bias = bias(writer, step)?;
    let inputs = [writer.value(input)?, weights].into_iter().chain(bias).collect();
    writer.make("ConvTranspose", inputs, output, attributes(&window, pads));
    Ok(())
}

fn setting(step: &Operator<'_>, index: usize) -> Result<i32, ConvertError> {
    array(step.custom_options, index * 4).map(i32::from_le_bytes)
}

fn slide(
    writer: &mut Writer<'_>,
    step: &Operator<'_>,
    window: &Window,
    weights: String,
    groups: usize,
    activation: i8,
) -> Result<(), ConvertError> {
    let (input, output) = (step.input(0)?, step.output()?);
    let pads = window.pads(plane(writer.shape(input))?, plane(writer.shape(output))?)?;
    let bias = bias(writer, step)?;
    let inputs = [writer.value(input)?, weights].into_iter().chain(bias).collect();
    let mut attributes = attributes(window, pads);
    attributes.push(Attribute::of_wholes("dilations", window.spread));
    attributes.push(Attribute::of_whole("group", super::super::onnx::signed(groups)));
    make_activated(writer, "Conv", inputs, output, attributes, activation)
}

fn attributes(window: &Window, pads: [usize; 4]) -> Vec<Attribute> {
    vec![
        Attribute::of_wholes("kernel_shape", window.size),
        Attribute::of_wholes("strides", window.step),
        Attribute::of_wholes("pads", pads),
    ]
}

/// The third input, where there is one.
fn bias(writer: &mut Writer<'_>, step: &Operator<'_>) -> Result<Option<String>, ConvertError> {
    let Some(bias) = step.inputs.get(2).copied().flatten() else { return Ok(None) };
    let bias = writer.constant(bias)?;
    Ok(Some(writer.floats(&bias.shape, bias.floats()?)))
}
