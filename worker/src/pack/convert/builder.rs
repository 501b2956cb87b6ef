//! An ONNX network while it grows, whatever it is made from.

use prost::Message;

use super::onnx::{Attribute, Graph, IR_VERSION, Model, Node, OPERATOR_SET, OperatorSet, Tensor, ValueInfo, signed};

/// Builds the ONNX network.
#[derive(Debug)]
pub(super) struct Builder {
    graph: Graph,
}

impl Default for Builder {
    fn default() -> Self {
        Self { graph: Graph { name: "network".into(), ..Graph::default() } }
    }
}

impl Builder {
    /// Adds an input of the network.
    pub(super) fn input(&mut self, name: &str, shape: &[usize]) {
        self.graph.inputs.push(ValueInfo::floats(name, shape));
    }

    /// Adds an output of the network and the operator that makes it.
    pub(super) fn output(
        &mut self,
        operator: &str,
        inputs: Vec<String>,
        name: &str,
        attributes: Vec<Attribute>,
        shape: &[usize],
    ) {
        self.push(operator, inputs, name.to_owned(), attributes);
        self.graph.outputs.push(ValueInfo::floats(name, shape));
    }

    /// Adds an operator and names its value.
    pub(super) fn add(&mut self, operator: &str, inputs: Vec<String>, attributes: Vec<Attribute>) -> String {
        let name = self.fresh();
        self.push(operator, inputs, name.clone(), attributes);
        name
    }

    /// Adds constant floats.
    pub(super) fn floats(&mut self, shape: &[usize], values: &[f32]) -> String {
        let name = self.fresh();
        self.graph.constants.push(Tensor::floats(name.clone(), shape, values));
        name
    }

    /// Adds a constant list of whole numbers.
    pub(super) fn wholes(&mut self, values: &[usize]) -> String {
        let name = self.fresh();
        let values: Vec<i64> = values.iter().copied().map(signed).collect();
        self.graph.constants.push(Tensor::wholes(name.clone(), &values));
        name
    }

    /// The file.
    pub(super) fn finish(self) -> Vec<u8> {
        let model = Model {
            ir_version: IR_VERSION,
            producer_name: "gradphoto".into(),
            graph: Some(self.graph),
            operator_sets: vec![OperatorSet { domain: Some(String::new()), version: OPERATOR_SET }],
        };
        model.encode_to_vec()
    }

    fn push(&mut self, operator: &str, inputs: Vec<String>, output: String, attributes: Vec<Attribute>) {
        self.graph.nodes.push(Node {
            name: format!("{operator}{}", self.graph.nodes.len()),
            operator: operator.to_owned(),
            inputs,
            outputs: vec![output],
            attributes,
        });
    }

    /// A name that no other value has; names of a source's own tensors do not begin so.
    fn fresh(&self) -> String {
        format!("_{}_{}", self.graph.nodes.len(), self.graph.constants.len())
    }
}
