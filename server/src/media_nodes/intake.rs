//! Snapshots, taken in: an older one is ignored, what has to last is stored, everybody is told.

use std::sync::Arc;

use uuid::Uuid;
use yunke_protocol::{LessonSnapshot, Phase, Snapshot};
use yunke_store::{Interval, MediaReport};

use super::MediaView;
use crate::state::AppState;

/// What of a lesson is in the store, as far as this process knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    zero_at: Option<i64>,
    gaps: usize,
    last_gap_ends_ms: i64,
    length_ms: Option<i64>,
    replay_ready: bool,
}

/// Takes a snapshot in.
pub async fn take_in(app: &AppState, snapshot: Snapshot) {
    if snapshot.node != app.config.media.node {
        tracing::warn!(node = snapshot.node, "snapshot of a node that is not configured");
        return;
    }
    let now = app.source.now();
    let version = snapshot.version;
    let fresh = app.media.0.view.send_if_modified(|view| {
        if view.boot == snapshot.boot && view.version >= version {
            return false;
        }
        let lessons = snapshot.lessons.iter().map(|lesson| (lesson.lesson, lesson.clone())).collect();
        let told = snapshot.replays.iter().flatten();
        let replays = told.map(|replay| (replay.lesson, replay.deliveries.clone())).collect();
        let Snapshot { boot, taken_at, .. } = snapshot;
        *view = Arc::new(MediaView { boot, version, taken_at, received_at: now, lessons, replays });
        true
    });
    if fresh {
        app.media.0.deliveries.offer(&snapshot, now);
        store(app, &snapshot, now).await;
    }
}

async fn store(app: &AppState, snapshot: &Snapshot, now: i64) {
    let mut stored = app.media.0.stored.lock().await;
    let news: Vec<(Uuid, Stored, MediaReport)> = snapshot
        .lessons
        .iter()
        .filter(|lesson| lesson.phase != Phase::Rehearsal)
        .filter_map(|lesson| {
            let state = state_of(lesson);
            (stored.get(&lesson.lesson) != Some(&state)).then(|| (lesson.lesson, state, report(lesson)))
        })
        .collect();
    if news.is_empty() {
        return;
    }
    let reports: Vec<MediaReport> = news.iter().map(|(_, _, report)| report.clone()).collect();
    let version = i64::try_from(snapshot.version).unwrap_or(i64::MAX);
    match app.store.store_media(&snapshot.node, snapshot.boot, version, &reports, now).await {
        Ok(outcome) => {
            tracing::debug!(?outcome, lessons = reports.len(), "snapshot stored");
            for (lesson, state, _) in news {
                stored.insert(lesson, state);
                app.lesson_changed(lesson);
            }
            // Lessons the node no longer has need no memory.
            stored.retain(|lesson, _| snapshot.lessons.iter().any(|told| told.lesson == *lesson));
        }
        // The next snapshot tries again: nothing was remembered.
        Err(error) => tracing::error!(error = crate::problem::source_chain(&error), "snapshot not stored"),
    }
}

fn length(lesson: &LessonSnapshot) -> Option<i64> {
    lesson.edge_ms.filter(|_| lesson.phase == Phase::Ended)
}

fn state_of(lesson: &LessonSnapshot) -> Stored {
    Stored {
        zero_at: lesson.zero_at,
        gaps: lesson.gaps.len(),
        last_gap_ends_ms: lesson.gaps.last().map_or(0, |gap| gap.to_ms),
        length_ms: length(lesson),
        replay_ready: lesson.replay_ready,
    }
}

fn report(lesson: &LessonSnapshot) -> MediaReport {
    MediaReport {
        lesson_id: lesson.lesson,
        zero_at: lesson.zero_at,
        edge_ms: lesson.edge_ms.unwrap_or(0),
        gaps: lesson.gaps.iter().map(|gap| Interval { from: gap.from_ms, to: gap.to_ms }).collect(),
        length_ms: length(lesson),
        replay_ready: lesson.replay_ready,
    }
}
