//! What a bench prints.

use std::fmt;

use serde::Serialize;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<&'static str>,
}

impl Row {
    /// A figure with its unit.
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, reach: None }
    }

    /// With the figure to reach.
    #[must_use]
    pub fn reach(self, reach: &'static str) -> Self {
        Self { reach: Some(reach), ..self }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.value < 100.0 { 2 } else { 0 };
        write!(f, "{:<44} {:>12.digits$} {:<7}", self.what, self.value, self.unit)?;
        if let Some(reach) = self.reach {
            write!(f, " reach: {reach}")?;
        }
        Ok(())
    }
}
