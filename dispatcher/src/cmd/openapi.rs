//! `dispatcher openapi`.

use gradphoto_shared::Result;

pub(super) fn run() -> Result<()> {
    let text = crate::api::document().to_pretty_json().expect("a document of plain types serialises");
    super::print(&format!("{text}\n"))
}
