//! `GET /api/lessons/{id}/replay`: what is shown of a replay, and its chapters.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{CaptionLanguage, CaptionsInfo, Chapter, Lesson, TextEnum as _, Trim};

use super::card::poster_url;
use crate::{
    auth::{LessonScope, May},
    problem::ApiResult,
    state::AppState,
};

/// A replay as it was edited. The recording itself is never changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayView {
    /// First position that is shown.
    in_ms: i64,
    /// First position that is not shown any more; null: it is shown to the end.
    out_ms: Option<i64>,
    /// Members do not see it.
    hidden: bool,
    /// Length of the lesson, uncut; null until it is known.
    length_ms: Option<i64>,
    /// In order of the timeline. Members see those of the stretch that is shown, and none of a hidden replay.
    chapters: Vec<ChapterView>,
    /// Captions there are, and none of a hidden replay for members.
    captions: Vec<CaptionsView>,
    /// Address of the poster; changes with it. Null: there is none.
    poster_url: Option<String>,
}

/// Captions of one language.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaptionsView {
    /// In which language.
    language: CaptionLanguage,
    /// How many captions.
    cues: i64,
    /// Their address; changes with them and with the trim.
    url: String,
}

/// A place of the timeline with a title.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChapterView {
    /// Its id.
    pub id: Uuid,
    /// Where it begins.
    pub at_ms: i64,
    /// Its title.
    pub title: String,
    /// Made by the booth when the slide changed, not by hand.
    pub from_slides: bool,
}

impl From<Chapter> for ChapterView {
    fn from(chapter: Chapter) -> Self {
        let Chapter { id, at_ms, title, from_slides } = chapter;
        Self { id, at_ms, title, from_slides }
    }
}

/// The edit of a lesson's replay, for somebody who may see it like that.
pub async fn replay_of(app: &AppState, lesson: &Lesson, may: May) -> ApiResult<ReplayView> {
    let Trim { in_ms, out_ms } = lesson.trim();
    let hidden = lesson.is_hidden();
    let mut chapters = app.store.chapters(lesson.id).await?;
    if !may.run {
        let shown = in_ms..out_ms.unwrap_or(i64::MAX);
        chapters.retain(|chapter| !hidden && shown.contains(&chapter.at_ms));
    }
    let chapters = chapters.into_iter().map(ChapterView::from).collect();
    let mut captions = app.store.captions(lesson.id).await?;
    captions.retain(|_| may.run || !hidden);
    let captions = captions
        .into_iter()
        .map(|CaptionsInfo { language, cues, changed_at }| {
            let (word, edit) = (language.as_str(), lesson.edits.len());
            let url = format!("/api/lessons/{}/captions/{word}?v={changed_at}-{edit}", lesson.id);
            CaptionsView { language, cues, url }
        })
        .collect();
    let poster_url = poster_url(lesson.id, lesson.poster_at);
    Ok(ReplayView { in_ms, out_ms, hidden, length_ms: lesson.length_ms, chapters, captions, poster_url })
}

/// What is shown of a replay, and its chapters.
#[utoipa::path(get, path = "/api/lessons/{id}/replay", tag = "lessons", params(("id" = Uuid, Path)),
    responses((status = OK, body = ReplayView)))]
pub(super) async fn replay(State(app): State<AppState>, scope: LessonScope) -> ApiResult<Json<ReplayView>> {
    replay_of(&app, &scope.lesson, scope.may).await.map(Json)
}
