//! Who may call what: one line a route. `auth::authorize` enforces it; a route that is missing here is
//! closed, and a test calls every route of the OpenAPI document as every role and compares.

use axum::http::Method;

use crate::auth::Access::{
    self, Account, Anyone, LessonOrganize, LessonRun, LessonWatch, Organizer, PersonOrganize, SignedIn,
    Staff, UnitOrganize,
};

/// Method, path, access.
pub const TABLE: &[(Method, &str, Access)] = &[
    (Method::GET, "/api/openapi.json", Anyone),
    (Method::GET, "/api/setup", Anyone),
    (Method::POST, "/api/setup", Anyone),
    (Method::POST, "/api/session", Anyone),
    (Method::DELETE, "/api/session", Anyone),
    (Method::DELETE, "/api/sessions", Account),
    (Method::GET, "/api/me", Account),
    (Method::PUT, "/api/me/password", Account),
    (Method::GET, "/api/me/records", SignedIn),
    (Method::GET, "/api/home", SignedIn),
    (Method::GET, "/api/lessons/{id}", LessonWatch),
    (Method::GET, "/api/lessons/{id}/replay", LessonWatch),
    (Method::GET, "/api/lessons/{id}/captions/{language}", LessonWatch),
    (Method::GET, "/api/lessons/{id}/poster", LessonWatch),
    (Method::GET, "/api/lessons/{id}/questions", LessonWatch),
    (Method::POST, "/api/lessons/{id}/questions", LessonWatch),
    (Method::POST, "/api/lessons/{id}/leases", LessonWatch),
    (Method::GET, "/api/lessons/{id}/room", LessonWatch),
    (Method::POST, "/api/lessons/{id}/beats", LessonWatch),
    (Method::GET, "/api/lessons/{id}/progress", LessonWatch),
    (Method::GET, "/api/studio/lessons", Staff),
    (Method::GET, "/api/studio/lessons/{id}", LessonRun),
    (Method::POST, "/api/studio/lessons/{id}/key", LessonRun),
    (Method::DELETE, "/api/studio/lessons/{id}/key", LessonRun),
    (Method::POST, "/api/studio/lessons/{id}/booth", LessonRun),
    (Method::POST, "/api/studio/lessons/{id}/preview", LessonRun),
    (Method::POST, "/api/studio/lessons/{id}/start", LessonRun),
    (Method::POST, "/api/studio/lessons/{id}/end", LessonRun),
    (Method::GET, "/api/studio/lessons/{id}/talk", LessonRun),
    (Method::PUT, "/api/studio/lessons/{id}/questions/{question_id}", LessonRun),
    (Method::PUT, "/api/studio/lessons/{id}/notes/{note_id}/read", LessonRun),
    (Method::PUT, "/api/studio/lessons/{id}/replay/trim", LessonRun),
    (Method::PUT, "/api/studio/lessons/{id}/replay/hidden", LessonRun),
    (Method::PUT, "/api/studio/lessons/{id}/captions/{language}", LessonRun),
    (Method::DELETE, "/api/studio/lessons/{id}/captions/{language}", LessonRun),
    (Method::PUT, "/api/studio/lessons/{id}/poster", LessonRun),
    (Method::DELETE, "/api/studio/lessons/{id}/poster", LessonRun),
    (Method::POST, "/api/studio/lessons/{id}/chapters", LessonRun),
    (Method::PATCH, "/api/studio/lessons/{id}/chapters/{chapter_id}", LessonRun),
    (Method::DELETE, "/api/studio/lessons/{id}/chapters/{chapter_id}", LessonRun),
    (Method::GET, "/api/studio/lessons/{id}/mp4", LessonRun),
    (Method::POST, "/api/studio/lessons/{id}/mp4", LessonRun),
    (Method::GET, "/api/studio/lessons/{id}/mp4/file", LessonRun),
    (Method::GET, "/api/studio/lessons/{id}/fills", LessonRun),
    (Method::POST, "/api/studio/lessons/{id}/fills", LessonRun),
    (Method::PATCH, "/api/studio/lessons/{id}/fills/{fill_id}", LessonRun),
    (Method::DELETE, "/api/studio/lessons/{id}/fills/{fill_id}", LessonRun),
    (Method::GET, "/api/console/lessons", Organizer),
    (Method::POST, "/api/console/lessons", Organizer),
    (Method::PATCH, "/api/console/lessons/{id}", LessonOrganize),
    (Method::DELETE, "/api/console/lessons/{id}", LessonOrganize),
    (Method::GET, "/api/console/lessons/{id}/watching", LessonOrganize),
    (Method::POST, "/api/console/lessons/{id}/notes", LessonOrganize),
    (Method::GET, "/api/console/lessons/{id}/attendance", LessonOrganize),
    (Method::GET, "/api/console/lessons/{id}/attendance/{member_id}", LessonOrganize),
    (Method::GET, "/api/console/lessons/{id}/export", LessonOrganize),
    (Method::GET, "/api/console/units", Organizer),
    (Method::POST, "/api/console/units", Organizer),
    (Method::PATCH, "/api/console/units/{unit_id}", UnitOrganize),
    (Method::GET, "/api/console/people", Organizer),
    (Method::POST, "/api/console/people", Organizer),
    (Method::GET, "/api/console/roster", Organizer),
    (Method::GET, "/api/console/people/{person_id}", PersonOrganize),
    (Method::PATCH, "/api/console/people/{person_id}", PersonOrganize),
    (Method::PUT, "/api/console/people/{person_id}/disabled", PersonOrganize),
    (Method::POST, "/api/console/people/{person_id}/password", PersonOrganize),
];

/// The entry of a route.
pub fn of(method: &Method, path: &str) -> Option<Access> {
    TABLE.iter().find(|(m, p, _)| m == method && *p == path).map(|(_, _, access)| *access)
}
