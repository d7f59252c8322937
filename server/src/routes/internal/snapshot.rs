//! A node reports all it has and gets its orders.

use axum::{Json, extract::State};
use yunke_protocol::{Orders, Snapshot};

use crate::{
    media_nodes::{current_orders, take_in},
    problem::ApiResult,
    routes::extract::Body,
    state::AppState,
};

pub(super) async fn snapshot(
    State(app): State<AppState>,
    Body(snapshot): Body<Snapshot>,
) -> ApiResult<Json<Orders>> {
    take_in(&app, snapshot).await;
    Ok(Json(current_orders(&app).await?))
}
