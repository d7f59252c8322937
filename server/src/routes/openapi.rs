//! The OpenAPI document that the web client is generated from: its head, and what the routes do not say of themselves.

use utoipa::{
    OpenApi as _,
    openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder, Schema, path::Operation},
};

use crate::problem::ProblemBody;

/// Fields the server may leave out of an answer; all others are always there, perhaps as null.
const LEFT_OUT: [(&str, &str); 6] = [
    ("RoomState", "publisher"),
    ("RoomState", "refused"),
    ("RoomState", "waiting_for"),
    ("RoomState", "outage_since"),
    ("RoomState", "questions_open"),
    ("RoomState", "talk_revision"),
];

/// Bodies of clients: in these an optional field may be missing.
const SENT_BY_CLIENTS: [&str; 21] = [
    "ApplyRequest",
    "BeatIn",
    "ChapterEdit",
    "ChapterIn",
    "EpisodeEditRequest",
    "ExcuseRequest",
    "ExportJobRequest",
    "ImportOptions",
    "LessonEdit",
    "LessonPlan",
    "PersonEditRequest",
    "PersonRequest",
    "RoleRequest",
    "RulePreviewRequest",
    "RuleRequest",
    "RuleVersionRequest",
    "SeriesEditRequest",
    "SeriesRequest",
    "SignIn",
    "TrimIn",
    "UnitEditRequest",
];

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Yunke 云课",
        description = "Times are UTC milliseconds (`*_at`), durations and lesson positions milliseconds (`*_ms`), \
                       ids UUIDs. Errors are RFC 9457 problems with a stable `code`. See docs/API.md."
    ),
    components(schemas(ProblemBody))
)]
struct Base;

pub(super) fn base() -> OpenApi {
    Base::openapi()
}

/// The document of all routes, completed: ids of operations, fields that are always there, problems.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
                add_problem(operation);
            }
        }
    }
    if let Some(components) = &mut document.components {
        for (name, schema) in &mut components.schemas {
            if let RefOr::T(schema) = schema
                && !SENT_BY_CLIENTS.contains(&name.as_str())
            {
                require_all(name, schema);
            }
        }
    }
    document
}

/// Marks every field as required: a null is written, not left out.
fn require_all(name: &str, schema: &mut Schema) {
    match schema {
        Schema::Object(object) => {
            let left_out = |field: &str| LEFT_OUT.contains(&(name, field));
            object.required = object.properties.keys().filter(|field| !left_out(field)).cloned().collect();
        }
        Schema::AllOf(all) => {
            for part in &mut all.items {
                if let RefOr::T(part) = part {
                    require_all(name, part);
                }
            }
        }
        _ => {}
    }
}

/// `get_studio_lessons_by_id`: from method and path, so that no two are the same.
fn operation_id(method: &str, path: &str) -> String {
    path.trim_start_matches("/api/").split('/').fold(method.to_owned(), |mut id, segment| {
        id.push('_');
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(parameter) => {
                id.push_str("by_");
                id.push_str(parameter);
            }
            None => id.push_str(&segment.replace(['.', '-'], "_")),
        }
        id
    })
}

/// Every operation can answer with a problem.
fn add_problem(operation: &mut Operation) {
    let body = Content::new(Some(RefOr::Ref(Ref::from_schema_name("ProblemBody"))));
    let problem = ResponseBuilder::new()
        .description("A problem: what happened and what to do")
        .content("application/problem+json", body)
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(problem));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_always_there_is_said_to_be_and_what_is_not_is_not() {
        let document = serde_json::to_value(crate::routes::document()).expect("plain data");
        let schemas = &document["components"]["schemas"];
        let required = |schema: &serde_json::Value, field: &str| {
            let all = schema["required"].as_array().expect("a list");
            all.iter().any(|name| name == field)
        };
        assert!(required(&schemas["LeaseGrant"], "live_url"), "null before the lesson, not missing");
        assert!(required(&schemas["LessonDetail"]["allOf"][1], "zero_at"));
        for (name, field) in LEFT_OUT {
            let own = schemas[name]["allOf"].as_array().expect("flattened parts");
            let part = own.iter().find(|part| part["properties"][field].is_object()).expect("there is one");
            assert!(!required(part, field), "{name}.{field}");
        }
        for name in SENT_BY_CLIENTS {
            let fields = schemas[name]["properties"].as_object().expect("fields");
            assert!(
                fields.keys().any(|field| schemas[name]["required"]
                    .as_array()
                    .is_none_or(|all| !all.contains(&serde_json::json!(field)))),
                "{name} needs no exception"
            );
        }
        assert_eq!(schemas["Credit"]["enum"], serde_json::json!(["none", "half", "full"]));
    }
}
