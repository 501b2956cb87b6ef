//! Structured logs on standard error.

use std::io::{IsTerminal, Write};

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
    // A line that nobody can read is dropped: telling of it on the same closed pipe would be a panic.
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let builder = builder.log_internal_errors(false);
    let started = if args.log_json || !std::io::stderr().is_terminal() {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.compact().try_init()
    };
    started.map_err(|cause| invalid(&cause))
}

/// Says a line to the person who typed a command, on standard error. One who does not listen any more, as behind
/// `2>&1 | head`, misses it and nothing else happens; `eprintln!` would panic.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
