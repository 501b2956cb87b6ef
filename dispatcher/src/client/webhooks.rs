//! What commands ask about webhooks.

use gradphoto_shared::name::HookId;
use reqwest::Method;

use super::{Client, Failure, answered, read};
use crate::api::{HookList, HookSecret, HookTest, HookView, NewHook};

impl Client {
    pub(crate) async fn webhooks(&self) -> Result<HookList, Failure> {
        read(self.ask(Method::GET, "/v1/webhooks")).await
    }

    pub(crate) async fn put_webhook(&self, name: &HookId, hook: &NewHook) -> Result<HookView, Failure> {
        read(self.ask(Method::PUT, &format!("/v1/webhooks/{name}")).json(hook)).await
    }

    pub(crate) async fn webhook_secret(&self, name: &HookId) -> Result<HookSecret, Failure> {
        read(self.ask(Method::GET, &format!("/v1/webhooks/{name}/secret"))).await
    }

    pub(crate) async fn rotate_webhook(&self, name: &HookId) -> Result<HookSecret, Failure> {
        read(self.ask(Method::POST, &format!("/v1/webhooks/{name}/rotate"))).await
    }

    pub(crate) async fn test_webhook(&self, name: &HookId) -> Result<HookTest, Failure> {
        read(self.ask(Method::POST, &format!("/v1/webhooks/{name}/test"))).await
    }

    pub(crate) async fn resume_webhook(&self, name: &HookId) -> Result<HookView, Failure> {
        read(self.ask(Method::POST, &format!("/v1/webhooks/{name}/resume"))).await
    }

    pub(crate) async fn delete_webhook(&self, name: &HookId) -> Result<(), Failure> {
        answered(self.ask(Method::DELETE, &format!("/v1/webhooks/{name}"))).await.map(drop)
    }
}
