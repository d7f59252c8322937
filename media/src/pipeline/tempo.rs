//! Whether a publisher sends as much time as passes. Pure: the time of arrival is given.
//!
//! Looked at over more than ten seconds in which it sent all the time: a network that stalls and catches up is no slow encoder.

use std::collections::VecDeque;

use yunke_protocol::UtcMillis;

/// At least so much is looked at, and at most so much.
const LEAST_MS: i64 = 10_000;
const MOST_MS: i64 = 20_000;
/// How often a place is remembered.
const EACH_MS: i64 = 500;
/// A pause of the arrival, or a step of the publisher's clock, after which it is looked at anew.
const BREAK_MS: i64 = 1_000;
/// Below this, per mille of real time, it is slow; a clock that hardly moves at all says nothing.
const SLOW: i64 = 950;
const STANDS: i64 = 50;

/// Follows the media of one publisher.
#[derive(Debug, Default)]
pub(super) struct Tempo {
    /// When a frame arrived, and how much media had come by then, milliseconds.
    places: VecDeque<(UtcMillis, i64)>,
    last: Option<(UtcMillis, u32)>,
    media_ms: i64,
}

impl Tempo {
    /// Notes a frame.
    pub(super) fn add(&mut self, dts_ms: u32, now: UtcMillis) {
        if let Some((before, time)) = self.last.replace((now, dts_ms)) {
            let step = i64::from(dts_ms.wrapping_sub(time).cast_signed());
            if now - before >= BREAK_MS || step.abs() >= BREAK_MS {
                self.places.clear();
            } else {
                self.media_ms += step;
            }
        }
        if self.places.back().is_none_or(|(at, _)| now - at >= EACH_MS) {
            self.places.push_back((now, self.media_ms));
            while self.places.front().is_some_and(|(at, _)| now - at > MOST_MS) {
                self.places.pop_front();
            }
        }
    }

    /// How much of real time arrives, per mille, where that is plainly too little.
    pub(super) fn slow(&self) -> Option<i64> {
        let ((from, first), (to, last)) = self.places.front().zip(self.places.back())?;
        if to - from < LEAST_MS {
            return None;
        }
        let pace = (last - first) * 1000 / (to - from);
        (STANDS..SLOW).contains(&pace).then_some(pace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found at the end of so many pictures of 40 ms, each of which arrived then.
    fn pace(pictures: u32, arrival: impl Fn(i64) -> i64) -> Option<i64> {
        let mut tempo = Tempo::default();
        for n in 0..pictures {
            tempo.add(n * 40, arrival(n.into()));
        }
        tempo.slow()
    }

    #[test]
    fn seven_tenths_of_real_time_are_told_after_ten_seconds() {
        let arrival = |n: i64| n * 400 / 7;
        assert_eq!(pace(150, arrival), None, "eight seconds");
        let pace = pace(400, arrival).expect("it is slow");
        assert!((690..=710).contains(&pace), "{pace}");
    }

    #[test]
    fn jitter_and_a_stall_that_is_made_up_for_are_not_slow() {
        assert_eq!(pace(500, |n| n * 40 + n % 7 * 30), None);
        assert_eq!(pace(500, |n| if (200..225).contains(&n) { 9_000 } else { n * 40 }), None);
        assert_eq!(
            pace(500, |n| if (200..300).contains(&n) { 12_000 } else { n * 40 }),
            None,
            "a longer one"
        );
        assert_eq!(pace(320, |n| if n > 300 { n * 40 + 5_000 } else { n * 40 }), None, "just after one");
    }

    #[test]
    fn a_clock_that_jumps_or_stands_is_told_elsewhere() {
        let mut tempo = Tempo::default();
        for n in 0..500_u32 {
            tempo.add(n * 40 + if n > 250 { 3_600_000 } else { 0 }, i64::from(n) * 40);
        }
        assert_eq!(tempo.slow(), None);
        let mut tempo = Tempo::default();
        (0..500).for_each(|n| tempo.add(7, n * 40));
        assert_eq!(tempo.slow(), None);
    }
}
