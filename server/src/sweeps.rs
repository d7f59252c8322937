//! What is swept away while the server runs: sessions, sockets and roles that are over.

use std::time::Duration;

use crate::{problem::source_chain, state::AppState};

/// People of one transaction while names are made ready to be found.
const NAMES_AT_ONCE: i64 = 1_000;

/// How often sessions that are over are removed.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// How often sockets of sessions that are over are looked for.
const SWEEP_SOCKETS_EVERY: Duration = Duration::from_secs(20);

/// Makes names ready to be found, once; then removes sessions and roles that are over.
pub(crate) async fn sessions(app: AppState) {
    // What an older version wrote has no keys to find and order people by yet.
    loop {
        match app.store.complete_names(NAMES_AT_ONCE).await {
            Ok(0) => break,
            Ok(people) => tracing::info!(people, "names were made ready to be found by pinyin"),
            Err(error) => {
                tracing::error!(error = source_chain(&error), "names could not be made ready to be found");
                break;
            }
        }
    }
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = app.store.sweep_sessions(app.source.now()).await {
            tracing::error!(error = source_chain(&error), "old sessions could not be removed");
        }
        if let Err(error) = app.store.end_roles(app.source.now()).await {
            tracing::error!(error = source_chain(&error), "roles that ended could not be taken away");
        }
    }
}

/// Ends the sockets of people who signed out elsewhere, or may no longer sign in.
pub(crate) async fn sockets(app: AppState) {
    let mut ticks = tokio::time::interval(SWEEP_SOCKETS_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = app.sockets.sweep(app.store.as_ref(), app.source.now()).await {
            tracing::warn!(
                error = source_chain(&error),
                "the sessions of open sockets could not be looked at"
            );
        }
    }
}
