//! `PUT` and `DELETE /api/console/library/series/{id}/cover`.

use axum::{Json, extract::State, http::StatusCode};
use yunke_store::Poster;

use super::series::{ConsoleSeriesDetail, answer};
use crate::{
    auth::{SeriesScope, Viewer},
    picture,
    problem::{ApiResult, Problem},
    routes::extract::Upload,
    state::AppState,
};

/// Takes a picture as the cover: JPEG or PNG, at most 2 MB and 4096 pixels a side. The page sends 1280 at most.
#[utoipa::path(put, path = "/api/console/library/series/{series_id}/cover", tag = "console", params(("series_id" = uuid::Uuid, Path)),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = OK, body = ConsoleSeriesDetail), (status = UNSUPPORTED_MEDIA_TYPE, description = "picture_unknown"),
              (status = UNPROCESSABLE_ENTITY, description = "picture_too_large")))]
pub(super) async fn put(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
    Upload(file): Upload,
) -> ApiResult<Json<ConsoleSeriesDetail>> {
    let picture = picture::look(&file).ok_or_else(|| {
        let sentence = "This is neither a JPEG nor a PNG picture, or not a whole one.";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "picture_unknown", sentence)
    })?;
    if picture.width.max(picture.height) > picture::SIDE_MAX {
        let sentence = format!("A picture may have at most {} pixels a side.", picture::SIDE_MAX);
        return Err(Problem::field("file", "picture_too_large", sentence).with("limit", picture::SIDE_MAX));
    }
    let cover = Poster { kind: picture.kind, bytes: file.into() };
    app.store.set_cover(scope.series.id, Some(cover), viewer.user.id, app.source.now()).await?;
    answer(&app, scope.series.id).await
}

/// Takes the cover away.
#[utoipa::path(delete, path = "/api/console/library/series/{series_id}/cover", tag = "console", params(("series_id" = uuid::Uuid, Path)),
    responses((status = OK, body = ConsoleSeriesDetail)))]
pub(super) async fn remove(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
) -> ApiResult<Json<ConsoleSeriesDetail>> {
    app.store.set_cover(scope.series.id, None, viewer.user.id, app.source.now()).await?;
    answer(&app, scope.series.id).await
}
