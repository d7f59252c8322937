//! How far somebody is with one lesson, with many, and what they earned in a year.

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;
use yunke_store::{Lesson, LessonPhase, Page, UtcMillis};

use super::RoomError;
use crate::{
    evidence::{Progress, Records, outages},
    problem::ApiResult,
    state::AppState,
};

/// Lessons one member can have followed in the time asked about.
const LESSONS: i64 = 5_000;

/// How far `user` is with `lesson`.
pub async fn progress_of(app: &AppState, user: Uuid, lesson: &Lesson) -> ApiResult<Option<Progress>> {
    if lesson.phase == LessonPhase::Cancelled {
        return Ok(None);
    }
    if let Some(room) = app.rooms.opened(lesson.id) {
        match room.progress(user).await {
            Ok(progress) => return Ok(Some(progress)),
            // It was just closing: the evidence says the same.
            Err(RoomError::Silent) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let now = app.source.now();
    let mut records = Records::new(app.store.clone(), Arc::new(lesson.clone()), now).await?;
    Ok(Some(records.progress(user).await?))
}

/// How far `user` is with those of `lessons` that they ever opened.
pub async fn progress_in(app: &AppState, user: Uuid, lessons: &[Uuid]) -> ApiResult<HashMap<Uuid, Progress>> {
    let mut found = HashMap::new();
    for id in opened(app, user, UtcMillis::MIN, UtcMillis::MAX).await? {
        if !lessons.contains(&id) {
            continue;
        }
        let Some(lesson) = app.store.lesson(id).await? else { continue };
        if let Some(progress) = progress_of(app, user, &lesson).await? {
            found.insert(id, progress);
        }
    }
    Ok(found)
}

/// Credit hours × 1000 that `user` earned with lessons planned to start in `[from, until)` that are over.
pub async fn hours_in(app: &AppState, user: Uuid, from: UtcMillis, until: UtcMillis) -> ApiResult<i64> {
    let now = app.source.now();
    let outages = outages(app.store.as_ref(), now).await?;
    let mut hours_milli = 0;
    for id in opened(app, user, from, until).await? {
        let Some(lesson) = app.store.lesson(id).await? else { continue };
        if lesson.phase == LessonPhase::Ended {
            let mut records =
                Records::with_outages(app.store.clone(), Arc::new(lesson), outages.clone(), now);
            hours_milli += records.progress(user).await?.hours_milli;
        }
    }
    Ok(hours_milli)
}

async fn opened(app: &AppState, user: Uuid, from: UtcMillis, until: UtcMillis) -> ApiResult<Vec<Uuid>> {
    let page = Page { offset: 0, limit: LESSONS };
    Ok(app.store.lessons_of_member(user, from, until, page).await?)
}
