//! How long what is asked for takes to come: the round trip, and what the sender needs besides. Measured as in RFC 6298, by
//! the packets that were asked for and came.
//!
//! Pure: times are given.

/// Before anything came: a line to a neighbouring town, with room.
const GUESS_US: i64 = 100_000;
/// Nobody is asked more often than this, nor less often than that.
const LEAST_US: i64 = 20_000;
const MOST_US: i64 = 500_000;
/// A sender's clock and our own tick are no finer.
const GRAIN_US: i64 = 5_000;

/// What is known of the line.
#[derive(Debug, Clone, Copy)]
pub struct Trip {
    mean_us: i64,
    spread_us: i64,
    measured: bool,
}

impl Default for Trip {
    fn default() -> Self {
        Self { mean_us: GUESS_US, spread_us: 0, measured: false }
    }
}

impl Trip {
    /// Something came so long after it was asked for.
    pub fn took(&mut self, us: i64) {
        let us = us.clamp(LEAST_US, MOST_US);
        if self.too_soon(us) {
            // Overtaken rather than lost, or the line is better than thought: that shows soon enough.
            self.mean_us += (us - self.mean_us) / 32;
            return;
        }
        if std::mem::replace(&mut self.measured, true) {
            self.spread_us += ((us - self.mean_us).abs() - self.spread_us) / 4;
            self.mean_us += (us - self.mean_us) / 8;
        } else {
            (self.mean_us, self.spread_us) = (us, us / 4);
        }
    }

    /// What did not come after so long will not come: ask again.
    pub fn again_us(&self) -> i64 {
        (self.mean_us + (4 * self.spread_us).max(GRAIN_US)).clamp(LEAST_US, MOST_US)
    }

    /// Too soon to be an answer to what was asked last.
    pub fn too_soon(&self, us: i64) -> bool {
        us < self.mean_us / 2
    }

    /// As it stands, microseconds.
    pub fn mean_us(&self) -> i64 {
        self.mean_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_settles_a_little_above_what_things_take() {
        let mut trip = Trip::default();
        assert_eq!(trip.again_us(), GUESS_US + GRAIN_US);
        for n in 0..40 {
            trip.took(55_000 + n % 3 * 5_000);
        }
        assert!((60_000..90_000).contains(&trip.again_us()), "{}", trip.again_us());
        assert!(trip.too_soon(20_000) && !trip.too_soon(40_000));
    }

    #[test]
    fn packets_that_were_only_overtaken_say_little_and_a_fast_line_is_found_out() {
        let mut trip = Trip::default();
        for n in 0..200 {
            trip.took(if n % 5 == 0 { 2_000 } else { 100_000 });
        }
        assert!(trip.mean_us() > 80_000, "{}", trip.mean_us());
        for _ in 0..100 {
            trip.took(2_000);
        }
        assert!(trip.mean_us() < 30_000, "{}", trip.mean_us());
    }

    #[test]
    fn nothing_takes_it_out_of_its_bounds() {
        let mut trip = Trip::default();
        for us in [i64::MIN, 0, 1, -5, i64::MAX, 0, i64::MAX] {
            trip.took(us);
            assert!((LEAST_US..=MOST_US).contains(&trip.again_us()));
        }
    }
}
