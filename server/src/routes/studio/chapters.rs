//! `…/chapters`: positions of the timeline with a title, by hand or by the booth while the lesson runs.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{
    CHAPTERS_MAX, Chapter, ChapterChange, ChapterOutcome, Lesson, LessonMillis, LessonPhase, NewChapter,
};

use crate::{
    auth::{LessonScope, Viewer},
    lesson_run::wrong_phase,
    problem::{ApiResult, Problem},
    routes::{
        extract::{Body, Path},
        lessons::replay::ChapterView,
        text,
    },
    state::AppState,
};

/// A chapter to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChapterIn {
    /// 1 to 100 characters.
    title: String,
    /// Where it begins; left out while the lesson is live: now.
    at_ms: Option<i64>,
    /// The slide changed; such a chapter replaces one made so less than 3 s before it.
    #[serde(default)]
    from_slides: bool,
}

/// A change of a chapter; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChapterEdit {
    /// 1 to 100 characters.
    title: Option<String>,
    /// Where it begins.
    at_ms: Option<i64>,
}

/// Which chapter.
#[derive(Debug, Deserialize)]
pub(super) struct ChapterPath {
    chapter_id: Uuid,
}

/// Adds a chapter to a lesson that is live or over.
#[utoipa::path(post, path = "/api/studio/lessons/{id}/chapters", tag = "studio", params(("id" = Uuid, Path)),
    request_body = ChapterIn,
    responses((status = OK, body = ChapterView),
              (status = CONFLICT, description = "wrong_phase, chapter_there, too_many_chapters"),
              (status = UNPROCESSABLE_ENTITY, description = "position_outside, text_empty, text_too_long")))]
pub(super) async fn add(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Body(wish): Body<ChapterIn>,
) -> ApiResult<Json<ChapterView>> {
    let lesson = &scope.lesson;
    let now_ms = end_of(&app, lesson)?;
    let at_ms = match wish.at_ms {
        Some(at_ms) => inside(at_ms, now_ms)?,
        None if lesson.phase == LessonPhase::Live => now_ms,
        None => return Err(Problem::field("at_ms", "position_outside", "A lesson that is over has no now.")),
    };
    let title = text::name("title", &wish.title)?;
    let chapter = Chapter { id: app.source.id(), at_ms, title, from_slides: wish.from_slides };
    let new = NewChapter {
        lesson_id: lesson.id,
        chapter: chapter.clone(),
        actor_id: viewer.user.id,
        at: app.source.now(),
    };
    done(app.store.add_chapter(new).await?)?;
    Ok(Json(chapter.into()))
}

/// Changes a chapter; answers with all of them.
#[utoipa::path(patch, path = "/api/studio/lessons/{id}/chapters/{chapter_id}", tag = "studio",
    params(("id" = Uuid, Path), ("chapter_id" = Uuid, Path)), request_body = ChapterEdit,
    responses((status = OK, body = Vec<ChapterView>), (status = CONFLICT, description = "chapter_there")))]
pub(super) async fn edit(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(place): Path<ChapterPath>,
    Body(wish): Body<ChapterEdit>,
) -> ApiResult<Json<Vec<ChapterView>>> {
    let lesson = &scope.lesson;
    let at_ms = match wish.at_ms {
        Some(at_ms) => Some(inside(at_ms, end_of(&app, lesson)?)?),
        None => None,
    };
    let title = wish.title.map(|title| text::name("title", &title)).transpose()?;
    let (actor_id, at) = (viewer.user.id, app.source.now());
    done(
        app.store
            .change_chapter(ChapterChange {
                lesson_id: lesson.id,
                id: place.chapter_id,
                at_ms,
                title,
                actor_id,
                at,
            })
            .await?,
    )?;
    all(&app, lesson).await
}

/// Removes a chapter; answers with those that are left.
#[utoipa::path(delete, path = "/api/studio/lessons/{id}/chapters/{chapter_id}", tag = "studio",
    params(("id" = Uuid, Path), ("chapter_id" = Uuid, Path)),
    responses((status = OK, body = Vec<ChapterView>)))]
pub(super) async fn remove(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(place): Path<ChapterPath>,
) -> ApiResult<Json<Vec<ChapterView>>> {
    let lesson = &scope.lesson;
    done(app.store.remove_chapter(lesson.id, place.chapter_id, viewer.user.id, app.source.now()).await?)?;
    all(&app, lesson).await
}

async fn all(app: &AppState, lesson: &Lesson) -> ApiResult<Json<Vec<ChapterView>>> {
    Ok(Json(app.store.chapters(lesson.id).await?.into_iter().map(ChapterView::from).collect()))
}

/// The last position there is; of a live lesson, now.
fn end_of(app: &AppState, lesson: &Lesson) -> ApiResult<LessonMillis> {
    let now = app.source.now();
    let facts = app.media.facts(lesson, now);
    let since_zero = |until: i64| facts.zero_at.map_or(0, |zero_at| (until - zero_at).max(0));
    match lesson.phase {
        LessonPhase::Live => Ok(since_zero(now)),
        LessonPhase::Ended => {
            Ok(lesson.length_ms.unwrap_or_else(|| since_zero(lesson.ended_at.unwrap_or(now))))
        }
        LessonPhase::Planned | LessonPhase::Cancelled => Err(wrong_phase(lesson.phase)),
    }
}

fn inside(at_ms: LessonMillis, end_ms: LessonMillis) -> ApiResult<LessonMillis> {
    if (0..=end_ms).contains(&at_ms) {
        return Ok(at_ms);
    }
    let sentence = format!("at_ms lies outside of the lesson, which reaches from 0 to {end_ms} ms.");
    Err(Problem::field("at_ms", "position_outside", sentence).with("limit", end_ms))
}

fn done(outcome: ChapterOutcome) -> ApiResult<()> {
    match outcome {
        ChapterOutcome::Done => Ok(()),
        ChapterOutcome::NotFound => Err(Problem::not_found()),
        ChapterOutcome::Taken => {
            Err(Problem::conflict("chapter_there", "Another chapter begins at the same position."))
        }
        ChapterOutcome::Full => {
            let sentence = format!("A lesson has at most {CHAPTERS_MAX} chapters.");
            Err(Problem::conflict("too_many_chapters", sentence))
        }
    }
}
