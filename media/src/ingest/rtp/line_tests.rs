//! Asking and waiting over lines that lose, by a model of one: a sender as browsers are, packets and questions lost alike.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;

use super::{
    receiver::VIDEO_PATIENCE,
    reorder::{Ordered, Reorder},
    trip::Trip,
};
use crate::{unit::Track, webrtc::rtp::Packet};

const SECONDS: i64 = 60;
/// 20 pictures a second, of ten packets.
const PICTURE_MS: i64 = 50;
const PACKETS: i64 = 10;
/// What a sender still has.
const KEPT_MS: i64 = 1_000;

#[derive(Clone, Copy)]
struct Model {
    /// Of a thousand, each way.
    lost: u64,
    trip_ms: i64,
    /// Packets are up to so much late, each by itself: some overtake others.
    jitter_ms: i64,
    seed: u64,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Dropped by the line, of those that were sent first.
    dropped: u64,
    /// Given up.
    lost: u64,
    /// Questions for packets, and questions for packets that were there or on their way by themselves.
    asked: u64,
    needless: u64,
    /// The longest that one was waited for.
    waited_ms: i64,
}

enum Event {
    Arrives(u16),
    Asked(Vec<u16>),
}

struct Dice(u64);

impl Dice {
    /// `SplitMix64`.
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit.max(1)
    }
}

fn packet(sequence: u16) -> Packet {
    Packet { track: Track::Video, sequence, timestamp: 0, marker: false, payload: Bytes::new() }
}

fn run(model: Model) -> Outcome {
    let (mut reorder, mut trip, mut dice) = (Reorder::new(VIDEO_PATIENCE), Trip::default(), Dice(model.seed));
    let mut events: BTreeMap<i64, Vec<Event>> = BTreeMap::new();
    // When each was sent first and last, and whether the line dropped it then.
    let mut sent: HashMap<u16, (i64, i64, bool)> = HashMap::new();
    let mut out = Outcome { dropped: 0, lost: 0, asked: 0, needless: 0, waited_ms: 0 };
    let mut next: u16 = 65_000;
    for ms in 0..SECONDS * 1_000 + 2_000 {
        let transmit = |sequence, events: &mut BTreeMap<i64, Vec<Event>>, dice: &mut Dice| {
            let dropped = dice.below(1_000) < model.lost;
            let late = i64::try_from(dice.below(model.jitter_ms.unsigned_abs() + 1)).expect("small");
            if !dropped {
                events.entry(ms + model.trip_ms / 2 + late).or_default().push(Event::Arrives(sequence));
            }
            dropped
        };
        if ms < SECONDS * 1_000 && ms % PICTURE_MS < PACKETS {
            let dropped = transmit(next, &mut events, &mut dice);
            out.dropped += u64::from(dropped);
            sent.insert(next, (ms, i64::MIN, dropped));
            next = next.wrapping_add(1);
        }
        for event in events.remove(&ms).unwrap_or_default() {
            match event {
                Event::Arrives(sequence) => _ = reorder.push(packet(sequence), ms * 1_000, &mut trip),
                Event::Asked(sequences) => {
                    for sequence in sequences {
                        let (first, last, _) = sent[&sequence];
                        // As browsers do: not again before an answer could have been missed.
                        if ms - first <= KEPT_MS && ms.saturating_sub(last) >= model.trip_ms {
                            transmit(sequence, &mut events, &mut dice);
                            sent.entry(sequence).and_modify(|(_, last, _)| *last = ms);
                        }
                    }
                }
            }
        }
        while let Some(ordered) = reorder.pop(ms * 1_000, &trip) {
            match ordered {
                Ordered::Packet(Packet { sequence, .. }) => {
                    let waited = ms - sent[&sequence].0 - model.trip_ms / 2;
                    out.waited_ms = out.waited_ms.max(waited);
                }
                Ordered::Lost(count) => out.lost += count,
            }
        }
        let asked = reorder.ask(ms * 1_000, &trip);
        out.asked += u64::try_from(asked.len()).expect("small");
        out.needless += asked.iter().filter(|sequence| !sent[sequence].2).count() as u64;
        if !asked.is_empty() && dice.below(1_000) >= model.lost {
            events.entry(ms + model.trip_ms / 2).or_default().push(Event::Asked(asked));
        }
    }
    let tally = reorder.tally();
    assert_eq!((tally.lost, tally.asked), (out.lost, out.asked));
    out
}

const LINE: Model = Model { lost: 30, trip_ms: 50, jitter_ms: 0, seed: 1 };

#[test]
fn over_three_percent_and_fifty_milliseconds_nothing_is_lost_and_little_is_asked_twice() {
    for seed in 1..=10 {
        let out = run(Model { seed, ..LINE });
        assert!(out.dropped > 250 && out.lost == 0, "{out:?}");
        assert!(out.asked * 100 <= out.dropped * 125, "{out:?}");
        assert!(out.waited_ms <= 500, "{out:?}");
    }
}

#[test]
fn over_ten_percent_next_to_nothing_is_lost() {
    let lost: u64 = (1..=10)
        .map(|seed| {
            let out = run(Model { lost: 100, seed, ..LINE });
            assert!(out.dropped > 1_000 && out.lost <= 2, "{out:?}");
            assert!(out.asked * 100 <= out.dropped * 160, "{out:?}");
            assert!(out.waited_ms <= 1_000, "{out:?}");
            out.lost
        })
        .sum();
    assert!(lost <= 5, "{lost} of 12,000 that were dropped");
}

#[test]
fn a_line_of_four_hundred_milliseconds_is_learnt() {
    let out = run(Model { trip_ms: 400, ..LINE });
    assert!(out.lost <= 3, "{out:?}");
    assert!(out.asked * 100 <= out.dropped * 170, "{out:?}");
}

#[test]
fn packets_that_overtake_each_other_are_hardly_asked_for() {
    let out = run(Model { lost: 0, jitter_ms: 4, ..LINE });
    assert_eq!((out.dropped, out.lost), (0, 0), "{out:?}");
    assert!(out.needless <= 400, "of 12,000: {out:?}");
    let out = run(Model { lost: 100, jitter_ms: 4, seed: 2, ..LINE });
    assert!(out.lost <= 2 && out.asked * 100 <= out.dropped * 200, "{out:?}");
}
