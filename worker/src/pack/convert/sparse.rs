//! Sparse weights to dense ones.
//!
//! The format walks a tensor's axes in a given order, then the axes inside small blocks; an axis is either
//! stored whole or as a list of the places that are not zero.

use super::ConvertError;
use super::constant::{Constant, Values, count};
use super::flat::Table;
use super::tflite::Tensor;

/// Most axes, blocks included, that a tensor may have.
const MAX_LEVELS: usize = 10;

/// Writes a sparse constant out in full.
pub(super) fn densify(tensor: &Tensor<'_>) -> Result<Constant, ConvertError> {
    let Some(sparsity) = tensor.sparsity else {
        return Err(ConvertError::Unlawful("a dense tensor where a sparse one belongs"));
    };
    let Values::Float(packed) = Values::read(tensor)? else {
        return Err(ConvertError::Unsupported("sparse whole numbers".into()));
    };
    let size = count(&tensor.shape)?;
    let plan = Plan::read(&sparsity, &tensor.shape)?;
    let mut walk = Walk {
        plan: &plan,
        shape: &tensor.shape,
        packed: &packed,
        dense: vec![0.0; size],
        place: vec![0; plan.levels.len()],
        // A lawful file visits each place of each level at most once.
        visits_left: size.saturating_mul(plan.levels.len() + 1),
    };
    walk.level(0, 0)?;
    Ok(Constant { shape: tensor.shape.clone(), values: Values::Float(walk.dense) })
}

/// One axis in walking order.
struct Level {
    /// Which axis: below the tensor's rank one of its own, from there on one inside a block.
    axis: usize,
    stored: Stored,
}

enum Stored {
    Whole { size: usize },
    Places { segments: Vec<usize>, places: Vec<usize> },
}

struct Plan {
    levels: Vec<Level>,
    /// Per axis inside a block: the tensor's axis that it cuts, and its size.
    blocks: Vec<(usize, usize)>,
}

impl Plan {
    fn read(sparsity: &Table<'_>, shape: &[usize]) -> Result<Self, ConvertError> {
        let order = wholes(sparsity.i32s(0)?)?;
        let block_map = wholes(sparsity.i32s(1)?)?;
        let metadata = sparsity.tables(2)?;
        let rank = shape.len();
        let mut seen = order.clone();
        seen.sort_unstable();
        let lawful = order.len() == metadata.len()
            && order.len() <= MAX_LEVELS
            && seen.into_iter().eq(0..rank + block_map.len())
            && block_map.iter().all(|axis| *axis < rank);
        if !lawful {
            return Err(ConvertError::Unlawful("a sparse tensor whose axes do not fit together"));
        }
        let levels = order
            .iter()
            .zip(&metadata)
            .map(|(axis, metadata)| Ok(Level { axis: *axis, stored: Stored::read(metadata)? }))
            .collect::<Result<Vec<_>, ConvertError>>()?;
        let blocks = block_map
            .iter()
            .enumerate()
            .map(|(index, axis)| {
                let level = levels.iter().find(|level| level.axis == rank + index);
                match level.map(|level| &level.stored) {
                    Some(Stored::Whole { size }) => Ok((*axis, *size)),
                    _ => Err(ConvertError::Unsupported("sparse blocks inside blocks".into())),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { levels, blocks })
    }
}

impl Stored {
    fn read(metadata: &Table<'_>) -> Result<Self, ConvertError> {
        match metadata.i8(0, 0)? {
            0 => Ok(Self::Whole { size: whole(metadata.i32(1, 0)?)? }),
            1 => Ok(Self::Places { segments: list(metadata, 2)?, places: list(metadata, 4)? }),
            _ => Err(ConvertError::Unsupported("an axis stored in an unknown way".into())),
        }
    }
}

/// A list of numbers in one of the three widths that the format allows; `field` holds the width.
fn list(metadata: &Table<'_>, field: usize) -> Result<Vec<usize>, ConvertError> {
    let Some(table) = metadata.table(field + 1)? else {
        return Err(ConvertError::Unlawful("a sparse axis without places"));
    };
    match metadata.u8(field, 0)? {
        1 => wholes(table.i32s(0)?),
        2 => Ok(table.u16s(0)?.into_iter().map(usize::from).collect()),
        3 => Ok(table.bytes(0)?.iter().copied().map(usize::from).collect()),
        _ => Err(ConvertError::Unlawful("a sparse axis with places of unknown width")),
    }
}

fn wholes(list: Vec<i32>) -> Result<Vec<usize>, ConvertError> {
    list.into_iter().map(whole).collect()
}

fn whole(number: i32) -> Result<usize, ConvertError> {
    usize::try_from(number).map_err(|_| ConvertError::Unlawful("a negative size"))
}

struct Walk<'a> {
    plan: &'a Plan,
    shape: &'a [usize],
    packed: &'a [f32],
    dense: Vec<f32>,
    /// Where the walk stands on each axis.
    place: Vec<usize>,
    visits_left: usize,
}

impl Walk<'_> {
    /// Walks one level and all below it; `at` counts the places of the level above.
    fn level(&mut self, depth: usize, at: usize) -> Result<(), ConvertError> {
        self.visits_left = self.visits_left.checked_sub(1).ok_or(OUT_OF_PLACE)?;
        let plan = self.plan;
        let Some(level) = plan.levels.get(depth) else { return self.store(at) };
        match &level.stored {
            Stored::Whole { size } => {
                let first = at.checked_mul(*size).ok_or(OUT_OF_PLACE)?;
                for index in 0..*size {
                    self.place[level.axis] = index;
                    self.level(depth + 1, first + index)?;
                }
            }
            Stored::Places { segments, places } => {
                let [from, to] = segments.get(at..).and_then(<[usize]>::first_chunk).ok_or(OUT_OF_PLACE)?;
                for index in *from..*to {
                    self.place[level.axis] = *places.get(index).ok_or(OUT_OF_PLACE)?;
                    self.level(depth + 1, index)?;
                }
            }
        }
        Ok(())
    }

    fn store(&mut self, at: usize) -> Result<(), ConvertError> {
        let value = *self.packed.get(at).ok_or(OUT_OF_PLACE)?;
        let mut to = 0;
        for (axis, side) in self.shape.iter().enumerate() {
            let mut index = self.place[axis];
            for (block, (_, size)) in self.plan.blocks.iter().enumerate().filter(|(_, (cut, _))| *cut == axis) {
                index = index
                    .checked_mul(*size)
                    .and_then(|start| start.checked_add(self.place[self.shape.len() + block]))
                    .ok_or(OUT_OF_PLACE)?;
            }
            if index >= *side {
                return Err(OUT_OF_PLACE);
            }
            to = to * side + index;
        }
        self.dense[to] = value;
        Ok(())
    }
}

const OUT_OF_PLACE: ConvertError = ConvertError::Unlawful("a sparse tensor that points outside itself");
