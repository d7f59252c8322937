use super::*;
use crate::codec::h264::tests::RECORD_720P;

const START_US: i64 = 1_800_000_000_000_000;

fn sending() -> Feed {
    let feed = Feed::default();
    let config = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
    feed.begin(Some(config), None, true);
    feed
}

fn picture(feed: &Feed, n: i64, key: bool) {
    let data = Bytes::from_static(if key { &[0, 0, 0, 2, 0x65, 7] } else { &[0, 0, 0, 2, 0x41, 7] });
    feed.frame(&Frame { track: Track::Video, dts_ms: 0, cts_ms: 0, key, data }, START_US + n * 40_000);
}

#[test]
fn who_joins_has_the_pictures_since_the_key_frame_and_then_each_one_once() {
    let feed = sending();
    for n in 0..8 {
        picture(&feed, n, n == 0 || n == 5);
    }
    let (group, mut live) = feed.join();
    let times: Vec<i64> = group.iter().map(|media| (media.at_us - START_US) / 40_000).collect();
    assert_eq!(times, [5, 6, 7]);
    assert!(group[0].key);
    picture(&feed, 8, false);
    assert_eq!(live.try_recv().expect("one").at_us, START_US + 8 * 40_000);
    assert!(live.try_recv().is_err());
    feed.pause();
    assert!(feed.join().0.is_empty(), "what a publisher sent before it went is not shown");
}

#[test]
fn a_group_without_end_is_not_kept() {
    let feed = sending();
    for n in 0..1_000 {
        picture(&feed, n, n == 0);
        assert!(feed.join().0.len() <= MAX_GROUP_PICTURES);
    }
    assert!(feed.join().0.is_empty());
    picture(&feed, 1_000, true);
    assert_eq!(feed.join().0.len(), 1);
}

#[test]
fn who_is_too_far_behind_is_told_and_nobody_waits() {
    let feed = sending();
    let (_, mut live) = feed.join();
    for n in 0..1_000 {
        picture(&feed, n, n == 0);
    }
    assert!(matches!(live.try_recv(), Err(broadcast::error::TryRecvError::Lagged(744))));
}

#[test]
fn wishes_are_merged_to_one_a_second() {
    let feed = sending();
    assert!(!feed.take_key_frame_request());
    for _ in 0..10 {
        feed.want_key();
    }
    assert!(feed.take_key_frame_request() && !feed.take_key_frame_request());
    feed.want_key();
    assert!(!feed.take_key_frame_request(), "a second has not passed");
    let mut wish = KeyFrameRequest { open: true, granted: Some(Instant::now()) };
    let later = Instant::now() + WISH_EVERY;
    assert!(wish.take(later) && !wish.take(later));
}

#[test]
fn reports_give_the_time_that_packets_have() {
    let feed = sending();
    let (_, mut live) = feed.join();
    picture(&feed, 0, true);
    feed.opus(77, START_US, Bytes::from_static(b"opus"));
    for track in [Track::Video, Track::Audio] {
        let media = live.try_recv().expect("one of each");
        assert_eq!((media.track, media.timestamp), (track, feed.timestamp(track, START_US)));
    }
}
