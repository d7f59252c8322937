//! `PUT` and `DELETE /api/console/library/episodes/{id}/transcript`: what is said, to read along.

use axum::{Json, extract::State};
use yunke_catalogue::transcript::{self, Transcript, TranscriptError};
use yunke_protocol::AudioFacts;

use super::series::{ConsoleSeriesDetail, answer};
use crate::{
    auth::{EpisodeScope, Viewer},
    problem::{ApiResult, Problem},
    routes::{
        extract::Upload,
        library::{CueView, TranscriptView},
    },
    state::AppState,
};

impl From<TranscriptError> for Problem {
    fn from(error: TranscriptError) -> Self {
        let mut sentence = error.to_string();
        sentence.push('.');
        let problem = Self::field("file", error.code(), sentence);
        match error.line() {
            Some(line) => problem.with("line", line),
            None => problem,
        }
    }
}

/// Takes a transcript in place of the one there is: `WebVTT`, `SubRip`, LRC or plain text, in UTF-8, UTF-16 or GB18030, at most 2 MB.
/// Its times are those of the file that was sent: what was cut off in front is taken into account.
#[utoipa::path(put, path = "/api/console/library/episodes/{episode_id}/transcript", tag = "console",
    params(("episode_id" = uuid::Uuid, Path)), request_body(content = String, content_type = "text/vtt"),
    responses((status = OK, body = ConsoleSeriesDetail),
              (status = UNPROCESSABLE_ENTITY, description = "transcript_coding, transcript_empty, transcript_time, \
                                                             transcript_reversed, transcript_long, transcript_too_many")))]
pub(super) async fn put(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
    Upload(file): Upload,
) -> ApiResult<Json<ConsoleSeriesDetail>> {
    let heard = scope.episode.heard();
    let facts = match heard {
        Some(version) => app.store.version_facts(version.id).await?,
        None => None,
    };
    let cut_ms = facts
        .and_then(|facts| serde_json::from_str::<AudioFacts>(&facts).ok())
        .map_or(0, |facts| facts.trimmed_start_ms);
    let length_ms = heard.and_then(|version| version.length_ms);
    // Two megabytes are read in some milliseconds; still not on a thread that serves other requests.
    let read = tokio::task::spawn_blocking(move || {
        let Transcript { timed, mut cues } = transcript::read(&file)?;
        if timed && cut_ms > 0 {
            cues = transcript::shift(cues, -cut_ms);
        }
        if let Some(length_ms) = length_ms.filter(|_| timed) {
            cues = transcript::within(cues, length_ms);
        }
        if cues.is_empty() {
            return Err(TranscriptError::Empty);
        }
        let cues =
            cues.into_iter().map(|cue| CueView { from_ms: cue.from_ms, to_ms: cue.to_ms, text: cue.text });
        Ok(TranscriptView { cues: cues.collect(), untimed: !timed })
    });
    let view = read.await.map_err(Problem::internal)??;
    let text = serde_json::to_string(&view).map_err(Problem::internal)?;
    let (episode, now) = (scope.episode.id, app.source.now());
    app.store.set_episode_transcript(episode, Some(text), viewer.user.id, now).await?;
    answer(&app, scope.series.id).await
}

/// Takes the transcript away.
#[utoipa::path(delete, path = "/api/console/library/episodes/{episode_id}/transcript", tag = "console",
    params(("episode_id" = uuid::Uuid, Path)), responses((status = OK, body = ConsoleSeriesDetail)))]
pub(super) async fn remove(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
) -> ApiResult<Json<ConsoleSeriesDetail>> {
    app.store.set_episode_transcript(scope.episode.id, None, viewer.user.id, app.source.now()).await?;
    answer(&app, scope.series.id).await
}
