//! When a certificate is asked for. An authority that is asked too often answers nobody of this house for a week, so what was asked is
//! written down before it is asked, and counts over restarts.

use serde::{Deserialize, Serialize};
use yunke_store::UtcMillis;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Orders in any hour, however often the program is started.
const PER_HOUR: usize = 5;

/// The pause after the first failure; it doubles with each, up to [`LONGEST_MS`].
const PAUSE_MS: i64 = 10 * MINUTE_MS;
const LONGEST_MS: i64 = 12 * HOUR_MS;

/// What is kept of attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Attempts {
    /// When orders were begun, of the last hour.
    pub(super) begun: Vec<UtcMillis>,
    /// Failures in a row. An order that was begun and never came to an end is one.
    pub(super) failures: u32,
    /// Not before this.
    pub(super) not_before: UtcMillis,
    /// The sentence of the last failure.
    pub(super) sentence: Option<String>,
    /// What was asked for. Whoever changes it need not wait for what failed before.
    pub(super) names: Vec<String>,
}

impl Attempts {
    /// When the next may begin, at the earliest.
    pub(super) fn next(&self, now: UtcMillis) -> UtcMillis {
        // A clock that was wrong and is right now must not keep the house waiting for years.
        let paused = self.not_before.min(now + LONGEST_MS);
        let begun: Vec<_> = self.recent(now).collect();
        let crowded = begun.len().checked_sub(PER_HOUR).map_or(0, |at| begun[at] + HOUR_MS);
        paused.max(crowded)
    }

    fn recent(&self, now: UtcMillis) -> impl Iterator<Item = UtcMillis> {
        self.begun.iter().map(move |at| (*at).min(now)).filter(move |at| now - at < HOUR_MS)
    }

    /// One begins now. If nothing more is heard of it, it failed.
    pub(super) fn begin(&mut self, names: &[String], now: UtcMillis) {
        self.begun = self.recent(now).chain([now]).collect();
        names.clone_into(&mut self.names);
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + (PAUSE_MS << (self.failures - 1).min(10)).min(LONGEST_MS);
    }

    /// It failed, for this reason; the authority may have said when it wants to be asked again.
    pub(super) fn failed(&mut self, sentence: String, wait_ms: Option<i64>, now: UtcMillis) {
        self.sentence = Some(sentence);
        if let Some(wait) = wait_ms {
            self.not_before = self.not_before.max(now + wait.clamp(0, LONGEST_MS));
        }
    }

    /// It went well.
    pub(super) fn done(&mut self) {
        *self = Self {
            begun: std::mem::take(&mut self.begun),
            names: std::mem::take(&mut self.names),
            ..Self::default()
        };
    }

    /// Other names are wanted now than those that failed.
    pub(super) fn wanted(&mut self, names: &[String]) {
        if self.names != names {
            (self.failures, self.not_before, self.sentence) = (0, 0, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn names() -> Vec<String> {
        vec!["yunke.cn".to_owned()]
    }

    #[test]
    fn thirty_starts_that_never_come_to_an_end_are_at_most_five_orders_an_hour() {
        let mut kept = serde_json::to_string(&Attempts::default()).expect("JSON");
        let mut begun = Vec::new();
        for second in 0..(6 * 3600) {
            let now = NOW + second * 1000;
            let mut attempts: Attempts = serde_json::from_str(&kept).expect("JSON");
            attempts.wanted(&names());
            if attempts.next(now) <= now {
                attempts.begin(&names(), now);
                begun.push(now);
                kept = serde_json::to_string(&attempts).expect("JSON");
            }
        }
        let most = begun
            .iter()
            .map(|at| begun.iter().filter(|other| (*at..at + HOUR_MS).contains(other)).count())
            .max();
        assert!(most.is_some_and(|most| (2..=PER_HOUR).contains(&most)), "{begun:?}");
    }

    #[test]
    fn five_an_hour_holds_also_where_all_went_well() {
        let mut attempts = Attempts::default();
        for n in 0..5 {
            assert!(attempts.next(NOW + n) <= NOW + n);
            attempts.begin(&names(), NOW + n);
            attempts.done();
        }
        assert_eq!(attempts.next(NOW + 10), NOW + HOUR_MS);
    }

    #[test]
    fn an_authority_is_asked_when_it_says_and_a_wrong_clock_costs_half_a_day() {
        let mut attempts = Attempts::default();
        attempts.begin(&names(), NOW);
        attempts.failed("too many".to_owned(), Some(3 * HOUR_MS), NOW);
        assert_eq!(attempts.next(NOW), NOW + 3 * HOUR_MS);
        let before = NOW - 20 * 365 * 24 * HOUR_MS;
        assert_eq!(attempts.next(before), before + LONGEST_MS);
        attempts.wanted(&["other.cn".to_owned()]);
        assert_eq!(attempts.next(NOW), 0, "other names are another matter");
    }
}
