//! Cases of editing a replay.

use super::{NOW, id, lessons::go, planned, town};
use crate::{
    AuditEntry, CHAPTERS_MAX, CaptionLanguage, Chapter, ChapterChange, ChapterOutcome, LessonFilter,
    LessonPhase, NewCaptions, NewChapter, Page, PhaseOutcome, Poster, PosterKind, ReplayChange,
    ReplayOutcome, Store, Trim,
};

async fn actions(store: &dyn Store, lesson: uuid::Uuid) -> Vec<String> {
    let lines: Vec<AuditEntry> = store.audit_of(lesson, Page { offset: 0, limit: 1000 }).await.expect("read");
    lines.into_iter().map(|line| line.action).filter(|action| action != "lesson.plan").collect()
}

/// Every change is a version, none is lost, and what changes nothing is none.
pub async fn an_edit_of_a_replay_is_a_version(store: &dyn Store) {
    let town = town(store).await;
    let (lesson, other) = (planned(store, &town, 400).await, planned(store, &town, 401).await);
    let edit = async |trim: Option<(i64, Option<i64>)>, hidden, at| {
        let trim = trim.map(|(in_ms, out_ms)| Trim { in_ms, out_ms });
        let change = ReplayChange { lesson_id: lesson, trim, hidden, actor_id: town.lecturer, at };
        store.edit_replay(change).await.expect("asked")
    };
    assert_eq!(edit(Some((0, None)), Some(false), NOW).await, ReplayOutcome::Already);
    assert_eq!(edit(Some((5, Some(9))), None, NOW + 1).await, ReplayOutcome::Done);
    assert_eq!(edit(None, Some(true), NOW + 2).await, ReplayOutcome::Done);
    assert_eq!(edit(Some((5, Some(9))), Some(true), NOW + 3).await, ReplayOutcome::Already);
    assert_eq!(edit(Some((0, None)), None, NOW + 4).await, ReplayOutcome::Done);
    let whole = store.lesson(lesson).await.expect("read").expect("there");
    let versions: Vec<_> = whole.edits.iter().map(|e| (e.version, e.trim, e.hidden, e.changed_at)).collect();
    let cut = Trim { in_ms: 5, out_ms: Some(9) };
    assert_eq!(
        versions,
        [(1, cut, false, NOW + 1), (2, cut, true, NOW + 2), (3, Trim::default(), true, NOW + 4),]
    );
    assert_eq!((whole.trim(), whole.is_hidden()), (Trim::default(), true));
    assert_eq!(actions(store, lesson).await, ["replay.edit"; 3]);
    let untouched = store.lesson(other).await.expect("read").expect("there");
    assert!(untouched.edits.is_empty() && !untouched.is_hidden());
}

/// A list of replays leaves out what is hidden, as long as it is.
pub async fn a_hidden_replay_is_in_no_list(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 410).await;
    let report = crate::MediaReport {
        lesson_id: lesson,
        zero_at: Some(NOW),
        edge_ms: 9,
        gaps: Vec::new(),
        length_ms: Some(9),
        replay_ready: true,
    };
    for (phase, at) in [(LessonPhase::Live, NOW), (LessonPhase::Ended, NOW + 9)] {
        assert_eq!(go(store, lesson, phase, at).await, PhaseOutcome::Done);
    }
    store.store_media("local", id(1), 1, &[report], NOW).await.expect("told");
    let listed = async || {
        let filter = LessonFilter { replayable: true, ..LessonFilter::default() };
        store.lessons(&filter, Page { offset: 0, limit: 10 }).await.expect("listed").len()
    };
    let hide = async |hidden| {
        let change = ReplayChange {
            lesson_id: lesson,
            trim: None,
            hidden: Some(hidden),
            actor_id: town.lecturer,
            at: NOW,
        };
        store.edit_replay(change).await.expect("asked");
    };
    assert_eq!(listed().await, 1);
    hide(true).await;
    assert_eq!(listed().await, 0);
    hide(false).await;
    assert_eq!(listed().await, 1);
}

/// Chapters have a place each, in order; those of turned pages replace each other; there is an end to their number.
pub async fn chapters_are_in_order_and_bounded(store: &dyn Store) {
    let town = town(store).await;
    let (lesson, other) = (planned(store, &town, 420).await, planned(store, &town, 421).await);
    let add = async |lesson_id, number, at_ms, from_slides| {
        let chapter = Chapter { id: id(number), at_ms, title: format!("章 {number}"), from_slides };
        let new = NewChapter { lesson_id, chapter, actor_id: town.lecturer, at: NOW };
        store.add_chapter(new).await.expect("asked")
    };
    let places = async |lesson| {
        let all = store.chapters(lesson).await.expect("read");
        all.iter().map(|c| (c.at_ms, c.id.as_u128() & 0xffff)).collect::<Vec<_>>()
    };
    assert_eq!(add(lesson, 500, 9_000, false).await, ChapterOutcome::Done);
    assert_eq!(add(lesson, 501, 1_000, true).await, ChapterOutcome::Done);
    assert_eq!(add(lesson, 502, 9_000, false).await, ChapterOutcome::Taken);
    assert_eq!(add(other, 503, 9_000, false).await, ChapterOutcome::Done);
    // 1 s is 3 s before 4 s: that page was looked at. 9 s is by hand.
    assert_eq!(add(lesson, 504, 4_000, true).await, ChapterOutcome::Done);
    assert_eq!(add(lesson, 505, 6_000, true).await, ChapterOutcome::Done);
    assert_eq!(add(lesson, 506, 10_000, true).await, ChapterOutcome::Done);
    assert_eq!(places(lesson).await, [(1_000, 501), (6_000, 505), (9_000, 500), (10_000, 506)]);
    let change = async |lesson_id, number, at_ms, title: Option<&str>| {
        let title = title.map(str::to_owned);
        let change =
            ChapterChange { lesson_id, id: id(number), at_ms, title, actor_id: town.lecturer, at: NOW };
        store.change_chapter(change).await.expect("asked")
    };
    assert_eq!(change(lesson, 500, Some(1_000), None).await, ChapterOutcome::Taken);
    assert_eq!(change(lesson, 500, Some(9_000), Some("同")).await, ChapterOutcome::Done);
    assert_eq!(change(lesson, 503, None, Some("别课")).await, ChapterOutcome::NotFound);
    let remove =
        async |number| store.remove_chapter(lesson, id(number), town.lecturer, NOW).await.expect("asked");
    assert_eq!((remove(501).await, remove(501).await), (ChapterOutcome::Done, ChapterOutcome::NotFound));
    assert_eq!(remove(503).await, ChapterOutcome::NotFound, "another lesson's");
    let added = actions(store, lesson).await;
    assert_eq!(added.iter().filter(|action| *action == "chapter.add").count(), 5);
    assert_eq!(added[5..], ["chapter.change", "chapter.remove"]);
    for number in 0..CHAPTERS_MAX - 3 {
        let number_id = 1_000 + u128::try_from(number).expect("small");
        assert_eq!(add(lesson, number_id, 20_000 + number, false).await, ChapterOutcome::Done);
    }
    assert_eq!(add(lesson, 2_000, 19_000, false).await, ChapterOutcome::Full);
}

/// One text a language, and what was there before is replaced.
pub async fn captions_are_kept_by_language(store: &dyn Store) {
    let town = town(store).await;
    let (lesson, other) = (planned(store, &town, 430).await, planned(store, &town, 431).await);
    let set = async |lesson_id, language, vtt: &str, cues, at| {
        let vtt = vtt.to_owned();
        let new = NewCaptions { lesson_id, language, vtt, cues, actor_id: town.lecturer, at };
        store.set_captions(new).await.expect("kept");
    };
    set(lesson, CaptionLanguage::Other, "o", 1, NOW).await;
    set(lesson, CaptionLanguage::Zh, "旧", 1, NOW).await;
    set(lesson, CaptionLanguage::Zh, "新", 2, NOW + 1).await;
    set(other, CaptionLanguage::En, "x", 3, NOW).await;
    let all = store.captions(lesson).await.expect("read");
    let seen: Vec<_> = all.iter().map(|info| (info.language, info.cues, info.changed_at)).collect();
    assert_eq!(seen, [(CaptionLanguage::Zh, 2, NOW + 1), (CaptionLanguage::Other, 1, NOW)]);
    let text = async |language| store.captions_text(lesson, language).await.expect("read");
    assert_eq!(text(CaptionLanguage::Zh).await.as_deref(), Some("新"));
    assert_eq!(text(CaptionLanguage::En).await, None);
    let remove =
        async || store.remove_captions(lesson, CaptionLanguage::Zh, town.lecturer, NOW).await.expect("asked");
    assert_eq!((remove().await, remove().await), (true, false));
    assert_eq!(text(CaptionLanguage::Zh).await, None);
    assert_eq!(
        actions(store, lesson).await,
        ["captions.set", "captions.set", "captions.set", "captions.remove"]
    );
}

/// A lesson has one poster at most, and lists say since when.
pub async fn a_poster_is_replaced_and_taken_away(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 440).await;
    let since = async || {
        let listed =
            store.lessons(&LessonFilter::default(), Page { offset: 0, limit: 9 }).await.expect("listed");
        let whole = store.lesson(lesson).await.expect("read").expect("there");
        assert_eq!(listed[0].poster_at, whole.poster_at);
        whole.poster_at
    };
    assert_eq!((since().await, store.poster(lesson).await.expect("read")), (None, None));
    let poster = |kind, byte| Some(Poster { kind, bytes: vec![byte; 3] });
    for (at, poster) in
        [(NOW, poster(PosterKind::Jpeg, 1)), (NOW + 1, poster(PosterKind::Png, 2)), (NOW + 2, None)]
    {
        store.set_poster(lesson, poster.clone(), town.lecturer, at).await.expect("set");
        assert_eq!(since().await, poster.as_ref().map(|_| at));
        assert_eq!(store.poster(lesson).await.expect("read"), poster);
    }
    assert_eq!(actions(store, lesson).await, ["poster.set"; 3]);
}
