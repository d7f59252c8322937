//! Puts the steady clock right when the wall clock was set, once nothing is measured by it: no lesson live, nobody publishing,
//! no beats for a while. Until then what is under way goes on as if nothing had happened.

use std::time::Duration;

use yunke_protocol::Phase;
use yunke_store::{ClockChange, LessonFilter, LessonPhase, Page, RunClock, StoreResult};

use crate::{problem::source_chain, state::AppState};

/// How often the two clocks are compared.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Below this nobody notices; a clock that NTP disciplines stays far below.
const TOLERANCE_MS: i64 = 1_000;

/// A wall clock that is still being set differs by more than this from one look to the next.
const SETTLED_MS: i64 = 100;

/// Compares until the server stops.
pub async fn watch_clock(app: AppState) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut seen = None;
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = look(&app, &mut seen).await {
            tracing::error!(error = source_chain(&error), "the clock could not be put right; tried again");
        }
    }
}

/// One look; `seen` is by how much the wall clock was off at the last one. True: the clock was put right.
pub async fn look(app: &AppState, seen: &mut Option<i64>) -> StoreResult<bool> {
    let off_ms = app.source.clock().off_ms();
    #[expect(clippy::cast_precision_loss, reason = "a metric")]
    metrics::gauge!("yunke_clock_off_seconds").set(off_ms as f64 / 1000.0);
    if off_ms.abs() < TOLERANCE_MS {
        *seen = None;
        return Ok(false);
    }
    if seen.is_none_or(|before| (before - off_ms).abs() > SETTLED_MS) {
        tracing::warn!(off_ms, "the wall clock was set; lessons go on by the clock of before");
        *seen = Some(off_ms);
        return Ok(false);
    }
    if !is_idle(app).await? {
        return Ok(false);
    }
    let (from, before) = (app.source.now(), app.source.run_clock());
    let clock = RunClock { anchor: before.anchor.saturating_add(off_ms), ..before };
    let change = ClockChange { from, to: from.saturating_add(off_ms), clock };
    app.store.change_clock(app.run_id, change).await?;
    app.source.clock().set_anchor(clock.anchor);
    app.media.clock_changed(off_ms);
    *seen = None;
    tracing::info!(off_ms, "the clock was put right");
    Ok(true)
}

/// Whether nothing is measured that a step could spoil.
async fn is_idle(app: &AppState) -> StoreResult<bool> {
    if !app.rooms.is_quiet() {
        return Ok(false);
    }
    let view = app.media.view();
    let live = |lesson: &yunke_protocol::LessonSnapshot| lesson.phase == Phase::Live;
    // Who was let in just now is in no snapshot yet.
    if view.lessons.values().any(live) || !app.media.published(app.source.now()).is_empty() {
        return Ok(false);
    }
    let live = LessonFilter { phases: vec![LessonPhase::Live], ..LessonFilter::default() };
    Ok(app.store.lessons(&live, Page { offset: 0, limit: 1 }).await?.is_empty())
}
