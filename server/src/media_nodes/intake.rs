//! Snapshots, taken in: an older one is ignored, what has to last is stored, everybody is told.

use std::sync::Arc;

use uuid::Uuid;
use yunke_protocol::{Phase, Snapshot};
use yunke_store::MediaReport;

use super::{
    MediaNodes, MediaView,
    stored::{Stored, report},
};
use crate::problem::source_chain;

impl MediaNodes {
    /// Takes a snapshot in.
    pub async fn take_in(&self, snapshot: Snapshot) {
        if snapshot.node != self.core().config.media.node {
            tracing::warn!(node = snapshot.node, "snapshot of a node that is not configured");
            return;
        }
        let now = self.core().source.now();
        let version = snapshot.version;
        let fresh = self.0.view.send_if_modified(|view| {
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
            self.0.deliveries.offer(&snapshot, now);
            self.store(&snapshot, now).await;
        }
    }

    async fn store(&self, snapshot: &Snapshot, now: i64) {
        let mut stored = self.0.stored.lock().await;
        let news: Vec<(Uuid, Stored, MediaReport)> = snapshot
            .lessons
            .iter()
            .filter(|lesson| lesson.phase != Phase::Rehearsal)
            .filter_map(|lesson| {
                let state = Stored::of(lesson);
                (stored.get(&lesson.lesson) != Some(&state)).then(|| (lesson.lesson, state, report(lesson)))
            })
            .collect();
        if news.is_empty() {
            return;
        }
        let reports: Vec<MediaReport> = news.iter().map(|(_, _, report)| report.clone()).collect();
        let version = i64::try_from(snapshot.version).unwrap_or(i64::MAX);
        match self.core().store.store_media(&snapshot.node, snapshot.boot, version, &reports, now).await {
            Ok(outcome) => {
                tracing::debug!(?outcome, lessons = reports.len(), "snapshot stored");
                for (lesson, state, _) in news {
                    stored.insert(lesson, state);
                    self.core().lesson_changed(lesson);
                    self.orders_changed();
                }
                // Lessons the node no longer has need no memory.
                stored.retain(|lesson, _| snapshot.lessons.iter().any(|told| told.lesson == *lesson));
            }
            // The next snapshot tries again: nothing was remembered.
            Err(error) => tracing::error!(error = source_chain(&error), "snapshot not stored"),
        }
    }
}
