//! A publisher whose clock stands still, or hardly moves, while pictures come: its pictures get times by their arrival. Pure.

use yunke_protocol::UtcMillis;

/// It is looked at over so long, and over so many pictures.
const WINDOW_MS: i64 = 600;
const WINDOW_FRAMES: i64 = 5;
/// No camera has pictures nearer to each other on the average.
const LEAST_STEP_US: i64 = 2_000;
/// Further from where the clock says than this, times go there at once; nearer, a bit at a time.
const FAR_US: i64 = 500_000;

/// Watches the times of the pictures, and replaces them where they stand.
#[derive(Debug, Default)]
pub(super) struct Still {
    window: Option<Window>,
    stands: bool,
    /// When the last picture arrived, and the usual distance to the one before, microseconds.
    last_arrival: Option<UtcMillis>,
    step_us: i64,
}

#[derive(Debug)]
struct Window {
    arrival: UtcMillis,
    given_us: i64,
    frames: i64,
}

impl Still {
    /// Notes a picture's time; true while its clock stands.
    pub(super) fn look(&mut self, given_us: i64, arrival: UtcMillis) -> bool {
        let waited = self.last_arrival.replace(arrival).map_or(0, |before| (arrival - before).max(0) * 1000);
        self.step_us = if self.step_us == 0 { waited } else { self.step_us + (waited - self.step_us) / 8 };
        let window = self.window.get_or_insert(Window { arrival, given_us, frames: 0 });
        window.frames += 1;
        if arrival - window.arrival >= WINDOW_MS && window.frames > WINDOW_FRAMES {
            self.stands = (given_us - window.given_us).abs() < LEAST_STEP_US * window.frames;
            self.window = Some(Window { arrival, given_us, frames: 0 });
        }
        self.stands
    }

    /// The time of a picture that arrived when the clock was there, after the one before.
    pub(super) fn replace(&self, last_us: i64, clock_us: i64) -> i64 {
        let next = last_us + self.step_us.max(1_000);
        let off = clock_us - next;
        if off > FAR_US { clock_us } else { (next + off / 8).max(last_us + 1_000) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found of pictures 40 ms apart, with times of so many microseconds each.
    fn found(step_us: i64, arrivals: impl Fn(i64) -> i64) -> Vec<bool> {
        let mut still = Still::default();
        (0..75).map(|n| still.look(n * step_us, arrivals(n))).collect()
    }

    #[test]
    fn a_clock_that_stands_or_counts_seconds_is_found_within_a_second() {
        for step_us in [0, 40, 1_000] {
            let stands = found(step_us, |n| n * 40);
            assert!(!stands[10] && stands[20..].iter().all(|stands| *stands), "{step_us}");
        }
    }

    #[test]
    fn a_stall_a_burst_and_a_slow_encoder_are_none() {
        assert!(!found(40_000, |n| if n < 20 { n * 40 } else { 9_000 + n }).contains(&true));
        assert!(!found(40_000, |n| n / 25 * 1_000).contains(&true));
        assert!(!found(40_000, |n| n * 200).contains(&true));
    }

    #[test]
    fn times_by_arrival_follow_the_clock_without_its_jitter() {
        let mut still = Still::default();
        let (mut last, mut steps) = (0, Vec::new());
        for n in 0..100 {
            let arrival = n * 40 + if n % 3 == 0 { 25 } else { 0 };
            still.look(0, arrival);
            let next = still.replace(last, arrival * 1000);
            steps.push(next - last);
            last = next;
        }
        assert!((last - 3_960_000).abs() < 60_000, "{last}");
        assert!(steps[20..].iter().all(|step| (25_000..55_000).contains(step)), "{steps:?}");
    }
}
