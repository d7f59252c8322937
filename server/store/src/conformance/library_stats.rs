//! Cases of what was heard of the library, in figures.

use uuid::Uuid;
use yunke_domain::{Item, LeaseDevice, LeasePurpose};

use super::{
    NOW, Town, beats, id,
    library::{new_in, series, version},
    town,
};
use crate::{
    BeatRow, CurveFilter, FiguresBy, FiguresFilter, LeaseRow, LibraryFigures, Listened, RunClock,
    SITTING_GAP_MS, Store,
};

/// The end of everything the cases do.
const LATER: i64 = NOW + 90 * 86_400_000;

async fn start(store: &dyn Store) -> (Town, Uuid) {
    let town = town(store).await;
    let book = series(store, &town, 500).await;
    for (number, episode) in [(601, 700), (602, 701)] {
        store.add_version(version(number, episode, new_in(book, "集"), &town)).await.expect("added");
    }
    (town, book)
}

/// Somebody listens from `at` on for so many minutes.
async fn listen(store: &dyn Store, user_id: Uuid, episode: u128, at: i64, minutes: i64, finished: bool) {
    for minute in 1..=minutes {
        let heard = Listened {
            user_id,
            item_id: id(episode),
            device: LeaseDevice::Phone,
            began_at: at + minute * 60_000,
            at: at + minute * 60_000,
            heard_ms: 60_000,
            position_ms: minute * 60_000,
            finished: finished && minute == minutes,
        };
        store.keep_places(&[heard]).await.expect("kept");
    }
}

fn filter(town: &Town) -> FiguresFilter {
    let within_paths = vec![town.station_a.path.clone()];
    FiguresFilter { within_paths, series_id: None, episode_id: None, from: 0, until: LATER }
}

async fn rows(store: &dyn Store, filter: FiguresFilter, by: FiguresBy) -> Vec<(Option<Uuid>, [i64; 4])> {
    let rows = store.figures(filter, by).await.expect("asked");
    rows.into_iter().map(|row| (row.subject, figures(row.heard))).collect()
}

/// Listeners, plays, minutes, completions.
fn figures(heard: LibraryFigures) -> [i64; 4] {
    [heard.listeners, heard.plays, heard.heard_ms / 60_000, heard.completions]
}

/// Of each series, episode and branch, and of all: a person is one however many episodes they hear.
pub async fn what_was_heard_is_counted_once(store: &dyn Store) {
    let (town, book) = start(store).await;
    assert_eq!(rows(store, filter(&town), FiguresBy::All).await, []);
    let next = NOW + SITTING_GAP_MS + 3_600_000;
    listen(store, town.member_a, 700, NOW, 5, false).await;
    listen(store, town.member_a, 701, next, 7, false).await;
    listen(store, town.member_b, 700, NOW, 2, true).await;
    listen(store, town.organizer, 700, NOW, 1, false).await;
    // Three seconds are no play, and who heard no more is no listener.
    let glance = Listened {
        user_id: town.lecturer,
        item_id: id(701),
        device: LeaseDevice::Desktop,
        began_at: NOW,
        at: NOW,
        heard_ms: 3_000,
        position_ms: 3_000,
        finished: false,
    };
    store.keep_places(&[glance]).await.expect("kept");
    assert_eq!(rows(store, filter(&town), FiguresBy::All).await, [(None, [3, 4, 15, 1])]);
    assert_eq!(rows(store, filter(&town), FiguresBy::Series).await, [(Some(book), [3, 4, 15, 1])]);
    assert_eq!(
        rows(store, filter(&town), FiguresBy::Episode).await,
        [(Some(id(700)), [3, 3, 8, 1]), (Some(id(701)), [1, 1, 7, 0])]
    );
    let named = store.figures(filter(&town), FiguresBy::Branch).await.expect("asked");
    let named: Vec<_> = named
        .iter()
        .map(|row| (row.subject, row.name.as_deref(), row.parent.as_deref(), figures(row.heard)))
        .collect();
    assert_eq!(
        named,
        [
            (Some(town.branch_a.id), Some("甲支部"), Some("甲站"), [1, 2, 12, 0]),
            (Some(town.branch_b.id), Some("乙支部"), Some("乙站"), [1, 1, 2, 1]),
            (None, None, None, [1, 1, 1, 0]),
        ]
    );
    let one = FiguresFilter { episode_id: Some(id(701)), ..filter(&town) };
    assert_eq!(rows(store, one, FiguresBy::All).await, [(None, [1, 1, 7, 0])]);
    let other = FiguresFilter { series_id: Some(id(999)), ..filter(&town) };
    assert_eq!(rows(store, other, FiguresBy::All).await, []);
    let elsewhere = FiguresFilter { within_paths: vec![town.station_b.path.clone()], ..filter(&town) };
    assert_eq!(rows(store, elsewhere, FiguresBy::All).await, []);
    let late = FiguresFilter { from: next, ..filter(&town) };
    assert_eq!(rows(store, late, FiguresBy::Branch).await, [(Some(town.branch_a.id), [1, 1, 7, 0])]);
}

/// Half on Monday and half on Tuesday is one completion, hearing it again adds none; and nobody hears more than 24 hours a day.
pub async fn days_have_24_hours_and_a_completion_is_one(store: &dyn Store) {
    let (town, _) = start(store).await;
    let tuesday = NOW + 86_400_000;
    let wednesday = tuesday + 86_400_000;
    listen(store, town.member_a, 700, NOW, 10, false).await;
    listen(store, town.member_a, 700, tuesday, 10, true).await;
    listen(store, town.member_a, 700, wednesday, 20, true).await;
    assert_eq!(rows(store, filter(&town), FiguresBy::All).await, [(None, [1, 3, 40, 1])]);
    let again = FiguresFilter { from: wednesday, ..filter(&town) };
    assert_eq!(rows(store, again, FiguresBy::All).await, [(None, [1, 1, 20, 0])], "completed before");
    // Two episodes at once for a whole day, and half an hour more: midnight of Shanghai to midnight.
    let day = NOW + 10 * 86_400_000;
    let day = day - (day + 8 * 3_600_000) % 86_400_000;
    for episode in [700, 701] {
        for half in 1..=47 {
            let heard = Listened {
                user_id: town.member_b,
                item_id: id(episode),
                device: LeaseDevice::Phone,
                began_at: day + half * 29 * 60_000,
                at: day + half * 29 * 60_000,
                heard_ms: 29 * 60_000,
                position_ms: 1_000,
                finished: false,
            };
            store.keep_places(&[heard]).await.expect("kept");
        }
    }
    let two = FiguresFilter { from: day, ..filter(&town) };
    assert_eq!(rows(store, two.clone(), FiguresBy::All).await, [(None, [1, 2, 24 * 60, 0])]);
    let each = 1 + 46 * 29;
    assert_eq!(
        rows(store, two, FiguresBy::Episode).await,
        [(Some(id(700)), [1, 1, each, 0]), (Some(id(701)), [1, 1, each, 0])]
    );
}

/// What was skipped was not heard, hearing it twice counts once, and a claim that no player makes does not count.
pub async fn a_curve_has_the_parts_that_were_heard(store: &dyn Store) {
    let (town, _) = start(store).await;
    store.begin_run(id(900), NOW, RunClock::default()).await.expect("begun");
    let curve = async |from, until| {
        let filter = CurveFilter { episode_id: id(700), length_ms: 100_000, parts: 10, from, until };
        store.curve(filter).await.expect("asked")
    };
    assert_eq!(curve(0, LATER).await, [0; 10]);
    for (number, user_id) in [(300, town.member_a), (301, town.member_a), (302, town.member_b)] {
        let lease = LeaseRow {
            id: id(number),
            item: Item::episode(id(700)),
            user_id,
            branch_id: None,
            purpose: LeasePurpose::Watch,
            device: LeaseDevice::Phone,
            issued_at: NOW,
            expires_at: NOW + 3_600_000,
        };
        store.issue_lease(lease).await.expect("issued");
    }
    let beat = |lease, seq, at, from_ms, to_ms| {
        let BeatRow { lease_id, received_at, body } = beats::beat(id(lease), seq, at);
        BeatRow { lease_id, received_at, body: crate::BeatBody { from_ms, to_ms, ..body } }
    };
    let beats = [
        beat(300, 1, NOW, 0, 15_000),
        beat(300, 2, NOW, 15_000, 30_000),
        beat(300, 3, NOW, 80_000, 100_000),
        beat(301, 1, NOW + 500, 0, 30_000),
        beat(302, 1, NOW + 500, 9_999, 10_000),
        beat(302, 2, NOW + 500, 0, 999_000),
    ];
    store.append_beats(id(900), NOW + 500, &beats).await.expect("kept");
    assert_eq!(curve(0, LATER).await, [2, 1, 1, 0, 0, 0, 0, 0, 1, 1]);
    assert_eq!(curve(NOW + 1, LATER).await, [2, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(curve(0, NOW).await, [0; 10]);
}
