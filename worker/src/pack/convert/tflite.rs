//! The network inside a tflite file. Field numbers are those of the format's published schema, version 3.

use super::ConvertError;
use super::flat::Table;

/// A network: operators in running order over tensors known by index.
#[derive(Debug)]
pub(super) struct Network<'a> {
    pub(super) tensors: Vec<Tensor<'a>>,
    pub(super) operators: Vec<Operator<'a>>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
}

/// A tensor; one with data is a constant.
#[derive(Debug)]
pub(super) struct Tensor<'a> {
    pub(super) name: &'a str,
    pub(super) shape: Vec<usize>,
    pub(super) kind: Kind,
    pub(super) data: &'a [u8],
    /// How data is packed where most of it is zero.
    pub(super) sparsity: Option<Table<'a>>,
}

/// What a tensor's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    F32,
    F16,
    I32,
    /// Anything else: lawful as long as no operator that we convert touches it.
    Other,
}

/// One step of a network.
#[derive(Debug)]
pub(super) struct Operator<'a> {
    pub(super) code: Code<'a>,
    /// `None` stands for an optional input that is left out.
    pub(super) inputs: Vec<Option<usize>>,
    pub(super) outputs: Vec<usize>,
    pub(super) options: Option<Table<'a>>,
    pub(super) custom_options: &'a [u8],
}

/// What an operator does: a number of the schema or, for those outside it, a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code<'a> {
    Builtin(i32),
    Custom(&'a str),
}

/// The schema's number for "see the name".
const CUSTOM: i32 = 32;

impl<'a> Network<'a> {
    /// Reads the only network of a file.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, ConvertError> {
        if bytes.get(4..8) != Some(b"TFL3".as_slice()) {
            return Err(ConvertError::Unlawful("a file that is not tflite"));
        }
        let model = Table::root(bytes)?;
        let codes = model.tables(1)?.iter().map(Code::read).collect::<Result<Vec<_>, _>>()?;
        let buffers = model.tables(4)?;
        let networks = model.tables(2)?;
        let [network] = networks.as_slice() else {
            return Err(ConvertError::Unlawful("not exactly one network"));
        };
        let tensors =
            network.tables(0)?.iter().map(|tensor| Tensor::read(tensor, &buffers)).collect::<Result<Vec<_>, _>>()?;
        let operators = network
            .tables(3)?
            .iter()
            .map(|operator| Operator::read(operator, &codes, tensors.len()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            operators,
            inputs: indices(network.few_i32s(1)?, tensors.len())?,
            outputs: indices(network.few_i32s(2)?, tensors.len())?,
            tensors,
        })
    }

    /// Gives other names to the inputs, then the outputs; an empty list leaves all as they are.
    pub(super) fn rename(&mut self, names: &'a [String]) -> Result<(), ConvertError> {
        let doors = self.inputs.iter().chain(&self.outputs);
        if names.is_empty() {
            return Ok(());
        }
        if doors.clone().count() != names.len() {
            return Err(ConvertError::Unlawful("another number of inputs and outputs than there are names"));
        }
        for (tensor, name) in doors.zip(names) {
            self.tensors[*tensor].name = name;
        }
        Ok(())
    }
}

impl<'a> Tensor<'a> {
    fn read(table: &Table<'a>, buffers: &[Table<'a>]) -> Result<Self, ConvertError> {
        let shape = table.few_i32s(0)?.into_iter().map(usize::try_from).collect::<Result<_, _>>();
        let buffer = buffers.get(table.u32(2, 0)? as usize).ok_or(ConvertError::Unlawful("a tensor without buffer"))?;
        Ok(Self {
            name: table.text(3)?,
            shape: shape.map_err(|_| ConvertError::Unlawful("a tensor of unknown shape"))?,
            kind: match table.i8(1, 0)? {
                0 => Kind::F32,
                1 => Kind::F16,
                2 => Kind::I32,
                _ => Kind::Other,
            },
            data: buffer.bytes(0)?,
            sparsity: table.table(6)?,
        })
    }
}

impl<'a> Operator<'a> {
    fn read(table: &Table<'a>, codes: &[Code<'a>], tensors: usize) -> Result<Self, ConvertError> {
        let code = codes.get(table.u32(0, 0)? as usize).ok_or(ConvertError::Unlawful("an operator without code"))?;
        let inputs = table.few_i32s(1)?.into_iter().map(|index| match index {
            -1 => Ok(None),
            _ => Ok(Some(checked(index, tensors)?)),
        });
        Ok(Self {
            code: *code,
            inputs: inputs.collect::<Result<_, ConvertError>>()?,
            outputs: indices(table.few_i32s(2)?, tensors)?,
            options: table.table(4)?,
            custom_options: table.bytes(5)?,
        })
    }
}

impl<'a> Code<'a> {
    fn read(table: &Table<'a>) -> Result<Self, ConvertError> {
        // Old files keep the number in a byte, new ones in a word; the other of the two is 0.
        let number = table.i32(3, 0)?.max(i32::from(table.i8(0, 0)?));
        if number == CUSTOM { Ok(Self::Custom(table.text(1)?)) } else { Ok(Self::Builtin(number)) }
    }
}

fn indices(list: Vec<i32>, tensors: usize) -> Result<Vec<usize>, ConvertError> {
    list.into_iter().map(|index| checked(index, tensors)).collect()
}

fn checked(index: i32, tensors: usize) -> Result<usize, ConvertError> {
    usize::try_from(index)
        .ok()
        .filter(|index| *index < tensors)
        .ok_or(ConvertError::Unlawful("a tensor index out of range"))
}
