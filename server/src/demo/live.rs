//! The lesson that is live now: a new one at every start; the one of the last start becomes a replay.

use uuid::Uuid;
use yunke_store::{LessonFilter, LessonPhase, Page};

use super::{
    people::{LIVE_SUMMARY, LIVE_TITLE},
    seed::{Cast, plan},
};
use crate::{lesson_run, problem::Problem, state::AppState};

/// The planned length, in minutes.
const MINUTES: i64 = 60;

/// Lessons of the last starts that are looked at.
const LAST: Page = Page { offset: 0, limit: 100 };

/// The lesson, and the key to publish into it.
pub(super) struct Live {
    pub(super) lesson: Uuid,
    pub(super) key: String,
}

/// Ends what the last start left, and makes a new lesson with a key.
pub(super) async fn prepare(app: &AppState, cast: &Cast) -> anyhow::Result<Live> {
    let mine = LessonFilter { lecturer_id: Some(cast.lecturer), ..LessonFilter::default() };
    let live = LessonFilter { phases: vec![LessonPhase::Live], ..mine.clone() };
    for old in app.store.lessons(&live, LAST).await? {
        lesson_run::end(app, old.id, None).await.map_err(explain)?;
    }
    let planned = LessonFilter { phases: vec![LessonPhase::Planned], ..mine };
    let unused =
        app.store.lessons(&planned, LAST).await?.into_iter().find(|lesson| lesson.title == LIVE_TITLE);
    let lesson = match unused {
        Some(lesson) => lesson.id,
        None => plan(app, cast, LIVE_TITLE, LIVE_SUMMARY, app.source.now(), MINUTES).await?,
    };
    let key = lesson_run::new_key(app, lesson, None).await.map_err(explain)?;
    Ok(Live { lesson, key })
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn explain(problem: Problem) -> anyhow::Error {
    anyhow::anyhow!("{}", problem.code())
}

/// Does what the lecturer does: waits for the picture, then starts the lesson.
pub(super) async fn start_when_picture_arrives(app: AppState, lesson: Uuid) {
    let mut news = app.media.subscribe();
    loop {
        let told = app.media.lesson(lesson, app.source.now());
        let seen = told.and_then(|told| told.publisher).is_some_and(|publisher| publisher.video.is_some());
        if seen && start(&app, lesson).await {
            tracing::info!("the demo's lesson is live");
            return;
        }
        tokio::select! {
            () = app.stopping.cancelled() => return,
            changed = news.changed() => if changed.is_err() { return },
        }
    }
}

async fn start(app: &AppState, lesson: Uuid) -> bool {
    match app.store.lesson(lesson).await {
        Ok(Some(lesson)) => lesson_run::start(app, &lesson, None).await.is_ok(),
        Ok(None) => true,
        Err(_) => false,
    }
}
