//! `yunke serve --demo`: a centre to look at, with a lesson that is live now.
//!
//! Nothing here is a shortcut: the lesson is started by the lecturer's own code once the picture of a
//! real RTMP publisher has arrived. Accounts have fixed passwords, so a demo is for trying out only.

mod attended;
mod banner;
mod books;
mod library;
mod live;
mod people;
mod publisher;
mod recorded;
mod seed;

use std::net::SocketAddr;

use anyhow::Context as _;
use tokio_util::task::TaskTracker;

use crate::{config::Config, state::AppState};

/// The demo is for a phone in the same network, too.
pub fn open_to_the_network(config: &mut Config, listen_given: bool) {
    if !listen_given {
        config.http.listen.set_ip([0, 0, 0, 0].into());
        config.media.http.set_ip([0, 0, 0, 0].into());
    }
}

/// Seeds the data once, says how to get in, and starts the demo's publisher.
pub async fn start(app: &AppState, address: SocketAddr) -> anyhow::Result<()> {
    let cast = seed::ensure(app).await.context("the demo's data")?;
    let live = live::prepare(app, &cast).await.context("the demo's live lesson")?;
    banner::print(app, address, &live);
    let tasks: &TaskTracker = &app.tasks;
    tasks.spawn(library::fill(app.clone(), cast.clone()));
    tasks.spawn(publisher::keep_publishing(app.clone(), live.key.clone()));
    tasks.spawn(recorded::give_replays(app.clone(), cast.lecturer, live.lesson));
    tasks.spawn(live::start_when_picture_arrives(app.clone(), live.lesson));
    Ok(())
}
