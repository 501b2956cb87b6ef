//! JSON Schema (draft 2020-12) of what callers in other languages read and write, generated from the types.

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::job::Job;
use crate::outcome::JobResult;
use crate::store::{JobView, ResultEvent, ResultPage};
use crate::wire;

/// Version of what the API answers: the `v1` of its paths.
const API: u16 = 1;
/// How OpenAPI refers to a type, and how a document that stands alone does.
const REFERENCES: [&str; 2] = ["#/components/schemas/", "#/$defs/"];

/// One published document.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// Its name, for example `envelope`.
    pub name: &'static str,
    /// Version of what it describes; within a version only optional fields are added.
    pub version: u16,
    /// What it describes, in one line.
    pub title: &'static str,
    schema: fn() -> Value,
}

/// Every document, in the order in which a job meets them.
pub const DOCUMENTS: [Document; 5] = [
    Document {
        name: "envelope",
        version: wire::SCHEMA,
        title: "A job as it waits in the queue: what the submit script takes",
        schema: envelope,
    },
    Document {
        name: "job",
        version: API,
        title: "A job and where it stands: what GET /v1/jobs/{id} answers",
        schema: alone::<JobView>,
    },
    Document {
        name: "event",
        version: API,
        title: "A settled job, as the results of a session tell it",
        schema: alone::<ResultEvent>,
    },
    Document {
        name: "page",
        version: API,
        title: "Settled jobs and complete batches: what GET /v1/sessions/{session}/results answers",
        schema: alone::<ResultPage>,
    },
    Document {
        name: "result",
        version: API,
        title: "What the tasks of a job answered: the result of a job and of an event",
        schema: alone::<JobResult>,
    },
];

impl Document {
    /// The file it is published in, for example `envelope.v1.json`.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}.v{}.json", self.name, self.version)
    }

    /// The document as JSON; it refers to nothing outside itself.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut document = (self.schema)();
        document["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        document["$id"] = json!(format!("urn:gradphoto:{}:{}", self.name, self.version));
        document["title"] = json!(self.title);
        document
    }

    /// The document as it is published.
    #[must_use]
    pub fn text(&self) -> String {
        let text = serde_json::to_string_pretty(&self.json()).expect("a JSON value is written as it is");
        format!("{text}\n")
    }
}

/// A job's schema with the version of the envelope, as [`wire::encode`] writes them: in one object.
fn envelope() -> Value {
    let mut document = alone::<Job>();
    document["description"] = json!(
        "Readers ignore fields that they do not know. A version that they do not know goes back to the queue \
         untouched."
    );
    document["properties"]["schema"] = json!({
        "type": "integer",
        "enum": (1..=wire::SCHEMA).collect::<Vec<_>>(),
        "description": "Version of the envelope: the lowest that says all of the job.",
    });
    let required = document["required"].as_array_mut().expect("a job has fields that must be there");
    required.insert(0, json!("schema"));
    document
}

/// The schema of a type, with those of all types that it names.
fn alone<T: ToSchema>() -> Value {
    let mut named = Vec::new();
    T::schemas(&mut named);
    let mut document = plain(&T::schema());
    for (name, schema) in &named {
        document["$defs"][name] = plain(schema);
    }
    document
}

fn plain(schema: &RefOr<Schema>) -> Value {
    let mut value = serde_json::to_value(schema).expect("a schema is plain data");
    refer_within(&mut value);
    value
}

/// Turns references into the OpenAPI document into references within this one.
fn refer_within(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let target = field.as_str().filter(|_| name == "$ref").and_then(|to| to.strip_prefix(REFERENCES[0]));
                match target.map(|to| format!("{}{to}", REFERENCES[1])) {
                    Some(within) => *field = Value::String(within),
                    None => refer_within(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(refer_within),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_to_a_definition_of_the_same_document() {
        for document in DOCUMENTS {
            let json = document.json();
            let text = json.to_string();
            assert!(!text.contains(REFERENCES[0]), "{}: {text}", document.name);
            let mut references = 0;
            for target in text.split("\"$ref\":\"#").skip(1) {
                let pointer = target.split('"').next().expect("a split has a first part");
                assert!(json.pointer(pointer).is_some(), "{}: {pointer}", document.name);
                references += 1;
            }
            assert!(references > 0, "{} names no type", document.name);
        }
    }
}
