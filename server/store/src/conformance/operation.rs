//! Cases of the program's own records.

use super::{NOW, id, town};
use crate::{ClockChange, RunClock, Session, Store};

/// Runs that overlap a span, earliest first; a sign of life never goes backwards.
pub async fn runs_that_overlap_are_found(store: &dyn Store) {
    let clock = RunClock::default();
    store.begin_run(id(1), NOW, clock).await.expect("begun");
    store.keep_run(id(1), NOW + 100).await.expect("kept");
    store.keep_run(id(1), NOW + 50).await.expect("kept");
    store.begin_run(id(2), NOW + 500, clock).await.expect("begun");
    store.end_run(id(2), NOW + 700).await.expect("ended");
    let found = async |from, until| store.runs(from, until).await.expect("asked");
    let all = found(NOW, NOW + 1000).await;
    assert_eq!((all.len(), all[0].id, all[0].last_alive_at, all[0].stopped_at), (2, id(1), NOW + 100, None));
    assert_eq!(all[1].stopped_at, Some(NOW + 700));
    assert_eq!(found(NOW + 101, NOW + 500).await.len(), 0);
    assert_eq!(found(NOW + 100, NOW + 501).await.len(), 2);
    store.check().await.expect("well");
}

/// The run goes on under its id with the new clock; sessions last as long as they would have.
pub async fn a_clock_that_is_put_right_ends_no_session(store: &dyn Store) {
    const BY: i64 = -20 * 365 * 86_400_000;
    assert_eq!(store.last_run().await.expect("asked"), None);
    let user = town(store).await.member_a;
    let session = |number: u8, expires_at| Session {
        token_hash: [number; 32],
        user_id: user,
        created_at: NOW,
        seen_at: NOW,
        expires_at,
    };
    store.open_session(session(1, NOW + 1_000)).await.expect("opened");
    let before = RunClock { boot: Some(id(77)), anchor: NOW - 500 };
    store.begin_run(id(1), NOW, before).await.expect("begun");
    assert_eq!(store.last_run().await.expect("asked").and_then(|run| run.clock), Some(before));
    let clock = RunClock { anchor: before.anchor + BY, ..before };
    let change = ClockChange { from: NOW + 200, to: NOW + 200 + BY, clock };
    store.change_clock(id(1), change).await.expect("changed");
    store.keep_run(id(1), NOW + BY + 300).await.expect("kept");

    let open = async |at| store.session(&[1; 32], at).await.expect("asked");
    let (found, _) = open(NOW + BY + 999).await.expect("still open");
    assert_eq!((found.seen_at, found.expires_at), (NOW + BY, NOW + BY + 1_000));
    assert!(open(NOW + BY + 1_000).await.is_none());
    let runs = store.runs(i64::MIN, i64::MAX).await.expect("asked");
    let spans: Vec<_> = runs.iter().map(|run| (run.id, run.started_at, run.last_alive_at)).collect();
    assert_eq!(spans, [(id(1), NOW, NOW + 200), (id(1), NOW + BY + 200, NOW + BY + 300)]);
    assert_eq!(store.last_run().await.expect("asked").and_then(|run| run.clock), Some(clock));

    // Then nothing could be stored for a while, though whoever sent a beat in between moved the sign of life on.
    let (from, to) = (NOW + BY + 300, NOW + BY + 90_000);
    store.keep_run(id(1), to - 1).await.expect("kept");
    store.note_outage(id(1), from, to, clock).await.expect("noted");
    let runs = store.runs(i64::MIN, i64::MAX).await.expect("asked");
    let last: Vec<_> =
        runs[2..].iter().map(|run| (run.id, run.started_at, run.last_alive_at, run.clock)).collect();
    assert_eq!(last, [(id(1), from, from, Some(clock)), (id(1), to, to, Some(clock))]);
}
