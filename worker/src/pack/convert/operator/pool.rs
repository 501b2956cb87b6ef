//! Pools: the greatest or the mean value under a sliding window.

use super::super::ConvertError;
use super::super::onnx::Attribute;
use super::super::tflite::Operator;
use super::super::writer::Writer;
use super::{Window, make_activated, options, plane, positive};

/// Which value a pool keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Average,
    Max,
}

/// A pool. Padding never counts, in either format.
pub(super) fn pool(writer: &mut Writer<'_>, step: &Operator<'_>, kind: Kind) -> Result<(), ConvertError> {
    let settings = options(step)?;
    let (input, output) = (step.input(0)?, step.output()?);
    let window = Window {
        size: [positive(settings.i32(4, 0)?)?, positive(settings.i32(3, 0)?)?],
        step: [positive(settings.i32(2, 0)?)?, positive(settings.i32(1, 0)?)?],
        spread: [1, 1],
    };
    let pads = window.pads(plane(writer.shape(input))?, plane(writer.shape(output))?)?;
    let mut attributes = vec![
        Attribute::of_wholes("kernel_shape", window.size),
        Attribute::of_wholes("strides", window.step),
        Attribute::of_wholes("pads", pads),
    ];
    let operator = match kind {
        Kind::Average => {
            attributes.push(Attribute::of_whole("count_include_pad", 0));
            "AveragePool"
        }
        Kind::Max => "MaxPool",
    };
    let value = writer.value(input)?;
    make_activated(writer, operator, vec![value], output, attributes, settings.i8(5, 0)?)
}
