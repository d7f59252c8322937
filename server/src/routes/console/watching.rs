//! `GET /api/console/lessons/{id}/watching`: who is watching now, by branch and person.

use std::collections::HashMap;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{BeatMode, LeaseDevice};

use crate::{
    auth::{LessonScope, Viewer},
    problem::ApiResult,
    room::{Counts, Present},
    state::AppState,
};

/// Who is there now. The counts are of the whole lesson, the people those of the organizer's part of the tree.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Watching {
    #[serde(flatten)]
    counts: Counts,
    branches: Vec<WatchingBranch>,
}

/// The people of one branch; `null`: without a branch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WatchingBranch {
    branch_id: Option<Uuid>,
    branch_name: Option<String>,
    people: Vec<WatchingPerson>,
}

/// Somebody who is there.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WatchingPerson {
    member_id: Uuid,
    name: String,
    counted_ms: i64,
    device: Option<LeaseDevice>,
    mode: Option<BeatMode>,
}

/// Who watches a lesson now.
#[utoipa::path(get, path = "/api/console/lessons/{id}/watching", tag = "console",
    params(("id" = uuid::Uuid, Path)), responses((status = OK, body = Watching)))]
pub(super) async fn watching(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
) -> ApiResult<Json<Watching>> {
    let room = app.rooms.room(scope.lesson.id).await?;
    let present: HashMap<Uuid, Present> =
        room.present().await?.into_iter().map(|person| (person.user, person)).collect();
    let paths = viewer.overseen_paths();
    let attendees = app.store.attendees(scope.lesson.id, Some(&paths)).await?;
    let mut branches: Vec<WatchingBranch> = Vec::new();
    // Attendees come ordered by branch.
    for attendee in attendees {
        let Some(person) = present.get(&attendee.user_id) else { continue };
        let (branch_id, branch_name) = attendee.branch.unzip();
        if branches.last().is_none_or(|last| last.branch_id != branch_id) {
            branches.push(WatchingBranch { branch_id, branch_name, people: Vec::new() });
        }
        if let Some(branch) = branches.last_mut() {
            branch.people.push(WatchingPerson {
                member_id: attendee.user_id,
                name: attendee.name,
                counted_ms: person.counted_ms,
                device: person.last.map(|last| last.device),
                mode: person.last.map(|last| last.mode),
            });
        }
    }
    Ok(Json(Watching { counts: room.frame().state.counts, branches }))
}
