//! The API's own description, generated from routes and types.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};

use crate::problem::ProblemBody;

/// Name of the security scheme in the document.
const SCHEME: &str = "key";

static TEXT: LazyLock<String> =
    LazyLock::new(|| document().to_pretty_json().expect("a document of plain types serialises"));

#[derive(OpenApi)]
#[openapi(
    info(
        title = "gradphoto",
        description = "Photo jobs for graduation certificate pictures. Every refusal has the shape of \
                       ProblemBody: decide by `error.code`, which is stable."
    ),
    components(schemas(ProblemBody))
)]
struct Frame;

/// Title, security and common schemas; routes come from the route table.
pub(super) fn frame() -> utoipa::openapi::OpenApi {
    let mut frame = Frame::openapi();
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key.")).build();
    let components = frame.components.get_or_insert_default();
    components.add_security_scheme(SCHEME, SecurityScheme::Http(scheme));
    frame.security = Some(vec![SecurityRequirement::new(SCHEME, Vec::<String>::new())]);
    frame
}

/// The whole document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    super::table().split_for_parts().1
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "service", security(()),
    responses((status = 200, description = "OpenAPI 3.1, as JSON", content_type = "application/json")))]
pub(super) async fn show() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}
