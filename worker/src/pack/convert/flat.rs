//! A reader of flatbuffers that checks every offset: a broken file is an error, never a panic.

use super::ConvertError;

/// Most members of a short list; the longest in the packs' networks has 4.
const FEW: usize = 64;

/// A table in a flatbuffer. Copies are cheap: it is a position in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Table<'a> {
    /// The root table of a file.
    pub(super) fn root(bytes: &'a [u8]) -> Result<Self, ConvertError> {
        Ok(Self { bytes, at: follow(bytes, 0)? })
    }

    /// A signed byte; `default` where the field is absent.
    pub(super) fn i8(&self, field: usize, default: i8) -> Result<i8, ConvertError> {
        self.number(field, default, i8::from_le_bytes)
    }

    /// An unsigned byte; `default` where the field is absent.
    pub(super) fn u8(&self, field: usize, default: u8) -> Result<u8, ConvertError> {
        self.number(field, default, u8::from_le_bytes)
    }

    /// A signed 32-bit number; `default` where the field is absent.
    pub(super) fn i32(&self, field: usize, default: i32) -> Result<i32, ConvertError> {
        self.number(field, default, i32::from_le_bytes)
    }

    /// An unsigned 32-bit number; `default` where the field is absent.
    pub(super) fn u32(&self, field: usize, default: u32) -> Result<u32, ConvertError> {
        self.number(field, default, u32::from_le_bytes)
    }

    /// A table inside this one.
    pub(super) fn table(&self, field: usize) -> Result<Option<Self>, ConvertError> {
        let Some(at) = self.field(field)? else { return Ok(None) };
        Ok(Some(Self { bytes: self.bytes, at: follow(self.bytes, at)? }))
    }

    /// A vector of tables; empty where the field is absent.
    pub(super) fn tables(&self, field: usize) -> Result<Vec<Self>, ConvertError> {
        let (start, items) = self.vector(field, 4)?;
        (0..items.len() / 4)
            .map(|index| Ok(Self { bytes: self.bytes, at: follow(self.bytes, start + index * 4)? }))
            .collect()
    }

    /// A vector of bytes; empty where the field is absent.
    pub(super) fn bytes(&self, field: usize) -> Result<&'a [u8], ConvertError> {
        Ok(self.vector(field, 1)?.1)
    }

    /// A vector of unsigned 16-bit numbers; empty where the field is absent.
    pub(super) fn u16s(&self, field: usize) -> Result<Vec<u16>, ConvertError> {
        let items = self.vector(field, 2)?.1;
        Ok(items.as_chunks().0.iter().copied().map(u16::from_le_bytes).collect())
    }

    /// A vector of signed 32-bit numbers; empty where the field is absent.
    pub(super) fn i32s(&self, field: usize) -> Result<Vec<i32>, ConvertError> {
        let items = self.vector(field, 4)?.1;
        Ok(items.as_chunks().0.iter().copied().map(i32::from_le_bytes).collect())
    }

    /// Like [`Table::i32s`] for lists that are short in every lawful file: many tables may share one list, so
    /// a small file could otherwise ask for all memory.
    pub(super) fn few_i32s(&self, field: usize) -> Result<Vec<i32>, ConvertError> {
        let list = self.vector(field, 4)?.1;
        if list.len() > FEW * 4 {
            return Err(ConvertError::Unlawful("a list that is too long to be true"));
        }
        self.i32s(field)
    }

    /// A text; empty where the field is absent.
    pub(super) fn text(&self, field: usize) -> Result<&'a str, ConvertError> {
        std::str::from_utf8(self.bytes(field)?).map_err(|_| ConvertError::Unlawful("a text that is not UTF-8"))
    }

    fn number<T, const N: usize>(
        &self,
        field: usize,
        default: T,
        read: impl Fn([u8; N]) -> T,
    ) -> Result<T, ConvertError> {
        match self.field(field)? {
            Some(at) => Ok(read(array(self.bytes, at)?)),
            None => Ok(default),
        }
    }

    /// Where a vector's items start, and their bytes.
    fn vector(&self, field: usize, width: usize) -> Result<(usize, &'a [u8]), ConvertError> {
        let Some(at) = self.field(field)? else { return Ok((0, &[])) };
        let length_at = follow(self.bytes, at)?;
        let length = u32_at(self.bytes, length_at)? as usize;
        let start = length_at + 4;
        let end = length.checked_mul(width).and_then(|size| start.checked_add(size)).ok_or(ConvertError::Truncated)?;
        Ok((start, self.bytes.get(start..end).ok_or(ConvertError::Truncated)?))
    }

    /// Position of a field's value; `None` where the table does not hold it.
    fn field(&self, field: usize) -> Result<Option<usize>, ConvertError> {
        let back = i64::from(i32::from_le_bytes(array(self.bytes, self.at)?));
        let directory = i64::try_from(self.at).map_err(|_| ConvertError::Truncated)? - back;
        let directory = usize::try_from(directory).map_err(|_| ConvertError::Truncated)?;
        let slot = 4 + field * 2;
        if slot + 2 > usize::from(u16::from_le_bytes(array(self.bytes, directory)?)) {
            return Ok(None);
        }
        let place = directory.checked_add(slot).ok_or(ConvertError::Truncated)?;
        let offset = usize::from(u16::from_le_bytes(array(self.bytes, place)?));
        Ok((offset != 0).then_some(self.at + offset))
    }
}

/// The first `N` bytes from `at` on.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], ConvertError> {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied().ok_or(ConvertError::Truncated)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, ConvertError> {
    Ok(u32::from_le_bytes(array(bytes, at)?))
}

/// The position that the offset stored at `at` points to; it lies inside the file.
fn follow(bytes: &[u8], at: usize) -> Result<usize, ConvertError> {
    let to = at.checked_add(u32_at(bytes, at)? as usize).ok_or(ConvertError::Truncated)?;
    if to < bytes.len() { Ok(to) } else { Err(ConvertError::Truncated) }
}
