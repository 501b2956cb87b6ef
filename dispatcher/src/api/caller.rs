//! Who calls: the tenant behind the API key, and whether an operator.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use gradphoto_shared::name::TenantId;

use super::App;
use crate::keys::{Bearer, Scope};
use crate::problem::Problem;

/// The tenant of this request.
#[derive(Clone, Debug)]
pub(super) struct Caller(pub(super) TenantId);

/// The tenant of this request, and what it may do beyond its own.
#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) tenant: TenantId,
    pub(super) is_operator: bool,
    pub(super) scope: Scope,
}

impl Role {
    /// Goes on for operators only.
    pub(super) fn operator(&self) -> Result<(), Problem> {
        let says = "this concerns all tenants; use a key made by `dispatcher key new TENANT --operator`";
        let refused = || Problem::new(StatusCode::FORBIDDEN, "operator_only", says);
        self.is_operator.then_some(()).ok_or_else(refused)
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let role = Role::from_request_parts(parts, app).await?;
        Ok(Self(role.tenant))
    }
}

impl FromRequestParts<Arc<App>> for Role {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = header.and_then(|value| value.split_once(' ')).and_then(|(scheme, key)| {
            let bears = scheme.eq_ignore_ascii_case("bearer");
            bears.then(|| key.trim())
        });
        let bearer = app.access.bearer(key).cloned();
        let unknown = || {
            let says = "send a known API key as `Authorization: Bearer KEY`";
            Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", says)
        };
        let Bearer { tenant, is_operator, scope } = bearer.ok_or_else(unknown)?;
        // Outside the route table nothing is allowed to a narrower key.
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        scope.allow(&parts.method, route)?;
        Ok(Self { tenant, is_operator, scope })
    }
}

/// An operator of the service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator;

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let role = Role::from_request_parts(parts, app).await?;
        role.operator().map(|()| Self)
    }
}
