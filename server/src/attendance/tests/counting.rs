//! The viewer counts.

use super::*;

fn feed(presence: &mut Presence, member: u128, beat: &Beat) {
    presence.receive(member, beat, Some(ZERO), &Rule::default());
}

#[test]
fn a_viewer_counts_from_the_first_playing_beat_to_the_farewell() {
    let mut presence = Presence::starting(ZERO);
    feed(&mut presence, 1, &beat(1, 1, 0, 0, 0));
    assert_eq!(presence.now(), 1);
    feed(&mut presence, 1, &Beat { state: BeatState::Left, ..beat(1, 2, 10 * S, 0, 0) });
    assert_eq!(presence.now(), 0);
    feed(&mut presence, 1, &beat(1, 3, 11 * S, 0, 0));
    assert_eq!(presence.now(), 1, "and is back with the next playing beat");
    feed(&mut presence, 1, &Beat { cause: BeatCause::Hide, ..beat(1, 4, 12 * S, 0, 1) });
    assert_eq!(presence.now(), 0, "a last played piece at page hide is a farewell too");
}

#[test]
fn a_crashed_phone_is_gone_after_45_seconds() {
    let mut presence = Presence::starting(ZERO);
    feed(&mut presence, 1, &beat(1, 1, 0, 0, 0));
    presence.pass(ZERO + 45 * S);
    assert_eq!(presence.now(), 1);
    assert_eq!(presence.next_change(), Some(ZERO + 45 * S + 1));
    presence.pass(ZERO + 45 * S + 1);
    assert_eq!((presence.now(), presence.peak()), (0, 1));
}

#[test]
fn a_queue_that_arrives_after_the_farewell_brings_nobody_back() {
    let mut presence = Presence::starting(ZERO);
    feed(&mut presence, 1, &beat(1, 1, 0, 0, 0));
    feed(&mut presence, 1, &Beat { state: BeatState::Left, ..beat(1, 4, 10 * S, 0, 0) });
    feed(&mut presence, 1, &beat(1, 2, 11 * S, 0, 5 * S));
    assert_eq!(presence.now(), 0);
}

#[test]
fn two_devices_are_one_viewer_and_the_first_to_leave_takes_nobody_along() {
    let mut presence = Presence::starting(ZERO);
    feed(&mut presence, 1, &beat(1, 1, 0, 0, 0));
    feed(&mut presence, 1, &beat(2, 1, S, 0, 0));
    feed(&mut presence, 9, &beat(3, 1, S, 0, 0));
    assert_eq!(presence.now(), 2);
    feed(&mut presence, 1, &Beat { state: BeatState::Left, ..beat(1, 2, 2 * S, 0, 0) });
    assert_eq!(presence.now(), 2);
}

#[test]
fn waiting_paused_ahead_or_racing_makes_nobody_present() {
    let mut presence = Presence::starting(ZERO);
    let no = beat(1, 1, 10 * S, 0, 0);
    feed(&mut presence, 1, &Beat { state: BeatState::Buffering, ..no });
    feed(&mut presence, 1, &Beat { seq: 2, state: BeatState::Paused, ..no });
    feed(&mut presence, 1, &Beat { seq: 3, rate_milli: 2_000, ..no });
    feed(&mut presence, 1, &Beat { seq: 4, from: Position::new(60 * S), to: Position::new(75 * S), ..no });
    presence.receive(1, &Beat { seq: 5, ..no }, None, &Rule::default());
    assert_eq!((presence.now(), presence.peak()), (0, 0));
}

#[test]
fn the_peak_is_of_moments_not_of_the_order_within_one() {
    // One leaves in the very millisecond in which the other comes.
    let mut presence = Presence::starting(ZERO);
    feed(&mut presence, 1, &beat(1, 1, 0, 0, 0));
    feed(&mut presence, 2, &beat(2, 1, 10 * S, 0, 0));
    feed(&mut presence, 1, &Beat { state: BeatState::Left, ..beat(1, 2, 10 * S, 0, 0) });
    presence.pass(ZERO + 11 * S);
    assert_eq!((presence.now(), presence.peak()), (1, 1));
}

#[test]
fn the_audience_per_minute_counts_a_member_once_a_minute() {
    let set = |pairs: &[(i64, i64)]| -> IntervalSet<Utc> {
        pairs.iter().map(|&(a, b)| Interval::new(ZERO + a, ZERO + b)).collect()
    };
    let (a, b) = (set(&[(0, 10 * S), (20 * S, 70 * S)]), set(&[(65 * S, 180 * S), (300 * S, 301 * S)]));
    let curve: Vec<_> = audience_by_minute([&a, &b], ZERO).iter().map(|m| (m.minute, m.people)).collect();
    assert_eq!(curve, [(0, 1), (1, 2), (2, 1), (5, 1)]);
}
