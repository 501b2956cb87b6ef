//! Networks to ONNX files: from tflite files, and the face descriptor from face-api's weights.
//!
//! It knows the operators of the networks in the packs and refuses all others by name. The values inside
//! are laid out channels first, as ONNX wants them; inputs and outputs keep the layout (channels last)
//! and the shapes that the tflite file has. The same input gives the same bytes, always.

mod builder;
mod constant;
mod descriptor;
mod flat;
mod onnx;
mod operator;
mod sparse;
mod tflite;
mod weights;
mod writer;

use tflite::Network;
use weights::Weights;
use writer::Writer;

/// Why a file could not be converted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConvertError {
    /// The file ends early or points outside itself.
    #[error("the file is cut short or damaged")]
    Truncated,
    /// The file says something that no lawful file says.
    #[error("the file holds {0}")]
    Unlawful(&'static str),
    /// The file is lawful and asks for something that is not written yet.
    #[error("the file needs {0}, which the converter does not know")]
    Unsupported(String),
}

/// Converts a tflite file to an ONNX file. `names` renames its inputs, then its outputs; empty keeps the
/// names that the file has.
///
/// # Errors
/// [`ConvertError`]; any bytes at all may be given.
pub fn to_onnx(tflite: &[u8], names: &[String]) -> Result<Vec<u8>, ConvertError> {
    let mut network = Network::read(tflite)?;
    network.rename(names)?;
    let mut writer = Writer::start(&network)?;
    for step in &network.operators {
        operator::write(&mut writer, step)?;
    }
    writer.finish()
}

/// Makes dlib's face descriptor network out of the weights that face-api ships: `values` one behind the other,
/// and the `list` of what lies where. `names` are those of its input and its output.
///
/// # Errors
/// [`ConvertError`]; any bytes at all may be given.
pub fn descriptor_to_onnx(list: &[u8], values: &[u8], names: &[String]) -> Result<Vec<u8>, ConvertError> {
    descriptor::to_onnx(&Weights::read(list, values)?, names)
}

#[cfg(test)]
mod sample;

#[cfg(test)]
mod tests {
    use super::onnx::{Graph, Node};
    use super::sample::{Axis, Sample, Setting, floats, wholes};
    use super::*;

    /// A network of one built-in operator without weights.
    fn plain<'a>(code: i32, shapes: &[&'a [i32]], settings: &'a [(u16, Setting)]) -> Sample<'a> {
        Sample {
            code,
            custom: "",
            tensors: shapes.iter().map(|shape| (*shape, 0, Vec::new())).collect(),
            inputs: &[0],
            settings,
            custom_options: &[],
            sparsity: None,
        }
    }

    /// A depthwise convolution of two channels with sparse weights: 1, 2, 2, 2 out of five values.
    fn sparse() -> Sample<'static> {
        let mut sample = plain(4, &[&[1, 4, 4, 2]], &SETTINGS);
        sample.tensors.push((&[1, 2, 2, 2], 0, floats(&[1., 2., 3., 4., 5.])));
        sample.tensors.push((&[1, 2, 2, 2], 0, Vec::new()));
        sample
    }

    const SETTINGS: [(u16, Setting); 3] = [(1, Setting::Word(2)), (2, Setting::Word(2)), (4, Setting::Byte(1))];

    /// Nodes but those that only turn the layout at the doors.
    fn inner(graph: &Graph) -> Vec<&Node> {
        graph.nodes.iter().filter(|node| node.operator != "Transpose" && node.operator != "Identity").collect()
    }

    fn list(node: &Node, name: &str) -> Vec<i64> {
        node.attributes.iter().find(|attribute| attribute.name == name).unwrap().wholes.clone()
    }

    fn constant(graph: &Graph, index: usize) -> (Vec<i64>, Vec<f32>) {
        let tensor = &graph.constants[index];
        (tensor.shape.clone(), tensor.raw.as_chunks().0.iter().copied().map(f32::from_le_bytes).collect())
    }

    #[test]
    fn a_convolution_turns_its_weights_and_pads_at_the_end() {
        let settings = [(1, Setting::Word(2)), (2, Setting::Word(2)), (3, Setting::Byte(3))];
        let mut sample = plain(3, &[&[1, 4, 4, 2]], &settings);
        sample.tensors.push((&[1, 3, 1, 2], 0, floats(&[1., 2., 3., 4., 5., 6.])));
        sample.tensors.push((&[1], 0, floats(&[9.])));
        sample.tensors.push((&[1, 2, 2, 1], 0, Vec::new()));
        sample.inputs = &[0, 1, 2];
        let graph = sample.converted().unwrap();
        let nodes = inner(&graph);
        assert_eq!(nodes.iter().map(|node| node.operator.as_str()).collect::<Vec<_>>(), ["Conv", "Clip"]);
        assert_eq!(constant(&graph, 0), (vec![1, 2, 3, 1], vec![1., 3., 5., 2., 4., 6.]));
        assert_eq!(constant(&graph, 1), (vec![1], vec![9.]));
        assert_eq!(list(nodes[0], "pads"), [0, 0, 1, 0]);
        assert_eq!(list(nodes[0], "strides"), [2, 2]);
        assert_eq!(graph.inputs[0].name, "tensor0");
        assert_eq!(graph.outputs[0].name, "tensor3");
    }

    #[test]
    fn axes_follow_the_layout() {
        let settings = [(0, Setting::Word(-1))];
        let mut sample = plain(2, &[&[1, 4, 4, 2], &[1, 4, 4, 4]], &settings);
        sample.inputs = &[0, 0];
        let graph = sample.converted().unwrap();
        assert_eq!(inner(&graph)[0].attributes[0].whole, Some(1), "channels come second");

        let settings = [(0, Setting::Byte(1))];
        let mut sample = plain(40, &[&[1, 4, 4, 2]], &settings);
        sample.tensors.push((&[2], 2, wholes(&[1, 2])));
        sample.tensors.push((&[1, 1, 1, 2], 0, Vec::new()));
        sample.inputs = &[0, 1];
        assert_eq!(list(inner(&sample.converted().unwrap())[0], "axes"), [2, 3]);

        let mut sample = plain(34, &[&[1, 4, 4, 2]], &[]);
        sample.tensors.push((&[4, 2], 2, wholes(&[0, 0, 1, 2, 3, 4, 0, 5])));
        sample.tensors.push((&[1, 7, 11, 7], 0, Vec::new()));
        sample.inputs = &[0, 1];
        let graph = sample.converted().unwrap();
        let pads: Vec<_> = graph.constants[0].raw.as_chunks().0.iter().copied().map(i64::from_le_bytes).collect();
        assert_eq!(pads, [0, 0, 1, 3, 0, 5, 2, 4]);
    }

    #[test]
    fn pixels_of_a_scaled_plane_lie_where_the_file_says() {
        let table = [(None, "asymmetric"), (Some(2), "align_corners"), (Some(3), "half_pixel")];
        for (field, place) in table {
            let settings: Vec<_> = field.map(|field| (field, Setting::Byte(1))).into_iter().collect();
            let graph = plain(23, &[&[1, 4, 4, 2], &[1, 8, 8, 2]], &settings).converted().unwrap();
            assert_eq!(inner(&graph)[0].attributes[1].text.as_deref(), Some(place.as_bytes()));
        }
    }

    #[test]
    fn sparse_weights_are_written_out() {
        // Two channels outside, each with a list of rows, each row whole.
        let by_row: [Axis<'_>; 4] = [Axis::Whole(2), Axis::Places(&[0, 1, 2], &[1, 0]), Axis::Whole(2), Axis::Whole(1)];
        // Blocks of two channels at the listed columns.
        let in_blocks: [Axis<'_>; 5] =
            [Axis::Whole(1), Axis::Whole(2), Axis::Places(&[0, 1, 2], &[1, 0]), Axis::Whole(1), Axis::Whole(2)];
        let mut sample = sparse();
        sample.inputs = &[0, 1];
        sample.tensors[1].2 = floats(&[1., 2., 3., 4.]);
        sample.tensors[2].0 = &[1, 2, 2, 2];
        sample.sparsity = Some((&[3, 1, 2, 0], &[], &by_row));
        let expected = vec![0., 0., 1., 2., 3., 4., 0., 0.];
        assert_eq!(constant(&sample.converted().unwrap(), 0), (vec![2, 1, 2, 2], expected));
        sample.sparsity = Some((&[0, 1, 2, 3, 4], &[3], &in_blocks));
        let expected = vec![0., 1., 3., 0., 0., 2., 4., 0.];
        assert_eq!(constant(&sample.converted().unwrap(), 0), (vec![2, 1, 2, 2], expected));
    }

    #[test]
    fn sparse_weights_that_point_outside_are_refused() {
        let axes: [([i32; 4], [Axis<'_>; 4]); 4] = [
            ([3, 1, 2, 0], [Axis::Whole(2), Axis::Places(&[0, 1, 2], &[1, 7]), Axis::Whole(2), Axis::Whole(1)]),
            ([3, 1, 2, 0], [Axis::Whole(2), Axis::Places(&[0, 9], &[1]), Axis::Whole(2), Axis::Whole(1)]),
            ([3, 1, 2, 0], [Axis::Whole(i32::MAX), Axis::Whole(i32::MAX), Axis::Whole(2), Axis::Whole(1)]),
            ([3, 1, 2, 2], [Axis::Whole(2), Axis::Whole(2), Axis::Whole(2), Axis::Whole(1)]),
        ];
        for (order, axes) in &axes {
            let mut sample = sparse();
            sample.inputs = &[0, 1];
            sample.sparsity = Some((order, &[], axes));
            assert!(matches!(sample.converted(), Err(ConvertError::Unlawful(_))));
        }
    }

    #[test]
    fn unknown_operators_are_named() {
        let sample = plain(77, &[&[1, 4], &[1, 4]], &[]);
        assert!(sample.converted().unwrap_err().to_string().contains("operator 77"));
        let mut sample = plain(32, &[&[1, 4], &[1, 4]], &[]);
        sample.custom = "TransformLandmarks";
        assert!(sample.converted().unwrap_err().to_string().contains("TransformLandmarks"));
    }

    #[test]
    fn any_bytes_at_all_give_an_answer() {
        assert!(to_onnx(b"", &[]).is_err());
        assert!(to_onnx(b"not a network at all", &[]).is_err());
        let axes = [Axis::Whole(2), Axis::Places(&[0, 1, 2], &[1, 0]), Axis::Whole(2), Axis::Whole(1)];
        let mut sample = sparse();
        sample.inputs = &[0, 1];
        sample.sparsity = Some((&[3, 1, 2, 0], &[], &axes));
        let lawful = sample.bytes();
        assert!(to_onnx(&lawful, &[]).is_ok());
        let mut refused = 0;
        for end in 0..lawful.len() {
            refused += usize::from(to_onnx(&lawful[..end], &[]).is_err());
        }
        assert!(refused > lawful.len() / 2, "{refused} of {}", lawful.len());
        for place in 0..lawful.len() {
            for value in [0, 0x7f, 0xff] {
                let mut broken = lawful.clone();
                broken[place] = value;
                // Either answer is right, as long as there is one.
                refused += usize::from(to_onnx(&broken, &[]).is_err());
            }
        }
        assert!(refused > lawful.len(), "{refused} refused");
    }

    #[test]
    fn the_same_file_gives_the_same_bytes_and_names_can_be_given() {
        let sample = plain(19, &[&[1, 4, 4, 2], &[1, 4, 4, 2]], &[]);
        let names = ["in".to_owned(), "out".to_owned()];
        assert_eq!(to_onnx(&sample.bytes(), &names).unwrap(), to_onnx(&sample.bytes(), &names).unwrap());
        assert_ne!(to_onnx(&sample.bytes(), &names).unwrap(), to_onnx(&sample.bytes(), &[]).unwrap());
        assert!(to_onnx(&sample.bytes(), &names[..1]).is_err());
    }
}
