//! A room whose past takes long to read is open all the same.

use std::{sync::mpsc, time::Duration};

use super::*;
use crate::evidence::off_the_workers;

/// Takes every turn to judge, until what it gives is dropped.
pub(super) async fn block() -> Vec<mpsc::Sender<()>> {
    let mut held = Vec::new();
    for _ in 0..2 {
        let (release, wait) = mpsc::channel::<()>();
        let (runs, running) = tokio::sync::oneshot::channel();
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(off_the_workers(move || {
            let _ = runs.send(());
            let _ = wait.recv();
        }));
        running.await.expect("it runs");
        held.push(release);
    }
    held
}

#[tokio::test]
async fn beats_are_acknowledged_and_reading_goes_on_whoever_gives_up() {
    let mut stage = Stage::live().await;
    let user = stage.town.member_a;
    let lease = stage.lease(600, stage.lesson, user).await;
    let other = stage.lease(601, stage.lesson, stage.town.member_b).await;
    for step in 1..=5 {
        stage.at(step * 15 * S);
        stage.send(&lease, &[beat(step, (step - 1) * 15 * S, step * 15 * S)]).await;
        stage.send(&other, &[beat(step, (step - 1) * 15 * S, step * 15 * S)]).await;
    }
    stage.restart();
    let blocked = block().await;
    let impatient = tokio::time::timeout(Duration::from_millis(50), stage.rooms.room(stage.lesson)).await;
    assert!(impatient.is_err(), "the past is not read yet");
    stage.at(90 * S);
    let answer = stage.send(&lease, &[beat(6, 75 * S, 90 * S)]).await;
    assert_eq!((answer.acked, answer.progress), (vec![6], None), "durable, whatever the room does");
    let room = tokio::time::timeout(Duration::from_secs(5), stage.rooms.room(stage.lesson)).await;
    assert!(room.expect("open").is_ok(), "the room is there, with what it knows");
    drop(blocked);
    let read = async {
        while stage.rooms.counts_of(stage.lesson).await.expect("counted").people < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("read to its end");
    let counts = stage.rooms.counts_of(stage.lesson).await.expect("counted");
    assert_eq!((counts.viewers_now, counts.people, counts.peak), (2, 2, 2));
    assert_eq!(stage.shown(stage.lesson, user).await, stage.recomputed(stage.lesson, user).await);
}
