//! How often members and staff are told.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use yunke_store::{NewQuestion, TalkFigures};

use super::*;

/// So many listeners are told of figures after two seconds at the soonest.
const LISTENERS: usize = 12_000;

const LIMIT: Duration = Duration::from_secs(20);

/// Somebody asks something, and the room hears of it.
async fn ask(stage: &Stage, number: u128) -> TalkFigures {
    let (lesson_id, user_id) = (stage.lesson, stage.town.member_a);
    let at = ZERO + i64::try_from(number).expect("small") * 60 * S;
    let new =
        NewQuestion { id: id(number), lesson_id, user_id, text: "在吗".to_owned(), at, at_ms: Some(0) };
    stage.store.ask_question(new).await.expect("asked");
    let figures = stage.store.talk_figures(lesson_id).await.expect("read");
    stage.rooms.talked(lesson_id, figures).await;
    figures
}

#[tokio::test]
async fn figures_wait_for_the_many_and_a_phase_does_not_and_staff_never_wait() {
    let stage = Stage::live().await;
    let room = stage.rooms.room(stage.lesson).await.expect("open");
    let mut staff = room.frames();
    let mut members = room.member_texts();
    let _crowd: Vec<_> = (0..LISTENERS).map(|_| room.member_texts()).collect();
    let mut told_at = Vec::new();
    for number in 1..=2 {
        let figures = ask(&stage, 700 + number).await;
        let began = Instant::now();
        let shown = staff.wait_for(|frame| frame.state.questions == figures.asked);
        timeout(LIMIT, shown).await.expect("in time").expect("open");
        assert!(began.elapsed() < Duration::from_secs(1), "staff: {:?}", began.elapsed());
        let text = format!("\"questions\":{}", figures.asked);
        timeout(LIMIT, members.wait_for(|told| told.contains(&text))).await.expect("in time").expect("open");
        told_at.push(Instant::now());
    }
    let apart = told_at[1] - told_at[0];
    assert!(apart >= Duration::from_millis(1_900), "members: {apart:?}");

    let began = Instant::now();
    let change =
        PhaseChange { lesson_id: stage.lesson, to: LessonPhase::Ended, actor_id: None, at: ZERO + 60 * S };
    stage.store.change_phase(change).await.expect("ended");
    stage.core.lesson_changed(stage.lesson);
    timeout(LIMIT, members.wait_for(|told| told.contains("\"ended\"")))
        .await
        .expect("in time")
        .expect("open");
    assert!(began.elapsed() < Duration::from_secs(1), "the end: {:?}", began.elapsed());
}
