//! The OpenAPI document against the routes that are promised.

use gradphoto_dispatcher::api;
use gradphoto_tests::server::{Server, answer};
use reqwest::Method;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn the_document_holds_every_route_and_the_server_gives_it() {
    let server = Server::start().await;
    let (status, document) = answer(server.ask(Method::GET, "/v1/openapi.json")).await;
    assert_eq!(status, 200);
    let own: Value = serde_json::from_str(&api::document().to_json().expect("serialises")).expect("valid JSON");
    assert_eq!(document, own);
    let routes = [
        ("/v1/sessions", &["get", "post"][..]),
        ("/v1/sessions/{session}", &["delete", "get", "patch"]),
        ("/v1/sessions/{session}/progress", &["get"]),
        ("/v1/sessions/{session}/cancel", &["post"]),
        ("/v1/sessions/{session}/subjects/{subject}", &["get"]),
        ("/v1/sessions/{session}/subjects/{subject}/withdraw", &["post"]),
        ("/v1/sessions/{session}/batches/{batch}", &["get"]),
        ("/v1/sessions/{session}/batches/{batch}/seal", &["post"]),
        ("/v1/sessions/{session}/photos", &["post", "put"]),
        ("/v1/sessions/{session}/jobs", &["post"]),
        ("/v1/sessions/{session}/results", &["get"]),
        ("/v1/sessions/{session}/events", &["get"]),
        ("/v1/sessions/{session}/gallery", &["get"]),
        ("/v1/sessions/{session}/gallery/photos", &["delete", "get"]),
        ("/v1/sessions/{session}/gallery/reenrol", &["post"]),
        ("/v1/sessions/{session}/doubles", &["get"]),
        ("/v1/sessions/{session}/searches", &["get"]),
        ("/v1/sessions/{session}/export", &["get"]),
        ("/v1/sessions/{session}/layouts", &["post"]),
        ("/v1/jobs/{id}/sheets/{number}", &["get"]),
        ("/v1/id-tail/check", &["post"]),
        ("/v1/events", &["get"]),
        ("/v1/groups", &["get"]),
        ("/v1/groups/{group}", &["delete"]),
        ("/v1/groups/{group}/read", &["post"]),
        ("/v1/groups/{group}/ack", &["post"]),
        ("/v1/webhooks", &["get"]),
        ("/v1/webhooks/{name}", &["delete", "get", "put"]),
        ("/v1/webhooks/{name}/secret", &["get"]),
        ("/v1/webhooks/{name}/rotate", &["post"]),
        ("/v1/webhooks/{name}/resume", &["post"]),
        ("/v1/webhooks/{name}/test", &["post"]),
        ("/v1/jobs/{id}", &["get"]),
        ("/v1/jobs/{id}/picture", &["get"]),
        ("/v1/jobs/{id}/preview", &["get"]),
        ("/v1/jobs/{id}/evidence", &["get"]),
        ("/v1/jobs/{id}/cancel", &["post"]),
        ("/v1/dead", &["get"]),
        ("/v1/dead/replay", &["post"]),
        ("/v1/dead/drop", &["post"]),
        ("/v1/dead/{id}", &["delete"]),
        ("/v1/dead/{id}/replay", &["post"]),
        ("/v1/pauses", &["get"]),
        ("/v1/pauses/{scope}/{name}", &["delete", "put"]),
        ("/v1/queue", &["get"]),
        ("/v1/workers", &["get"]),
        ("/v1/workers/{worker}/drain", &["post"]),
        ("/v1/openapi.json", &["get"]),
        ("/healthz", &["get"]),
        ("/readyz", &["get"]),
        ("/metrics", &["get"]),
    ];
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(paths.len(), routes.len(), "{:?}", paths.keys());
    for (path, methods) in routes {
        let mut found: Vec<&String> = paths[path].as_object().expect("a path").keys().collect();
        found.sort();
        assert_eq!(found, methods, "{path}");
    }
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(!document["components"]["schemas"][name].is_null(), "{name} is referred to and absent");
    }
    server.stop().await;
}
