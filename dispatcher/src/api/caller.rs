//! Who calls: the tenant behind the API key, and whether it operates the service.

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

/// An operator of the service, see [`crate::keys::OPERATORS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator;

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Caller(tenant) = Caller::from_request_parts(parts, app).await?;
        app.access.is_operator(&tenant).then_some(Self).ok_or_else(|| {
            Problem::new(StatusCode::FORBIDDEN, "not_an_operator", "use a key made by `dispatcher key new operators`")
        })
    }
}
