//! The part of the ONNX file format that we write. Field numbers are those of its published schema.

use prost::Message;

/// Version of the file format: the one that came with operator set 17.
pub(super) const IR_VERSION: i64 = 8;
/// Version of the operators: the first in which all that we need exist, HardSwish and half-pixel Resize
/// included.
pub(super) const OPERATOR_SET: i64 = 17;

/// A file.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Model {
    #[prost(int64, tag = "1")]
    pub(super) ir_version: i64,
    #[prost(string, tag = "2")]
    pub(super) producer_name: String,
    #[prost(message, optional, tag = "7")]
    pub(super) graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub(super) operator_sets: Vec<OperatorSet>,
}

/// Which operators a file speaks of; the empty domain is ONNX's own.
#[derive(Clone, PartialEq, Message)]
pub(super) struct OperatorSet {
    #[prost(string, optional, tag = "1")]
    pub(super) domain: Option<String>,
    #[prost(int64, tag = "2")]
    pub(super) version: i64,
}

/// A network.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub(super) nodes: Vec<Node>,
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "5")]
    pub(super) constants: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub(super) inputs: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub(super) outputs: Vec<ValueInfo>,
}

/// An operator with the values it takes and makes.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub(super) inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(super) outputs: Vec<String>,
    #[prost(string, tag = "3")]
    pub(super) name: String,
    #[prost(string, tag = "4")]
    pub(super) operator: String,
    #[prost(message, repeated, tag = "5")]
    pub(super) attributes: Vec<Attribute>,
}

/// A setting of an operator.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Attribute {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(int64, optional, tag = "3")]
    pub(super) whole: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(super) text: Option<Vec<u8>>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub(super) wholes: Vec<i64>,
    #[prost(int32, tag = "20")]
    pub(super) kind: i32,
}

impl Attribute {
    /// A whole number.
    pub(super) fn of_whole(name: &str, value: i64) -> Self {
        Self { name: name.into(), whole: Some(value), kind: 2, ..Self::default() }
    }

    /// A text.
    pub(super) fn of_text(name: &str, value: &str) -> Self {
        Self { name: name.into(), text: Some(value.into()), kind: 3, ..Self::default() }
    }

    /// A list of whole numbers.
    pub(super) fn of_wholes(name: &str, values: impl IntoIterator<Item = usize>) -> Self {
        Self { name: name.into(), wholes: values.into_iter().map(signed).collect(), kind: 7, ..Self::default() }
    }
}

/// Constant values.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub(super) shape: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub(super) kind: i32,
    #[prost(string, tag = "8")]
    pub(super) name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub(super) raw: Vec<u8>,
}

/// ONNX's number for 32-bit floats.
const FLOAT: i32 = 1;
/// ONNX's number for 64-bit whole numbers.
const WHOLE: i32 = 7;

impl Tensor {
    /// Floats.
    pub(super) fn floats(name: String, shape: &[usize], values: &[f32]) -> Self {
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { shape: shape.iter().copied().map(signed).collect(), kind: FLOAT, name, raw }
    }

    /// A list of whole numbers.
    pub(super) fn wholes(name: String, values: &[i64]) -> Self {
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { shape: vec![signed(values.len())], kind: WHOLE, name, raw }
    }
}

/// Name and shape of a network's input or output; they hold floats.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ValueInfo {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, optional, tag = "2")]
    pub(super) kind: Option<ValueKind>,
}

impl ValueInfo {
    /// A value of floats.
    pub(super) fn floats(name: &str, shape: &[usize]) -> Self {
        let sides = shape.iter().map(|side| Side { size: signed(*side) }).collect();
        let tensor = TensorKind { kind: FLOAT, shape: Some(Shape { sides }) };
        Self { name: name.into(), kind: Some(ValueKind { tensor: Some(tensor) }) }
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ValueKind {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorKind>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorKind {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Shape {
    #[prost(message, repeated, tag = "1")]
    sides: Vec<Side>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Side {
    #[prost(int64, tag = "1")]
    size: i64,
}

/// A size as ONNX writes it.
pub(super) fn signed(size: usize) -> i64 {
    i64::try_from(size).expect("sizes were checked against memory before they came here")
}
