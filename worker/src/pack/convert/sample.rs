//! Hand-made tflite files for tests, and a look into the ONNX files that come out.

use flatbuffers::{FlatBufferBuilder, Push, TableFinishedWIPOffset, WIPOffset};
use prost::Message;

use super::onnx::Graph;
use super::{ConvertError, to_onnx};

type Offset = WIPOffset<TableFinishedWIPOffset>;

/// A tensor of a hand-made network: shape, number of its kind, data.
pub(super) type SampleTensor<'a> = (&'a [i32], i8, Vec<u8>);

/// Settings of a hand-made operator: fields by number, as bytes or words.
#[derive(Clone, Copy)]
pub(super) enum Setting {
    Byte(i8),
    Word(i32),
}

/// A hand-made network of one operator; tensor 0 goes in, the last one comes out.
pub(super) struct Sample<'a> {
    pub(super) code: i32,
    pub(super) custom: &'a str,
    pub(super) tensors: Vec<SampleTensor<'a>>,
    pub(super) inputs: &'a [i32],
    pub(super) settings: &'a [(u16, Setting)],
    pub(super) custom_options: &'a [u8],
    /// For the tensor before the last: order, block map, and per axis either its size or segments and places.
    pub(super) sparsity: Option<(&'a [i32], &'a [i32], &'a [Axis<'a>])>,
}

/// How an axis of a sparse tensor is stored.
pub(super) enum Axis<'a> {
    Whole(i32),
    Places(&'a [u8], &'a [u8]),
}

impl Sample<'_> {
    /// The file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut builder = FlatBufferBuilder::new();
        let mut buffers = vec![table(&mut builder, |_| {})];
        let mut tensors = Vec::new();
        for (index, (shape, kind, data)) in self.tensors.iter().enumerate() {
            let data = builder.create_vector(data);
            buffers.push(table(&mut builder, |builder| slot(builder, 0, data)));
            let sparsity = self.sparsity.as_ref().filter(|_| index + 2 == self.tensors.len());
            let sparsity = sparsity.map(|sparsity| write_sparsity(&mut builder, sparsity));
            let shape = builder.create_vector(shape);
            let name = builder.create_string(&format!("tensor{index}"));
            tensors.push(table(&mut builder, |builder| {
                slot(builder, 0, shape);
                slot(builder, 1, *kind);
                slot(builder, 2, u32::try_from(index + 1).unwrap());
                slot(builder, 3, name);
                if let Some(sparsity) = sparsity {
                    slot(builder, 6, sparsity);
                }
            }));
        }
        let last = i32::try_from(self.tensors.len() - 1).unwrap();
        let operator = self.operator(&mut builder, last);
        let (tensors, operators) = (builder.create_vector(&tensors), builder.create_vector(&[operator]));
        let (doors_in, doors_out) = (builder.create_vector(&[0]), builder.create_vector(&[last]));
        let network = table(&mut builder, |builder| {
            slot(builder, 0, tensors);
            slot(builder, 1, doors_in);
            slot(builder, 2, doors_out);
            slot(builder, 3, operators);
        });
        let custom = builder.create_string(self.custom);
        let code = table(&mut builder, |builder| {
            slot(builder, 1, custom);
            slot(builder, 3, self.code);
        });
        let (codes, networks) = (builder.create_vector(&[code]), builder.create_vector(&[network]));
        let buffers = builder.create_vector(&buffers);
        let model = table(&mut builder, |builder| {
            slot(builder, 0, 3_u32);
            slot(builder, 1, codes);
            slot(builder, 2, networks);
            slot(builder, 4, buffers);
        });
        builder.finish(model, Some("TFL3"));
        builder.finished_data().to_vec()
    }

    /// The network that the converter makes of it.
    pub(super) fn converted(&self) -> Result<Graph, ConvertError> {
        let file = to_onnx(&self.bytes(), &[])?;
        Ok(super::onnx::Model::decode(file.as_slice()).unwrap().graph.unwrap())
    }

    fn operator(&self, builder: &mut FlatBufferBuilder<'_>, output: i32) -> Offset {
        let inputs = builder.create_vector(self.inputs);
        let outputs = builder.create_vector(&[output]);
        let custom_options = builder.create_vector(self.custom_options);
        let settings = table(builder, |builder| {
            for (field, setting) in self.settings {
                match setting {
                    Setting::Byte(value) => slot(builder, *field, *value),
                    Setting::Word(value) => slot(builder, *field, *value),
                }
            }
        });
        table(builder, |builder| {
            slot(builder, 1, inputs);
            slot(builder, 2, outputs);
            slot(builder, 4, settings);
            slot(builder, 5, custom_options);
        })
    }
}

/// Floats as a tensor stores them.
pub(super) fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Whole numbers as a tensor stores them.
pub(super) fn wholes(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn write_sparsity(
    builder: &mut FlatBufferBuilder<'_>,
    (order, block_map, axes): &(&[i32], &[i32], &[Axis<'_>]),
) -> Offset {
    let mut list = Vec::new();
    for axis in *axes {
        list.push(match axis {
            Axis::Whole(size) => table(builder, |builder| slot(builder, 1, *size)),
            Axis::Places(segments, places) => {
                let (segments, places) = (builder.create_vector(segments), builder.create_vector(places));
                let segments = table(builder, |builder| slot(builder, 0, segments));
                let places = table(builder, |builder| slot(builder, 0, places));
                table(builder, |builder| {
                    slot(builder, 0, 1_i8);
                    slot(builder, 2, 3_u8);
                    slot(builder, 3, segments);
                    slot(builder, 4, 3_u8);
                    slot(builder, 5, places);
                })
            }
        });
    }
    let (order, block_map) = (builder.create_vector(order), builder.create_vector(block_map));
    let list = builder.create_vector(&list);
    table(builder, |builder| {
        slot(builder, 0, order);
        slot(builder, 1, block_map);
        slot(builder, 2, list);
    })
}

fn table<'a>(builder: &mut FlatBufferBuilder<'a>, fill: impl FnOnce(&mut FlatBufferBuilder<'a>)) -> Offset {
    let start = builder.start_table();
    fill(builder);
    builder.end_table(start)
}

fn slot<'a>(builder: &mut FlatBufferBuilder<'a>, field: u16, value: impl Push) {
    builder.push_slot_always(4 + field * 2, value);
}
