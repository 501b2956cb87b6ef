//! Who calls: the tenant behind the API key.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use gradphoto_shared::name::TenantId;

use super::App;
use crate::problem::Problem;

/// The tenant of this request.
#[derive(Clone, Debug)]
pub(super) struct Caller(pub(super) TenantId);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = header.and_then(|value| value.split_once(' ')).and_then(|(scheme, key)| {
            let bears = scheme.eq_ignore_ascii_case("bearer");
            bears.then(|| key.trim())
        });
        app.access.tenant(key).cloned().map(Self).ok_or_else(|| {
            let says = "send a known API key as `Authorization: Bearer KEY`";
            Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", says)
        })
    }
}
