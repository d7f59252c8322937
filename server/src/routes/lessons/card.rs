//! A lesson in a list, the same on the phone, in the studio and in the console.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{Lesson, LessonPhase, LessonSummary, UtcMillis};

use crate::{
    problem::ApiResult,
    room::{Progress, Standing},
    state::AppState,
};

/// A replay is ready the moment a lesson ends; one that is not after this many milliseconds will not come by
/// itself.
pub(in crate::routes) const COMING_MS: i64 = 10 * 60_000;

/// How it is with the replay of a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayStanding {
    /// The lesson is not over.
    Later,
    /// It is being finished.
    Coming,
    /// It can be played.
    Ready,
    /// It is there, and not open to members at present.
    Hidden,
    /// Nothing was recorded.
    None,
}

impl ReplayStanding {
    /// Of `lesson` at `now`; `ready`: as far as the store or a node knows.
    pub fn of(lesson: &Lesson, ready: bool, now: UtcMillis) -> Self {
        match lesson.ended_at.filter(|_| lesson.phase == LessonPhase::Ended) {
            None => Self::Later,
            Some(_) if ready && lesson.is_hidden() => Self::Hidden,
            Some(_) if ready => Self::Ready,
            Some(ended_at) if now - ended_at <= COMING_MS => Self::Coming,
            Some(_) => Self::None,
        }
    }
}

/// Whether there is a replay, or one may still come; one that is hidden may be opened again.
pub fn replay_to_come(lesson: &Lesson, ready: bool, now: UtcMillis) -> bool {
    use ReplayStanding::{Coming, Hidden, Later, None, Ready};
    match ReplayStanding::of(lesson, ready, now) {
        Coming | Ready | Hidden => true,
        Later | None => false,
    }
}

/// A lesson in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonCard {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Who gives it.
    pub lecturer_name: String,
    /// Which unit gives it.
    pub unit_name: String,
    /// UTC milliseconds.
    pub planned_start_at: i64,
    /// UTC milliseconds.
    pub planned_end_at: i64,
    /// Where it is in its life.
    pub phase: LessonPhase,
    /// UTC milliseconds.
    pub started_at: Option<i64>,
    /// Length of the replay.
    pub length_ms: Option<i64>,
    /// 在线
    pub viewers_now: u32,
    /// The replay can be played.
    pub replay_ready: bool,
    /// Address of the poster; changes with it. Null: there is none.
    pub poster_url: Option<String>,
    /// How far the person who asks is.
    pub my_progress: Option<Progress>,
}

/// Cards of lessons; with the progress of a member, if given.
pub async fn cards(
    app: &AppState,
    member: Option<&Standing<'_>>,
    lessons: Vec<LessonSummary>,
) -> ApiResult<Vec<LessonCard>> {
    let mut progress = HashMap::new();
    for lesson in &lessons {
        if let Some(member) = member
            && let Some(found) = member.with(lesson.id).await?
        {
            progress.insert(lesson.id, found);
        }
    }
    Ok(lessons
        .into_iter()
        .map(|lesson| LessonCard {
            viewers_now: app.rooms.counts(lesson.id).viewers_now,
            my_progress: progress.remove(&lesson.id),
            id: lesson.id,
            title: lesson.title,
            lecturer_name: lesson.lecturer_name,
            unit_name: lesson.unit_name,
            planned_start_at: lesson.planned_start_at,
            planned_end_at: lesson.planned_end_at,
            phase: lesson.phase,
            started_at: lesson.started_at,
            length_ms: lesson.length_ms,
            replay_ready: lesson.replay_ready,
            poster_url: poster_url(lesson.id, lesson.poster_at),
        })
        .collect())
}

/// The card of a whole lesson.
pub fn card(app: &AppState, lesson: &Lesson, my_progress: Option<Progress>) -> LessonCard {
    LessonCard {
        id: lesson.id,
        title: lesson.title.clone(),
        lecturer_name: lesson.lecturer_name.clone(),
        unit_name: lesson.unit.name.clone(),
        planned_start_at: lesson.planned_start_at,
        planned_end_at: lesson.planned_end_at,
        phase: lesson.phase,
        started_at: lesson.started_at,
        length_ms: lesson.length_ms,
        viewers_now: app.rooms.counts(lesson.id).viewers_now,
        replay_ready: lesson.replay_ready,
        poster_url: poster_url(lesson.id, lesson.poster_at),
        my_progress,
    }
}

/// The address of a poster; `v` lets browsers cache it.
pub fn poster_url(lesson: Uuid, poster_at: Option<UtcMillis>) -> Option<String> {
    poster_at.map(|at| format!("/api/lessons/{lesson}/poster?v={at}"))
}
