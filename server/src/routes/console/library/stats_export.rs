//! What was heard of a series as a file.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use serde::Deserialize;
use utoipa::IntoParams;
use yunke_store::{AuditEntry, FiguresBy, FiguresRow, TextEnum as _};

use super::stats::{Span, Sums};
use crate::{
    auth::{SeriesScope, Viewer},
    calendar::local_day,
    exports::{
        ExportFormat, ExportPlace, ListenedRow, Listening, listening_disposition, listening_file, media_type,
    },
    problem::{ApiResult, Problem},
    routes::extract::Query,
    state::AppState,
};

/// Of which time, and the file format.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListeningWish {
    /// UTC milliseconds; all there is unless given.
    from: Option<i64>,
    /// UTC milliseconds, exclusive; until now unless given.
    until: Option<i64>,
    /// `xlsx` unless told otherwise.
    #[param(inline)]
    format: Option<ExportFormat>,
}

/// What was heard of a series as a file: its episodes, the branches, totals.
#[utoipa::path(get, path = "/api/console/library/series/{series_id}/stats/export", tag = "console",
    params(("series_id" = uuid::Uuid, Path), ListeningWish),
    responses((status = OK, description = "The file", content_type = "application/octet-stream"),
        (status = UNPROCESSABLE_ENTITY, description = "span_wrong"),
        (status = SERVICE_UNAVAILABLE, description = "busy: too many exports are under way")))]
pub(super) async fn export(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
    Query(ListeningWish { from, until, format }): Query<ListeningWish>,
) -> ApiResult<Response> {
    let format = format.unwrap_or(ExportFormat::Xlsx);
    let busy = || Problem::unavailable("busy", "Too many exports are under way. Try again in a moment.", 5);
    let place = ExportPlace::take().ok_or_else(busy)?;
    let series = &scope.series;
    let made_at = app.source.wall();
    let sums = Sums::of(&app, &viewer, Span { from, until }, Some(series.id), None).await?;
    let heard = sums.by_id(FiguresBy::Episode).await?;
    let episodes = scope.catalogue.episodes_of(series.id).iter().map(|episode| ListenedRow {
        number: episode.number,
        name: episode.title.clone(),
        heard: heard.get(&episode.id).copied().unwrap_or_default(),
    });
    let listening = Listening {
        title: series.title.clone(),
        from,
        until,
        made_at,
        episodes: episodes.collect(),
        branches: sums.by(FiguresBy::Branch).await?.into_iter().map(branch).collect(),
        total: sums.total().await?,
    };
    drop(sums);
    let entry = AuditEntry {
        at: app.source.now(),
        actor_id: Some(viewer.user.id),
        action: "series.export".to_owned(),
        subject_kind: "series".to_owned(),
        subject_id: series.id,
        detail: serde_json::json!({ "format": format, "from": from, "until": until }).to_string(),
    };
    app.store.audit(entry).await?;
    let file = tokio::task::spawn_blocking(move || listening_file(format, &listening)).await;
    let file = file.map_err(Problem::internal)??;
    drop(place);
    let name = listening_disposition(&series.title, &local_day(made_at), format.as_str());
    let mut response = Response::new(Body::from(file));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(format)));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(Problem::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// 站 / 支部: branches of two stations may have the same name.
fn branch(row: FiguresRow) -> ListenedRow {
    let name = match (row.parent, row.name) {
        (Some(parent), Some(name)) => format!("{parent} / {name}"),
        (None, Some(name)) => name,
        (_, None) => "不在支部".to_owned(),
    };
    ListenedRow { number: None, name, heard: row.heard }
}
