//! Cases of the library and of who listens.

use yunke_domain::{Item, LeaseDevice, LeasePurpose};

use super::{NOW, Town, id, town};
use crate::{
    EpisodeChapter, EpisodeEdit, LeaseRow, LibraryOutcome, Listened, NewSeries, NewVersion, Page, Poster,
    PosterKind, SITTING_GAP_MS, SeriesCredit, SeriesEdit, Settled, Speaker, Store, StoreError, VersionOf,
    VersionState, VersionTerms,
};

pub(super) async fn series(store: &dyn Store, town: &Town, number: u128) -> uuid::Uuid {
    let new = NewSeries {
        id: id(number),
        title: format!("系列 {number}"),
        about: String::new(),
        category: "党史".to_owned(),
        unit_id: town.station_a.id,
        public: false,
        credit: SeriesCredit::Episode,
        rule_id: None,
        actor_id: town.organizer,
        at: NOW,
    };
    store.add_series(new).await.expect("added");
    id(number)
}

pub(super) fn version(number: u128, episode: u128, of: VersionOf, town: &Town) -> NewVersion {
    NewVersion {
        id: id(number),
        episode_id: id(episode),
        of,
        file_name: "第一讲.mp3".to_owned(),
        bytes: 1_000,
        actor_id: town.organizer,
        at: NOW + i64::try_from(number).unwrap_or_default(),
    }
}

pub(super) fn new_in(series_id: uuid::Uuid, title: &str) -> VersionOf {
    VersionOf::New { series_id, number: Some(1), title: title.to_owned() }
}

fn ready(length_ms: i64) -> Settled {
    Settled::Ready { length_ms, facts: r#"{"length_ms":1}"#.to_owned(), note: None }
}

/// Files come in, become sound or fail, and replace each other; the revision counts every change.
pub async fn an_episode_has_versions_and_the_newest_ready_one_is_heard(store: &dyn Store) {
    let town = town(store).await;
    let book = series(store, &town, 500).await;
    assert_eq!(store.library_revision().await.expect("asked"), 1);
    let add = async |new| store.add_version(new).await.expect("added");
    assert_eq!(add(version(601, 700, new_in(book, "开篇"), &town)).await, LibraryOutcome::Done);
    assert_eq!(add(version(602, 701, new_in(book, "长征"), &town)).await, LibraryOutcome::Done);
    assert_eq!(add(version(603, 799, VersionOf::Known, &town)).await, LibraryOutcome::NotFound);
    assert_eq!(store.pending_versions(10).await.expect("asked"), [id(601), id(602)]);
    let settle =
        async |number, what| store.settle_version(id(number), what, NOW + 9_000).await.expect("kept");
    let cut = Some("incomplete".to_owned());
    let half = Settled::Ready { length_ms: 60_000, facts: r#"{"length_ms":1}"#.to_owned(), note: cut };
    assert_eq!(settle(601, half).await, LibraryOutcome::Done);
    assert_eq!(settle(601, ready(1)).await, LibraryOutcome::NotFound, "once");
    assert_eq!(settle(602, Settled::Failed { code: "not_audio".to_owned() }).await, LibraryOutcome::Done);
    assert_eq!(add(version(604, 700, VersionOf::Known, &town)).await, LibraryOutcome::Done);
    let library = store.library().await.expect("read");
    assert_eq!(
        library.episodes.iter().map(|one| (one.id, one.place)).collect::<Vec<_>>(),
        [(id(700), 1), (id(701), 2)]
    );
    let [first, second] = &library.episodes[..] else { panic!("two") };
    assert_eq!(first.heard().map(|heard| (heard.id, heard.length_ms)), Some((id(601), Some(60_000))));
    assert_eq!(first.versions[0].code.as_deref(), Some("incomplete"), "ready, and something is to be said");
    assert_eq!((second.heard(), second.versions[0].code.as_deref()), (None, Some("not_audio")));
    assert_eq!(store.retry_version(id(602), town.organizer, NOW).await.expect("asked"), LibraryOutcome::Done);
    assert_eq!(
        store.retry_version(id(601), town.organizer, NOW).await.expect("asked"),
        LibraryOutcome::NotFound
    );
    settle(604, ready(90_000)).await;
    let terms = store.episode_terms(id(700)).await.expect("asked").expect("there");
    let measured = |length_ms| VersionTerms { ready_at: NOW + 9_000, length_ms };
    assert_eq!(terms.versions, [60_000, 90_000].map(measured));
    assert_eq!((terms.credited, terms.withdrawn_at), (true, None));
    assert!(store.version_facts(id(604)).await.expect("asked").is_some());
    let library = store.library().await.expect("read");
    assert_eq!(library.episodes[0].heard().map(|heard| heard.id), Some(id(604)));
    assert_eq!(library.episodes[1].versions[0].state, VersionState::Pending);
    assert_eq!(library.revision, store.library_revision().await.expect("asked"));
    let dangling = store.add_version(version(605, 702, new_in(id(999), "x"), &town)).await;
    assert!(matches!(dangling, Err(StoreError::Dangling)));
}

/// An edit changes what it names; order, chapters, transcript and cover are replaced as wholes.
pub async fn an_edit_of_the_library_changes_what_it_names(store: &dyn Store) {
    let town = town(store).await;
    let (book, other) = (series(store, &town, 500).await, series(store, &town, 501).await);
    for (number, episode) in [(601, 700), (602, 701), (603, 702)] {
        store.add_version(version(number, episode, new_in(book, "集"), &town)).await.expect("added");
    }
    let reader = Speaker { id: id(800), name: "曾老师".to_owned(), about: String::new() };
    store.add_speaker(reader.clone(), town.organizer, NOW).await.expect("added");
    let change =
        async |edit| store.edit_episode(id(700), edit, town.organizer, NOW + 5).await.expect("asked");
    let all = EpisodeEdit {
        title: Some("开篇".to_owned()),
        number: Some(None),
        speaker_id: Some(Some(reader.id)),
        publish_at: Some(Some(NOW)),
        ..EpisodeEdit::default()
    };
    assert_eq!(change(all).await, LibraryOutcome::Done);
    let withdrawn = EpisodeEdit { withdrawn: Some(true), ..EpisodeEdit::default() };
    change(withdrawn.clone()).await;
    let one =
        async || store.library().await.expect("read").episodes.into_iter().find(|one| one.id == id(700));
    let episode = one().await.expect("there");
    assert_eq!((episode.title.as_str(), episode.number, episode.speaker_id), ("开篇", None, Some(reader.id)));
    assert_eq!((episode.publish_at, episode.withdrawn_at), (Some(NOW), Some(NOW + 5)));
    change(EpisodeEdit { withdrawn: Some(false), series_id: Some(other), ..EpisodeEdit::default() }).await;
    let episode = one().await.expect("there");
    assert_eq!((episode.series_id, episode.withdrawn_at, episode.title.as_str()), (other, None, "开篇"));
    store.order_episodes(book, &[id(702), id(701)], town.organizer, NOW).await.expect("ordered");
    let of_book = |library: crate::Library| {
        library.episodes.into_iter().filter(|one| one.series_id == book).map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(of_book(store.library().await.expect("read")), [id(702), id(701)]);
    let chapter = |at_ms, title: &str| EpisodeChapter { at_ms, title: title.to_owned() };
    for chapters in [vec![chapter(0, "一")], vec![chapter(0, "序"), chapter(9, "二")]] {
        store.set_episode_chapters(id(700), chapters.clone(), town.organizer, NOW).await.expect("set");
        assert_eq!(store.episode_chapters(id(700)).await.expect("asked"), chapters);
    }
    for cues in [Some("[]".to_owned()), Some("[1]".to_owned()), None] {
        store.set_episode_transcript(id(700), cues.clone(), town.organizer, NOW).await.expect("set");
        assert_eq!(store.episode_transcript(id(700)).await.expect("asked"), cues);
    }
    let cover = Poster { kind: PosterKind::Png, bytes: vec![1, 2] };
    for cover in [Some(cover), None] {
        store.set_cover(book, cover.clone(), town.organizer, NOW).await.expect("set");
        assert_eq!(store.cover(book).await.expect("asked"), cover);
    }
    let edit =
        SeriesEdit { title: Some("红色故事".to_owned()), public: Some(true), ..SeriesEdit::default() };
    assert_eq!(
        store.edit_series(book, edit, town.organizer, NOW).await.expect("asked"),
        LibraryOutcome::Done
    );
    let none = store.edit_series(id(999), SeriesEdit::default(), town.organizer, NOW).await.expect("asked");
    assert_eq!(none, LibraryOutcome::NotFound);
    assert_eq!(
        store.remove_speaker(reader.id, town.organizer, NOW).await.expect("asked"),
        LibraryOutcome::Done
    );
    let library = store.library().await.expect("read");
    assert!(library.speakers.is_empty() && library.episodes.iter().all(|one| one.speaker_id.is_none()));
    let changed = library.series.iter().find(|one| one.id == book).expect("there");
    assert_eq!(
        (changed.title.as_str(), changed.category.as_str(), changed.public),
        ("红色故事", "党史", true)
    );
    let lines = store.audit_of(id(700), Page { offset: 0, limit: 100 }).await.expect("asked");
    assert!(lines.iter().any(|line| line.action == "episode.edit" && line.subject_kind == "episode"));
}

/// What somebody opened is evidence: neither the episode nor its series is ever removed.
pub async fn what_was_heard_is_never_removed(store: &dyn Store) {
    let town = town(store).await;
    let book = series(store, &town, 500).await;
    for (number, episode) in [(601, 700), (602, 701)] {
        store.add_version(version(number, episode, new_in(book, "集"), &town)).await.expect("added");
    }
    let lease = LeaseRow {
        id: id(900),
        item: Item::episode(id(700)),
        user_id: town.member_a,
        branch_id: Some(town.branch_a.id),
        purpose: LeasePurpose::Watch,
        device: LeaseDevice::Phone,
        issued_at: NOW,
        expires_at: NOW + 1_000,
    };
    store.issue_lease(lease.clone()).await.expect("issued");
    assert_eq!(store.lease(id(900)).await.expect("asked"), Some(lease));
    let marks = async || store.evidence_marks(town.member_a).await.expect("asked");
    let before = marks().await;
    assert_eq!((before.len(), before[0].item, before[0].length_ms), (1, Item::episode(id(700)), None));
    store.settle_version(id(601), ready(60_000), NOW + 5).await.expect("kept");
    let after = marks().await;
    assert_eq!((after[0].length_ms, after[0].ended_at), (Some(60_000), Some(NOW + 5)));
    let withdrawn = EpisodeEdit { withdrawn: Some(true), ..EpisodeEdit::default() };
    store.edit_episode(id(700), withdrawn, town.organizer, NOW).await.expect("asked");
    assert_ne!(after, marks().await);
    let remove = async |number| store.remove_episode(id(number), town.organizer, NOW).await.expect("asked");
    assert_eq!(
        [remove(700).await, remove(701).await, remove(701).await],
        [LibraryOutcome::Heard, LibraryOutcome::Done, LibraryOutcome::NotFound]
    );
    let removed = store.remove_series(book, town.organizer, NOW).await.expect("asked");
    assert_eq!(removed, LibraryOutcome::Heard);
    // Nor does it earn anything else from then on.
    let free = SeriesEdit { credit: Some(SeriesCredit::None), ..SeriesEdit::default() };
    let other = series(store, &town, 502).await;
    let to_other = EpisodeEdit { series_id: Some(other), ..EpisodeEdit::default() };
    let edit = async |of, edit| store.edit_series(of, edit, town.organizer, NOW).await.expect("asked");
    let take = async |to| store.edit_episode(id(700), to, town.organizer, NOW).await.expect("asked");
    assert_eq!(edit(book, free.clone()).await, LibraryOutcome::Heard);
    assert_eq!(edit(other, free).await, LibraryOutcome::Done);
    assert_eq!(take(to_other.clone()).await, LibraryOutcome::Heard);
    let same = SeriesEdit { credit: Some(SeriesCredit::Episode), ..SeriesEdit::default() };
    assert_eq!(edit(book, same.clone()).await, LibraryOutcome::Done);
    assert_eq!(edit(other, same).await, LibraryOutcome::Done);
    assert_eq!(take(to_other).await, LibraryOutcome::Done);
    assert_eq!(store.library().await.expect("read").episodes.len(), 1);
    let empty = series(store, &town, 501).await;
    store.add_version(version(603, 702, new_in(empty, "集"), &town)).await.expect("added");
    store.set_favourite(town.member_a, empty, true, NOW).await.expect("marked");
    store.set_queue(town.member_a, &[id(702)]).await.expect("kept");
    let removed = store.remove_series(empty, town.organizer, NOW).await.expect("asked");
    assert_eq!(removed, LibraryOutcome::Done);
    assert!(store.queue(town.member_a).await.expect("asked").is_empty());
}

/// Two devices at once are two sittings, not a new one with every beat; a clock that is set back changes no order.
pub async fn sittings_are_of_a_device_and_in_the_order_they_were_heard(store: &dyn Store) {
    let town = town(store).await;
    let book = series(store, &town, 500).await;
    store.add_version(version(601, 700, new_in(book, "集"), &town)).await.expect("added");
    let heard = |device, at, position_ms| Listened {
        user_id: town.member_a,
        item_id: id(700),
        device,
        began_at: at,
        at,
        heard_ms: 5_000,
        position_ms,
        finished: false,
    };
    let (phone, desk) = (LeaseDevice::Phone, LeaseDevice::Desktop);
    for step in 0..10 {
        let (at, position) = (NOW + step * 10_000, step * 10_000);
        store
            .keep_places(&[heard(phone, at, position), heard(desk, at + 1, position + 1)])
            .await
            .expect("kept");
    }
    let places = async || store.places(town.member_a, id(700), 10).await.expect("asked");
    assert_eq!(places().await.iter().map(|one| one.device).collect::<Vec<_>>(), [desk, phone]);
    for set_back in [60_000, 24 * 3_600_000] {
        store.keep_places(&[heard(phone, NOW - set_back, set_back)]).await.expect("kept");
        let now = places().await;
        assert_eq!(
            (now[0].position_ms, now[0].device),
            (set_back, phone),
            "what was heard last is the place"
        );
    }
}

/// What was heard last is where somebody is; a long silence or another device begins a sitting of its own.
pub async fn a_place_is_where_was_listened_last(store: &dyn Store) {
    let town = town(store).await;
    let book = series(store, &town, 500).await;
    for (number, episode) in [(601, 700), (602, 701)] {
        store.add_version(version(number, episode, new_in(book, "集"), &town)).await.expect("added");
    }
    let heard = |episode, device, at, position_ms| Listened {
        user_id: town.member_a,
        item_id: id(episode),
        device,
        began_at: at,
        at,
        heard_ms: 15_000,
        position_ms,
        finished: false,
    };
    let (phone, desk) = (LeaseDevice::Phone, LeaseDevice::Desktop);
    let later = NOW + 60_000 + SITTING_GAP_MS + 1;
    for step in [
        heard(700, phone, NOW, 15_000),
        heard(700, phone, NOW + 60_000, 30_000),
        heard(700, phone, later, 600_000),
        heard(700, desk, later + 10, 5_000),
        heard(701, phone, later + 5, 1_000),
    ] {
        store.keep_places(&[step]).await.expect("kept");
    }
    let places = store.places(town.member_a, id(700), 10).await.expect("asked");
    let seen: Vec<_> =
        places.iter().map(|one| (one.position_ms, one.began_at, one.heard_ms, one.device)).collect();
    assert_eq!(
        seen,
        [(5_000, later + 10, 15_000, desk), (600_000, later, 15_000, phone), (30_000, NOW, 30_000, phone)]
    );
    let end = Listened { finished: true, ..heard(700, desk, later + 20, 60_000) };
    store.keep_places(&[end, heard(700, desk, later + 30, 300)]).await.expect("kept");
    let again = store.places(town.member_a, id(700), 1).await.expect("asked");
    assert_eq!((again[0].position_ms, again[0].finished), (300, true), "the sitting heard the end");
    assert!(
        again[0].heard_ms <= 30_000 + 15_000,
        "no more than the time that passed and what was on its way"
    );
    let (last, total) = store.last_places(town.member_a, Page { offset: 0, limit: 1 }).await.expect("asked");
    assert_eq!((last.len(), last[0].item_id, last[0].position_ms, total), (1, id(700), 300, 2));
    let (rest, _) = store.last_places(town.member_a, Page { offset: 1, limit: 5 }).await.expect("asked");
    assert_eq!(rest.iter().map(|one| one.item_id).collect::<Vec<_>>(), [id(701)]);
    assert_eq!(store.listened_ms(town.member_a, NOW, later).await.expect("asked"), 30_000);
    assert_eq!(store.listened_ms(town.member_b, NOW, later).await.expect("asked"), 0);
    for queue in [vec![id(701), id(700)], vec![id(700)]] {
        store.set_queue(town.member_a, &queue).await.expect("kept");
        assert_eq!(store.queue(town.member_a).await.expect("asked"), queue);
    }
    for marked in [true, true, false] {
        store.set_favourite(town.member_a, book, marked, NOW).await.expect("kept");
        let favourites = store.favourites(town.member_a).await.expect("asked");
        assert_eq!(favourites.len(), usize::from(marked));
    }
}
