//! The lecturer's side: the incoming picture, the stream key, start and end, what members ask, and the replay
//! afterwards.

mod booth;
mod captions;
mod chapters;
mod doors;
mod fills;
mod key;
mod list;
mod mp4;
mod phase;
mod phone;
mod poster;
mod preview;
mod replay;
mod talk;
mod view;

pub(super) use talk::Talk;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{routes::extract::uploads, state::AppState};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    let files = OpenApiRouter::new()
        .routes(routes!(captions::put, captions::remove))
        .routes(routes!(poster::put, poster::remove))
        .layer(uploads());
    OpenApiRouter::new()
        .merge(files)
        .routes(routes!(list::lessons))
        .routes(routes!(view::lesson))
        .routes(routes!(key::rotate, key::revoke))
        .routes(routes!(booth::open))
        .routes(routes!(preview::preview))
        .routes(routes!(phase::start))
        .routes(routes!(phase::end))
        .routes(routes!(replay::trim))
        .routes(routes!(replay::hidden))
        .routes(routes!(chapters::add))
        .routes(routes!(chapters::edit, chapters::remove))
        .routes(routes!(fills::list))
        .routes(routes!(fills::plan))
        .routes(routes!(fills::shift))
        .routes(routes!(fills::withdraw))
        .routes(routes!(mp4::status))
        .routes(routes!(mp4::make))
        .routes(routes!(mp4::file))
        .routes(routes!(talk::talk))
        .routes(routes!(talk::settle))
        .routes(routes!(talk::read))
}
