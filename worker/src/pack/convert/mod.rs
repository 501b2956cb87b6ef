//! Networks from tflite files to ONNX files.
//!
//! It knows the operators of the networks in the packs and refuses all others by name. The values inside
//! are laid out channels first, as ONNX wants them; inputs and outputs keep the layout (channels last)
//! and the shapes that the tflite file has. The same input gives the same bytes, always.

mod constant;
mod flat;
mod onnx;
mod operator;
mod sparse;
mod tflite;
mod writer;

use tflite::Network;
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
