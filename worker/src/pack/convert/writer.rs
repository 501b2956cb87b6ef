//! The ONNX network while it grows: what every tensor of the tflite file has become.

use std::collections::HashMap;

use super::ConvertError;
use super::builder::Builder;
use super::constant::{Budget, Constant, count};
use super::onnx::Attribute;
use super::sparse::densify;
use super::tflite::{Network, Operator};

/// Axes of channels-first out of those of channels-last.
pub(super) const TO_CHANNELS_FIRST: [usize; 4] = [0, 3, 1, 2];
/// Axes of channels-last out of those of channels-first.
pub(super) const TO_CHANNELS_LAST: [usize; 4] = [0, 2, 3, 1];

/// Builds the ONNX network.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    network: &'a Network<'a>,
    graph: Builder,
    /// Names of the values that exist so far, by tensor.
    values: HashMap<usize, String>,
    /// Constants that exist so far, by tensor.
    constants: HashMap<usize, Constant>,
    budget: Budget,
}

impl<'a> Writer<'a> {
    /// Starts with the network's inputs.
    pub(super) fn start(network: &'a Network<'a>) -> Result<Self, ConvertError> {
        let mut writer = Self {
            network,
            graph: Builder::default(),
            values: HashMap::new(),
            constants: HashMap::new(),
            budget: Budget::default(),
        };
        for input in &network.inputs {
            let tensor = &network.tensors[*input];
            writer.graph.input(tensor.name, &tensor.shape);
            let name = if tensor.shape.len() == 4 {
                writer.transposed(tensor.name, TO_CHANNELS_FIRST)
            } else {
                tensor.name.to_owned()
            };
            writer.values.insert(*input, name);
        }
        Ok(writer)
    }

    /// Ends with the network's outputs and gives the file.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, ConvertError> {
        for output in &self.network.outputs {
            let tensor = &self.network.tensors[*output];
            let value = self.value(*output)?;
            let (operator, attributes) = match tensor.shape.len() {
                4 => ("Transpose", vec![Attribute::of_wholes("perm", TO_CHANNELS_LAST)]),
                _ => ("Identity", Vec::new()),
            };
            self.graph.output(operator, vec![value], tensor.name, attributes, &tensor.shape);
        }
        Ok(self.graph.finish())
    }

    /// Shape of a tensor, channels last as in the tflite file.
    pub(super) fn shape(&self, tensor: usize) -> &'a [usize] {
        &self.network.tensors[tensor].shape
    }

    /// Name of the value that stands for a tensor.
    pub(super) fn value(&self, tensor: usize) -> Result<String, ConvertError> {
        self.values.get(&tensor).cloned().ok_or(ConvertError::Unlawful("a value that is used before it is made"))
    }

    /// Whether a tensor is known before the network runs.
    pub(super) fn is_constant(&self, tensor: usize) -> bool {
        self.constants.contains_key(&tensor) || !self.network.tensors[tensor].data.is_empty()
    }

    /// The constant in a tensor.
    pub(super) fn constant(&mut self, tensor: usize) -> Result<Constant, ConvertError> {
        if let Some(constant) = self.constants.get(&tensor) {
            return Ok(constant.clone());
        }
        let source = &self.network.tensors[tensor];
        if source.data.is_empty() {
            return Err(ConvertError::Unsupported("weights that are computed while the network runs".into()));
        }
        self.budget.spend(count(&source.shape)?)?;
        if source.sparsity.is_some() { densify(source) } else { Constant::read(source) }
    }

    /// Lets a tensor be known as a constant from here on.
    pub(super) fn fold(&mut self, tensor: usize, constant: Constant) {
        self.constants.insert(tensor, constant);
    }

    /// Adds an operator that makes the tensor `output`.
    pub(super) fn make(
        &mut self,
        operator: &str,
        inputs: Vec<String>,
        output: usize,
        attributes: Vec<Attribute>,
    ) -> String {
        let name = self.between(operator, inputs, attributes);
        self.values.insert(output, name.clone());
        name
    }

    /// Adds an operator whose value no tensor of the tflite file stands for.
    pub(super) fn between(&mut self, operator: &str, inputs: Vec<String>, attributes: Vec<Attribute>) -> String {
        self.graph.add(operator, inputs, attributes)
    }

    /// Adds a reordering of four axes.
    pub(super) fn transposed(&mut self, value: &str, order: [usize; 4]) -> String {
        self.between("Transpose", vec![value.to_owned()], vec![Attribute::of_wholes("perm", order)])
    }

    /// Adds constant floats.
    pub(super) fn floats(&mut self, shape: &[usize], values: &[f32]) -> String {
        self.graph.floats(shape, values)
    }

    /// Adds a constant list of whole numbers.
    pub(super) fn wholes(&mut self, values: &[usize]) -> String {
        self.graph.wholes(values)
    }
}

impl Operator<'_> {
    /// Its input number `index`, which must be there.
    pub(super) fn input(&self, index: usize) -> Result<usize, ConvertError> {
        self.inputs.get(index).copied().flatten().ok_or(ConvertError::Unlawful("an operator that lacks an input"))
    }

    /// Its only output.
    pub(super) fn output(&self) -> Result<usize, ConvertError> {
        match self.outputs.as_slice() {
            [output] => Ok(*output),
            _ => Err(ConvertError::Unlawful("an operator without exactly one output")),
        }
    }
}
