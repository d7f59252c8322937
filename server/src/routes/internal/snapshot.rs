//! A node reports all it has and gets its orders.

use axum::{Json, extract::State};
use yunke_protocol::{Orders, Snapshot};

use crate::{problem::ApiResult, routes::extract::Body, state::AppState};

pub(super) async fn snapshot(
    State(app): State<AppState>,
    Body(snapshot): Body<Snapshot>,
) -> ApiResult<Json<Orders>> {
    app.media.take_in(snapshot).await;
    Ok(Json(app.media.current_orders().await?))
}
