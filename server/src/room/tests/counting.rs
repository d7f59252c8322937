//! 在线, 人数 and 峰值 as rooms tell them.

use std::time::Duration;

use super::*;

/// Waits until the room says so; the limit is only there to fail instead of hanging.
pub(super) async fn shows(stage: &Stage, what: impl FnMut(&Arc<Frame>) -> bool) -> Counts {
    let room = stage.rooms.room(stage.lesson).await.expect("open");
    let mut frames = room.frames();
    let found = tokio::time::timeout(Duration::from_secs(20), frames.wait_for(what)).await;
    found.expect("in time").expect("the room is open").state.counts
}

#[tokio::test]
async fn a_viewer_comes_and_leaves() {
    let stage = Stage::live().await;
    let lease = stage.lease(600, stage.lesson, stage.town.member_a).await;
    stage.at(5 * S);
    stage.send(&lease, &[beat(1, 5_000, 5_000)]).await;
    let counts = shows(&stage, |frame| frame.state.counts.viewers_now == 1).await;
    assert_eq!((counts.peak, counts.people), (1, 0));
    assert_eq!(stage.rooms.counts(stage.lesson).viewers_now, 1);
    let left = with(beat(2, 5_000, 5_000), "state", json!("left"));
    stage.send(&lease, &[left]).await;
    let counts = shows(&stage, |frame| frame.state.counts.viewers_now == 0).await;
    assert_eq!(counts.peak, 1, "the peak stays");
}

#[tokio::test]
async fn a_viewer_who_is_not_heard_of_is_gone_after_45_seconds() {
    let stage = Stage::live().await;
    let lease = stage.lease(600, stage.lesson, stage.town.member_a).await;
    stage.send(&lease, &[beat(1, 0, 0)]).await;
    shows(&stage, |frame| frame.state.counts.viewers_now == 1).await;
    stage.at(45 * S + 1);
    shows(&stage, |frame| frame.state.counts.viewers_now == 0).await;
}

#[tokio::test]
async fn a_person_is_one_who_viewed_a_minute() {
    let stage = Stage::live().await;
    let lease = stage.lease(600, stage.lesson, stage.town.member_a).await;
    for step in 1..=4 {
        stage.at(step * 15 * S);
        stage.send(&lease, &[beat(step, (step - 1) * 15 * S, step * 15 * S)]).await;
    }
    let counts = shows(&stage, |frame| frame.state.counts.people == 1).await;
    assert_eq!((counts.viewers_now, counts.peak), (1, 1));
}

#[tokio::test]
async fn a_restarted_server_counts_on_where_it_was() {
    let mut stage = Stage::live().await;
    let a = stage.lease(600, stage.lesson, stage.town.member_a).await;
    let b = stage.lease(601, stage.lesson, stage.town.member_b).await;
    for step in 1..=5 {
        stage.at(step * 15 * S);
        stage.send(&a, &[beat(step, (step - 1) * 15 * S, step * 15 * S)]).await;
    }
    stage.send(&b, &[beat(1, 75 * S, 75 * S), with(beat(2, 75 * S, 75 * S), "state", json!("left"))]).await;
    stage.send(&b, &[beat(3, 75 * S, 75 * S)]).await;
    let before = shows(&stage, |frame| frame.state.counts.viewers_now == 2).await;
    stage.restart();
    let after = stage.rooms.counts_of(stage.lesson).await.expect("counted");
    assert_eq!(after, before);
    stage.at(200 * S);
    stage.restart();
    let later = stage.rooms.counts_of(stage.lesson).await.expect("counted");
    assert_eq!(later, Counts { viewers_now: 0, ..before });
}

#[tokio::test]
async fn staff_hear_of_the_publisher_and_members_do_not() {
    let stage = Stage::live().await;
    let frame = stage.rooms.room(stage.lesson).await.expect("open").frame();
    let (members, staff): (Value, Value) = (
        serde_json::from_str(&frame.for_members).expect("JSON"),
        serde_json::from_str(&frame.for_staff).expect("JSON"),
    );
    assert_eq!(
        (&members["type"], &members["phase"], &members["viewers_now"]),
        (&json!("state"), &json!("live"), &json!(0))
    );
    assert_eq!(members["zero_at"], json!(ZERO));
    assert_eq!(members.get("tracks"), Some(&Value::Null), "nothing arrives");
    for name in ["publisher", "refused", "outage_since", "waiting_for"] {
        assert!(members.get(name).is_none(), "{name}");
    }
    assert_eq!((staff.get("publisher"), staff.get("outage_since")), (Some(&Value::Null), Some(&Value::Null)));
}

#[tokio::test]
async fn there_is_no_room_without_a_lesson() {
    let stage = Stage::live().await;
    let error = stage.rooms.room(id(12_345)).await.expect_err("no lesson");
    assert!(matches!(error, RoomError::NoLesson));
    assert_eq!(stage.rooms.counts(id(12_345)), Counts::default());
}
