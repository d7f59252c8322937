//! Cases of what media needs and tells.

use uuid::Uuid;

use super::{NOW, id, lessons::go, planned, town};
use crate::{EditOutcome, Interval, LessonPhase, MediaOutcome, MediaReport, Store};

/// Live ones, planned ones with a key in time, ended ones until their recording is complete.
pub async fn targets_are_what_media_needs(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    let targets = async |until| {
        let found = store.media_targets(NOW, until).await.expect("asked");
        found.into_iter().map(|target| (target.lesson_id, target.phase)).collect::<Vec<_>>()
    };
    let late = NOW + 10_000_000;
    assert!(targets(late).await.is_empty(), "no key, no rehearsal");
    store.set_stream_key(lesson, &[1; 32], None, NOW).await.expect("set");
    assert!(targets(NOW + 3_600_000).await.is_empty(), "too early");
    assert_eq!(targets(late).await, [(lesson, LessonPhase::Planned)]);
    let after = async |from| store.media_targets(from, i64::MAX).await.expect("asked").len();
    assert_eq!((after(late).await, after(NOW).await), (0, 1), "nobody came, long ago");
    go(store, lesson, LessonPhase::Live, NOW).await;
    assert_eq!(targets(NOW).await, [(lesson, LessonPhase::Live)]);
    go(store, lesson, LessonPhase::Ended, NOW).await;
    assert_eq!(targets(NOW).await, [(lesson, LessonPhase::Ended)]);
    assert_eq!((after(NOW + 1).await, after(NOW).await), (0, 1), "its recording will not come any more");
    let done = MediaReport { replay_ready: true, length_ms: Some(5000), ..report(lesson) };
    tell(store, id(1), 1, done).await;
    assert!(targets(NOW).await.is_empty(), "nothing left to do");
}

/// An open booth is as good as a key, and changes no key.
pub async fn a_booth_is_open_without_a_key(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    let open = async || store.open_booth(lesson, Some(town.lecturer), NOW).await.expect("asked");
    let version = async || store.lesson_target(lesson).await.expect("asked").map(|target| target.key_version);
    let wanted = async || store.media_targets(NOW, NOW + 10_000_000).await.expect("asked").len();
    assert_eq!((version().await, wanted().await), (Some(0), 0));
    assert_eq!((open().await, open().await), (EditOutcome::Done, EditOutcome::Done));
    assert_eq!((version().await, wanted().await), (Some(1), 1));
    store.set_stream_key(lesson, &[1; 32], None, NOW).await.expect("set");
    assert_eq!((open().await, version().await), (EditOutcome::Done, Some(2)));
    assert_eq!(
        store.stream_target(&[1; 32]).await.expect("asked").map(|target| target.lesson_id),
        Some(lesson)
    );
    go(store, lesson, LessonPhase::Live, NOW).await;
    assert_eq!(open().await, EditOutcome::Done);
    go(store, lesson, LessonPhase::Ended, NOW).await;
    assert_eq!((open().await, wanted().await), (EditOutcome::WrongPhase(LessonPhase::Ended), 1));
    assert_eq!(store.open_booth(id(999), None, NOW).await.expect("asked"), EditOutcome::NotFound);
    assert_eq!(store.lesson_target(id(999)).await.expect("asked"), None);
}

fn report(lesson_id: Uuid) -> MediaReport {
    MediaReport {
        lesson_id,
        zero_at: None,
        edge_ms: 0,
        gaps: Vec::new(),
        length_ms: None,
        replay_ready: false,
    }
}

async fn tell(store: &dyn Store, boot: Uuid, version: i64, report: MediaReport) -> MediaOutcome {
    store.store_media("local", boot, version, &[report], NOW).await.expect("told")
}

/// Of one boot only newer snapshots count; a new boot begins anew.
pub async fn an_older_snapshot_changes_nothing(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    go(store, lesson, LessonPhase::Live, NOW).await;
    let edge = |edge_ms| MediaReport { edge_ms, ..report(lesson) };
    assert_eq!(tell(store, id(1), 5, edge(1000)).await, MediaOutcome::Stored);
    assert_eq!(tell(store, id(1), 5, edge(9000)).await, MediaOutcome::Stale);
    assert_eq!(tell(store, id(1), 4, edge(9000)).await, MediaOutcome::Stale);
    assert_eq!(store.lesson(lesson).await.expect("asked").expect("there").edge_ms, 1000);
    assert_eq!(tell(store, id(2), 1, edge(2000)).await, MediaOutcome::Stored);
    assert_eq!(tell(store, id(2), 2, edge(1500)).await, MediaOutcome::Stored);
    assert_eq!(store.lesson(lesson).await.expect("asked").expect("there").edge_ms, 2000, "it never shrinks");
}

/// Zero and length stay as they were told first; gaps are added, and a longer one replaces its shorter self.
pub async fn a_timeline_is_written_once(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    let gap = |from_ms, to_ms| Interval { from: from_ms, to: to_ms };
    let zero = MediaReport { zero_at: Some(NOW + 7), length_ms: Some(1), ..report(lesson) };
    tell(store, id(1), 1, zero.clone()).await;
    let before = store.lesson(lesson).await.expect("asked").expect("there");
    assert_eq!(
        (before.zero_at, before.length_ms),
        (None, None),
        "a lesson that has not started has no timeline"
    );
    go(store, lesson, LessonPhase::Live, NOW).await;
    tell(store, id(1), 2, MediaReport { gaps: vec![gap(10, 20)], ..zero.clone() }).await;
    let wrong = vec![gap(10, 30), gap(40, 50), gap(9, 9), gap(-5, 3), gap(8, 2)];
    tell(store, id(1), 3, MediaReport { zero_at: Some(NOW + 99), gaps: wrong, ..zero }).await;
    let live = store.lesson(lesson).await.expect("asked").expect("there");
    assert_eq!(live.zero_at, Some(NOW + 7));
    assert_eq!(live.gaps, [gap(10, 30), gap(40, 50)]);
    assert_eq!(live.length_ms, None, "a live lesson has no length");
    go(store, lesson, LessonPhase::Ended, NOW).await;
    tell(store, id(1), 4, MediaReport { length_ms: Some(60_000), replay_ready: true, ..report(lesson) })
        .await;
    tell(store, id(1), 5, MediaReport { length_ms: Some(70_000), ..report(lesson) }).await;
    let ended = store.lesson(lesson).await.expect("asked").expect("there");
    assert_eq!((ended.length_ms, ended.replay_ready), (Some(60_000), true));
    tell(store, id(1), 6, report(id(999))).await;
}
