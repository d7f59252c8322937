//! Cases of questions and private notes.

use uuid::Uuid;

use super::{NOW, Town, id, person, planned, town};
use crate::{
    ASK_EVERY_MS, AskOutcome, NOTES_KEPT, NewPrivateNote, NewQuestion, OPEN_QUESTIONS_MAX, Page,
    QUESTIONS_MAX, Question, QuestionState, Settle, Store, TalkFigures, TalkOutcome,
};

async fn ask(store: &dyn Store, lesson_id: Uuid, number: u128, user_id: Uuid, at: i64) -> AskOutcome {
    let text = format!("问 {number}");
    let new = NewQuestion { id: id(number), lesson_id, user_id, text, at, at_ms: Some(at - NOW) };
    store.ask_question(new).await.expect("asked")
}

async fn settle(
    store: &dyn Store,
    town: &Town,
    lesson_id: Uuid,
    number: u128,
    state: QuestionState,
) -> TalkOutcome {
    let settle = Settle { lesson_id, id: id(number), state, actor_id: town.lecturer, at: NOW + 77 };
    store.settle_question(settle).await.expect("settled")
}

fn figures(revision: i64, asked: i64, open: i64, answered: i64) -> TalkFigures {
    TalkFigures { revision, asked, open, answered }
}

/// A question is kept as it was asked, once however often it is sent, and goes from open to settled and back.
pub async fn a_question_is_asked_once_and_settled(store: &dyn Store) {
    let town = town(store).await;
    let (lesson, other) = (planned(store, &town, 600).await, planned(store, &town, 601).await);
    assert_eq!(store.talk_figures(lesson).await.expect("read"), TalkFigures::default());
    assert_eq!(ask(store, lesson, 610, town.member_a, NOW + 5).await, AskOutcome::Done(figures(1, 1, 1, 0)));
    assert_eq!(ask(store, lesson, 610, town.member_a, NOW + 6).await, AskOutcome::Known);
    assert_eq!(ask(store, other, 610, town.member_a, NOW + 6).await, AskOutcome::Taken);
    assert_eq!(ask(store, lesson, 610, town.member_b, NOW + 6).await, AskOutcome::Taken);
    assert_eq!(ask(store, lesson, 611, town.member_b, NOW + 4).await, AskOutcome::Done(figures(2, 2, 2, 0)));

    let all = store.questions(lesson, None).await.expect("read");
    assert_eq!(all.iter().map(|q| q.id).collect::<Vec<_>>(), [id(611), id(610)], "the oldest first");
    let asked = Question {
        id: id(610),
        user_id: town.member_a,
        user_name: "学员甲".to_owned(),
        text: "问 610".to_owned(),
        asked_at: NOW + 5,
        at_ms: Some(5),
        state: QuestionState::Open,
        decided_at: None,
        decided_by: None,
    };
    assert_eq!(
        store.questions(lesson, Some(town.member_a)).await.expect("read"),
        std::slice::from_ref(&asked)
    );
    assert!(store.questions(other, None).await.expect("read").is_empty());

    let hidden = settle(store, &town, lesson, 611, QuestionState::Hidden).await;
    assert_eq!(hidden, TalkOutcome::Done(figures(3, 1, 1, 0)));
    assert_eq!(settle(store, &town, lesson, 611, QuestionState::Hidden).await, TalkOutcome::Already);
    assert_eq!(settle(store, &town, other, 611, QuestionState::Open).await, TalkOutcome::NotFound);
    let answered = settle(store, &town, lesson, 610, QuestionState::Answered).await;
    assert_eq!(answered, TalkOutcome::Done(figures(4, 1, 0, 1)));
    let settled = Question {
        state: QuestionState::Answered,
        decided_at: Some(NOW + 77),
        decided_by: Some("讲师".to_owned()),
        ..asked
    };
    assert_eq!(store.questions(lesson, Some(town.member_a)).await.expect("read"), [settled]);
    let shown = settle(store, &town, lesson, 611, QuestionState::Open).await;
    assert_eq!(shown, TalkOutcome::Done(figures(5, 2, 1, 1)));
    let again = &store.questions(lesson, Some(town.member_b)).await.expect("read")[0];
    assert_eq!((again.state, again.decided_at, &again.decided_by), (QuestionState::Open, None, &None));
    let log = store.audit_of(lesson, Page { offset: 0, limit: 100 }).await.expect("read");
    assert_eq!(log.iter().filter(|line| line.action == "question.settle").count(), 3);
    assert!(log.iter().all(|line| !line.detail.contains('问')), "the log has no words of members");
}

/// A member asks so often, has so many questions open, and a lesson has so many.
pub async fn questions_are_bounded(store: &dyn Store) {
    let town = town(store).await;
    let (lesson, other) = (planned(store, &town, 620).await, planned(store, &town, 621).await);
    let member = town.member_a;
    assert!(matches!(ask(store, lesson, 1_000, member, NOW).await, AskOutcome::Done(_)));
    assert_eq!(ask(store, lesson, 1_001, member, NOW + 1).await, AskOutcome::TooSoon(ASK_EVERY_MS - 1));
    // Set back by an hour: nobody waits for that hour.
    assert_eq!(ask(store, lesson, 1_001, member, NOW - 3_600_000).await, AskOutcome::TooSoon(ASK_EVERY_MS));
    assert!(matches!(ask(store, other, 1_002, member, NOW + 1).await, AskOutcome::Done(_)), "another lesson");
    for number in 1..OPEN_QUESTIONS_MAX {
        let asked = ask(
            store,
            lesson,
            1_100 + u128::from(number.unsigned_abs()),
            member,
            NOW + number * ASK_EVERY_MS,
        )
        .await;
        assert!(matches!(asked, AskOutcome::Done(_)), "{asked:?}");
    }
    let late = NOW + 3_600_000;
    assert_eq!(ask(store, lesson, 1_200, member, late).await, AskOutcome::TooManyOpen);
    settle(store, &town, lesson, 1_000, QuestionState::Hidden).await;
    assert!(matches!(ask(store, lesson, 1_200, member, late).await, AskOutcome::Done(_)));

    // One question each of as many members as it takes.
    let have = OPEN_QUESTIONS_MAX + 1;
    for number in have..QUESTIONS_MAX {
        let number = u128::from(number.unsigned_abs());
        let new = person(2_000 + number, "某人", Some(town.branch_a.id), Vec::new());
        let user = new.id;
        store.add_user(new).await.expect("a person");
        let asked = ask(store, lesson, 5_000 + number, user, late).await;
        assert!(matches!(asked, AskOutcome::Done(_)), "{asked:?}");
    }
    assert_eq!(ask(store, lesson, 9_000, town.member_b, late).await, AskOutcome::Full);
    assert_eq!(
        store.questions(lesson, None).await.expect("read").len(),
        usize::try_from(QUESTIONS_MAX).expect("fits")
    );
}

/// The newest notes are kept, and the first reader of one counts.
pub async fn private_notes_are_read_once_and_bounded(store: &dyn Store) {
    let town = town(store).await;
    let (lesson, other) = (planned(store, &town, 630).await, planned(store, &town, 631).await);
    let write = async |lesson_id, number: i64| {
        let new = NewPrivateNote {
            id: id(700 + u128::from(number.unsigned_abs())),
            lesson_id,
            text: format!("条 {number}"),
            actor_id: town.organizer,
            at: NOW + number,
        };
        store.write_private_note(new).await.expect("written")
    };
    assert_eq!(write(lesson, 0).await, figures(1, 0, 0, 0));
    write(other, 50).await;
    let read = async |lesson_id, actor| {
        store.read_private_note(lesson_id, id(700), actor, NOW + 99).await.expect("asked")
    };
    assert_eq!(read(other, town.lecturer).await, TalkOutcome::NotFound);
    assert_eq!(read(lesson, town.lecturer).await, TalkOutcome::Done(figures(2, 0, 0, 0)));
    assert_eq!(read(lesson, town.organizer).await, TalkOutcome::Already);
    let notes = store.private_notes(lesson).await.expect("read");
    assert_eq!(notes.len(), 1);
    let note = &notes[0];
    assert_eq!((note.text.as_str(), note.writer_name.as_str()), ("条 0", "组织者"));
    assert_eq!((note.read_at, note.read_by.as_deref()), (Some(NOW + 99), Some("讲师")));
    for number in 1..=NOTES_KEPT {
        write(lesson, number).await;
    }
    let texts: Vec<String> =
        store.private_notes(lesson).await.expect("read").into_iter().map(|note| note.text).collect();
    let expected: Vec<String> = (1..=NOTES_KEPT).rev().map(|number| format!("条 {number}")).collect();
    assert_eq!(texts, expected);
    assert_eq!(store.private_notes(other).await.expect("read").len(), 1);
    assert_eq!(store.talk_figures(lesson).await.expect("read").revision, NOTES_KEPT + 2);
}
