//! `GET /api/openapi.json`: the document the web client is generated from.

use std::sync::LazyLock;

use axum::Json;
use utoipa::{
    OpenApi as _,
    openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder, path::Operation},
};

use crate::problem::ProblemBody;

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

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(document);

pub(super) fn base() -> OpenApi {
    Base::openapi()
}

/// The document, complete.
pub fn document() -> OpenApi {
    let mut document = super::api().into_openapi();
    for (path, item) in &mut document.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
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
    document
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

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "system", responses((status = OK, description = "OpenAPI 3.1")))]
pub(super) async fn openapi() -> Json<&'static OpenApi> {
    Json(&DOCUMENT)
}
