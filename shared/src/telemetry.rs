//! Structured logs on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::LogArgs;
use crate::{Error, Result};

/// What speaks by itself: ONNX Runtime tells a thousand things about every model at `info`, and the object
/// store names keys. Whoever needs more asks for it by name, as in `info,ort=debug`.
const QUIET: &str = "ort=warn,object_store=error";

/// Starts logging: readable lines on a terminal, one JSON object a line elsewhere.
///
/// # Errors
/// [`Error::Config`] when the filter cannot be read or logging was started before.
pub fn start(args: &LogArgs) -> Result<()> {
    let invalid = |cause: &dyn std::fmt::Display| Error::Config(format!("log filter {:?}: {cause}", args.log));
    let filter = EnvFilter::try_new(format!("{QUIET},{}", args.log)).map_err(|cause| invalid(&cause))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if args.log_json || !std::io::stderr().is_terminal() {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.compact().try_init()
    };
    started.map_err(|cause| invalid(&cause))
}
