//! What rooms tell of questions and private notes.

use std::time::Duration;

use serde_json::Value;
use yunke_store::{NewPrivateNote, NewQuestion, TalkFigures};

use super::*;

async fn told(stage: &Stage, revision: i64) -> (Value, Value) {
    let room = stage.rooms.room(stage.lesson).await.expect("open");
    let mut frames = room.frames();
    let found = frames.wait_for(|frame| frame.state.talk_revision == Some(revision));
    let frame = tokio::time::timeout(Duration::from_secs(20), found).await;
    let frame = frame.expect("in time").expect("the room is open").clone();
    let read = |text: &str| serde_json::from_str(text).expect("JSON");
    (read(&frame.for_members), read(&frame.for_staff))
}

#[tokio::test]
async fn everybody_hears_how_many_and_only_staff_that_there_is_something_to_read() {
    let mut stage = Stage::live().await;
    let (lesson_id, user_id) = (stage.lesson, stage.town.member_a);
    let (members, staff) = told(&stage, 0).await;
    assert_eq!((&members["questions"], &staff["questions_open"]), (&json!(0), &json!(0)));
    let text = "听得见吗".to_owned();
    let new = NewQuestion { id: id(700), lesson_id, user_id, text, at: ZERO, at_ms: Some(0) };
    stage.store.ask_question(new).await.expect("asked");
    let figures = stage.store.talk_figures(lesson_id).await.expect("read");
    stage.rooms.talked(lesson_id, figures).await;
    let (members, staff) = told(&stage, 1).await;
    assert_eq!((&members["questions"], &members["questions_answered"]), (&json!(1), &json!(0)));
    assert!(members.get("questions_open").is_none() && members.get("talk_revision").is_none(), "{members}");
    assert_eq!(staff["questions_open"], 1);

    // An older telling that comes late takes nothing back, and a note changes no figure of the members.
    let new =
        NewPrivateNote { id: id(701), lesson_id, text: "慢一点".to_owned(), actor_id: user_id, at: ZERO };
    let figures = stage.store.write_private_note(new).await.expect("written");
    stage.rooms.talked(lesson_id, figures).await;
    stage.rooms.talked(lesson_id, TalkFigures::default()).await;
    let (after, _) = told(&stage, 2).await;
    assert_eq!(after["questions"], 1);

    stage.restart();
    let (members, staff) = told(&stage, 2).await;
    assert_eq!(
        (&members["questions"], &staff["questions_open"]),
        (&json!(1), &json!(1)),
        "read at the start"
    );
}
