//! dlib's face descriptor network (a residual network of 29 convolutions, 150x150 RGB to 128 numbers), out of
//! the weights that face-api ships.
//!
//! The network is as face-api builds it: each convolution is followed by a factor and an offset per channel,
//! which are folded into it here. Its own normalisation, `(byte - mean) / 255`, is folded into the first
//! convolution: the ONNX file takes red, green and blue from 0 to 255 as they are.

use super::ConvertError;
use super::builder::Builder;
use super::onnx::Attribute;
use super::weights::Weights;
use super::writer::TO_CHANNELS_FIRST;

/// Width and height of the face that it looks at.
const SIDE: usize = 150;
/// Numbers in a descriptor.
const NUMBERS: usize = 128;
/// What face-api takes from red, green and blue before it divides by 255.
const MEANS: [f64; 3] = [122.782, 117.001, 104.298];
const RANGE: f64 = 255.0;

/// The residual blocks in order: name, channels, and whether it halves the plane.
const BLOCKS: [(&str, usize, bool); 14] = [
    ("conv32_1", 32, false),
    ("conv32_2", 32, false),
    ("conv32_3", 32, false),
    ("conv64_down", 64, true),
    ("conv64_1", 64, false),
    ("conv64_2", 64, false),
    ("conv64_3", 64, false),
    ("conv128_down", 128, true),
    ("conv128_1", 128, false),
    ("conv128_2", 128, false),
    ("conv256_down", 256, true),
    ("conv256_1", 256, false),
    ("conv256_2", 256, false),
    ("conv256_down_out", 256, true),
];

/// The network as an ONNX file; `names` are those of its input and its output.
pub(super) fn to_onnx(weights: &Weights, names: &[String]) -> Result<Vec<u8>, ConvertError> {
    let [input, output] = names else { return Err(ConvertError::Unlawful("another number of names than two")) };
    let mut drawing = Drawing { weights, graph: Builder::default() };
    drawing.graph.input(input, &[1, SIDE, SIDE, 3]);
    let order = vec![Attribute::of_wholes("perm", TO_CHANNELS_FIRST)];
    let picture = drawing.graph.add("Transpose", vec![input.clone()], order);
    let mut plane = Plane { value: picture, side: SIDE, channels: 3 };
    plane = drawing.convolve(&plane, "conv32_down", 32, &FIRST)?;
    plane = drawing.relu(plane);
    plane = drawing.pool(&plane, "MaxPool", 3);
    for (name, channels, halves) in BLOCKS {
        plane = drawing.block(&plane, name, channels, halves)?;
    }
    let axes = vec![Attribute::of_wholes("axes", [2, 3]), Attribute::of_whole("keepdims", 0)];
    let mean = drawing.graph.add("ReduceMean", vec![plane.value], axes);
    let shape = [plane.channels, NUMBERS];
    let matrix = drawing.graph.floats(&shape, weights.get("fc", &shape)?.floats()?);
    drawing.graph.output("MatMul", vec![mean, matrix], output, Vec::new(), &[1, NUMBERS]);
    Ok(drawing.graph.finish())
}

/// A convolution's window.
struct Window {
    size: usize,
    step: usize,
    pad: usize,
    /// Whether the picture's normalisation goes before it. Only where there is no padding: padding is with
    /// zeros after normalisation.
    normalises: bool,
}

const FIRST: Window = Window { size: 7, step: 2, pad: 0, normalises: true };
const HALVING: Window = Window { size: 3, step: 2, pad: 0, normalises: false };
const KEEPING: Window = Window { size: 3, step: 1, pad: 1, normalises: false };

/// A value on its way through the network.
struct Plane {
    value: String,
    /// Width and height.
    side: usize,
    channels: usize,
}

struct Drawing<'a> {
    weights: &'a Weights,
    graph: Builder,
}

impl Drawing<'_> {
    /// Two convolutions, to which what came in is added. Where the plane is halved, what came in is pooled.
    fn block(&mut self, from: &Plane, name: &str, channels: usize, halves: bool) -> Result<Plane, ConvertError> {
        let first =
            self.convolve(from, &format!("{name}/conv1"), channels, if halves { &HALVING } else { &KEEPING })?;
        let first = self.relu(first);
        let second = self.convolve(&first, &format!("{name}/conv2"), channels, &KEEPING)?;
        let sum = if halves {
            let beside = self.pool(from, "AveragePool", 2);
            let (side, channels) = (beside.side.max(second.side), beside.channels.max(second.channels));
            let beside = self.grow(beside, side, channels);
            let second = self.grow(second, side, channels);
            Plane { value: self.graph.add("Add", vec![beside.value, second.value], Vec::new()), side, channels }
        } else {
            Plane { value: self.graph.add("Add", vec![second.value, from.value.clone()], Vec::new()), ..second }
        };
        Ok(self.relu(sum))
    }

    fn convolve(&mut self, from: &Plane, name: &str, to: usize, window: &Window) -> Result<Plane, ConvertError> {
        let shape = [window.size, window.size, from.channels, to];
        let filters = self.weights.get(&format!("{name}/conv/filters"), &shape)?;
        let (shape, mut filters) = filters.transposed([3, 2, 0, 1])?;
        let per_channel = |part: &str| self.weights.get(&format!("{name}/{part}"), &[to])?.floats();
        let (bias, factors) = (per_channel("conv/bias")?, per_channel("scale/weights")?);
        let offsets = per_channel("scale/biases")?;
        let mut biases = Vec::with_capacity(to);
        let cells = window.size * window.size;
        for (channel, filter) in filters.chunks_exact_mut(from.channels * cells).enumerate() {
            let factor = f64::from(factors[channel]);
            let mut bias = f64::from(bias[channel]) * factor + f64::from(offsets[channel]);
            for (index, weight) in filter.iter_mut().enumerate() {
                let mut folded = f64::from(*weight) * factor;
                if window.normalises {
                    folded /= RANGE;
                    bias -= folded * MEANS[index / cells];
                }
                *weight = folded as f32;
            }
            biases.push(bias as f32);
        }
        let (filters, biases) = (self.graph.floats(&shape, &filters), self.graph.floats(&[to], &biases));
        let attributes = vec![
            Attribute::of_wholes("kernel_shape", [window.size; 2]),
            Attribute::of_wholes("strides", [window.step; 2]),
            Attribute::of_wholes("pads", [window.pad; 4]),
        ];
        let value = self.graph.add("Conv", vec![from.value.clone(), filters, biases], attributes);
        Ok(Plane { value, side: (from.side + 2 * window.pad - window.size) / window.step + 1, channels: to })
    }

    /// A pool with a step of 2; what does not fill a window at the end is left out.
    fn pool(&mut self, from: &Plane, operator: &str, size: usize) -> Plane {
        let attributes = vec![Attribute::of_wholes("kernel_shape", [size; 2]), Attribute::of_wholes("strides", [2; 2])];
        let value = self.graph.add(operator, vec![from.value.clone()], attributes);
        Plane { value, side: (from.side - size) / 2 + 1, channels: from.channels }
    }

    fn relu(&mut self, from: Plane) -> Plane {
        Plane { value: self.graph.add("Relu", vec![from.value], Vec::new()), ..from }
    }

    /// Adds zeros at the end of each axis.
    fn grow(&mut self, from: Plane, side: usize, channels: usize) -> Plane {
        let more = side - from.side;
        if more == 0 && channels == from.channels {
            return from;
        }
        let pads = self.graph.wholes(&[0, 0, 0, 0, 0, channels - from.channels, more, more]);
        let mode = vec![Attribute::of_text("mode", "constant")];
        Plane { value: self.graph.add("Pad", vec![from.value, pads], mode), side, channels }
    }
}
