//! Which packets of a track are missing, and when to ask for which again: at once when a hole shows itself, then each time an
//! answer could have come, for as long as what comes is of use.
//!
//! Pure: times are given; whoever owns it asks.

use std::collections::BTreeMap;

use super::trip::Trip;

/// Packets that overtook each other on the way are back in order after so many others, or so long.
const OVERTAKEN: i64 = 3;
const OVERTAKEN_US: i64 = 10_000;
/// One packet is asked for so often at most.
const MAX_TRIES: u32 = 10;
/// Packets asked for at once; the others are next. More than these a line that lost so much would not carry besides.
const MAX_ASKED: usize = 128;
/// Packets that are missing at once; of a larger hole only the end can still come, as senders keep about a second.
const MAX_HOLES: usize = 1024;

#[derive(Debug, Clone, Copy)]
struct Hole {
    since_us: i64,
    /// When it was asked for first and last, and how often.
    asked: Option<(i64, i64)>,
    tries: u32,
}

/// What became of packets that did not come by themselves.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Missing when the next one came.
    pub missing: u64,
    /// Questions; one packet can be asked for several times.
    pub asked: u64,
    /// They came after they were asked for.
    pub mended: u64,
    /// They never came, or too late.
    pub lost: u64,
}

/// The missing packets of one track, by their numbers that do not wrap.
#[derive(Debug, Default)]
pub struct Missing {
    holes: BTreeMap<i64, Hole>,
    /// The highest number that came.
    newest: Option<i64>,
    tally: Tally,
}

impl Missing {
    /// A packet came.
    pub fn came(&mut self, at: i64, now_us: i64, trip: &mut Trip) {
        if let Some(hole) = self.holes.remove(&at) {
            if let Some((first_us, last_us)) = hole.asked {
                self.tally.mended += 1;
                // It may be the answer to any of the questions, and surely not to one that could not have been read yet.
                let since_last = now_us - last_us;
                let soon = hole.tries > 1 && trip.too_soon(since_last);
                trip.took(if soon { now_us - first_us } else { since_last });
            }
            return;
        }
        let Some(newest) = self.newest else {
            self.newest = Some(at);
            return;
        };
        if at <= newest {
            return;
        }
        self.tally.missing += (at - newest - 1).unsigned_abs();
        let hole = Hole { since_us: now_us, asked: None, tries: 0 };
        self.holes.extend((newest + 1..at).map(|number| (number, hole)));
        while self.holes.len() > MAX_HOLES {
            self.holes.pop_first();
        }
        self.newest = Some(at);
    }

    /// What lies before this is not waited for any more.
    pub fn give_up(&mut self, before: i64) {
        let after = self.holes.split_off(&before);
        self.holes = after;
    }

    /// So many are not waited for any more.
    pub fn lost(&mut self, count: u64) {
        self.tally.lost += count;
    }

    /// The sender begins anew, with this one.
    pub fn reset(&mut self, at: i64) {
        self.holes.clear();
        self.newest = Some(at);
    }

    /// Since when this one is missing.
    pub fn since_us(&self, at: i64) -> Option<i64> {
        self.holes.get(&at).map(|hole| hole.since_us)
    }

    /// What to ask for now; it counts as asked.
    pub fn ask(&mut self, now_us: i64, trip: &Trip) -> Vec<i64> {
        let Some(newest) = self.newest else { return Vec::new() };
        let due = |(at, hole): &(&i64, &mut Hole)| {
            due_us(**at, hole, newest, trip).is_some_and(|due| due <= now_us)
        };
        let asked: Vec<i64> = self
            .holes
            .iter_mut()
            .filter(due)
            .take(MAX_ASKED)
            .map(|(at, hole)| {
                hole.asked = Some((hole.asked.map_or(now_us, |(first, _)| first), now_us));
                hole.tries += 1;
                *at
            })
            .collect();
        self.tally.asked += u64::try_from(asked.len()).unwrap_or_default();
        asked
    }

    /// When there is something to ask for.
    pub fn due_us(&self, trip: &Trip) -> Option<i64> {
        let newest = self.newest?;
        self.holes.iter().filter_map(|(at, hole)| due_us(*at, hole, newest, trip)).min()
    }

    /// What became of packets so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

fn due_us(at: i64, hole: &Hole, newest: i64, trip: &Trip) -> Option<i64> {
    match hole.asked {
        None if newest - at >= OVERTAKEN => Some(hole.since_us),
        None => Some(hole.since_us + OVERTAKEN_US),
        Some(_) if hole.tries >= MAX_TRIES => None,
        Some((_, last_us)) => Some(last_us + trip.again_us()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_asked_for_at_once_and_again_each_round_trip() {
        let (mut missing, mut trip) = (Missing::default(), Trip::default());
        missing.came(1, 0, &mut trip);
        missing.came(3, 1_000, &mut trip);
        assert_eq!(missing.ask(1_000, &trip), [] as [i64; 0], "it may have been overtaken");
        missing.came(4, 1_500, &mut trip);
        missing.came(5, 2_000, &mut trip);
        assert_eq!(missing.ask(2_000, &trip), [2], "three have overtaken it");
        assert_eq!(missing.ask(100_000, &trip), [] as [i64; 0]);
        assert_eq!(missing.due_us(&trip), Some(107_000));
        assert_eq!(missing.ask(107_000, &trip), [2]);
        missing.came(2, 150_000, &mut trip);
        assert_eq!(
            (missing.due_us(&trip), trip.mean_us()),
            (None, 148_000),
            "the answer to the first question"
        );
        let tally = Tally { missing: 1, asked: 2, mended: 1, lost: 0 };
        assert_eq!(missing.tally(), tally);
    }

    #[test]
    fn one_that_was_only_overtaken_is_not_asked_for() {
        let (mut missing, mut trip) = (Missing::default(), Trip::default());
        for at in [1, 3, 2, 5, 4, 7] {
            missing.came(at, at * 1_000, &mut trip);
            assert!(missing.ask(at * 1_000, &trip).is_empty());
        }
        assert_eq!(missing.ask(17_000, &trip), [6], "it does not come by itself");
    }

    #[test]
    fn what_never_comes_is_asked_for_so_often_and_no_more() {
        let (mut missing, mut trip) = (Missing::default(), Trip::default());
        missing.came(0, 0, &mut trip);
        missing.came(2_000, 0, &mut trip);
        let asked: usize = (0..10_000).map(|ms| missing.ask(ms * 1_000, &trip).len()).sum();
        assert_eq!(asked, MAX_HOLES * MAX_TRIES as usize);
        assert_eq!(missing.due_us(&trip), None);
        missing.give_up(1_999);
        assert_eq!(missing.holes.len(), 1);
    }
}
