//! How much media a lease can plausibly have played, in server time only: a token bucket.
//!
//! One millisecond of server time fills one token, up to the longest silence the rule allows; a claim
//! at rate r spends media ÷ r. So pinging often gains nothing, waiting gains at most one silence, and
//! the order and number of beats do not matter. Must never trust a figure of the client but the claim.

use super::{interval::Interval, rule::Rule};

/// Ceiling of `media_ms` played at `rate_milli`, in server milliseconds.
pub(super) fn cost_ms(media_ms: i64, rate_milli: i64) -> i64 {
    let product = i128::from(media_ms) * 1000;
    i64::try_from((product + i128::from(rate_milli) - 1) / i128::from(rate_milli)).unwrap_or(i64::MAX)
}

fn media_for(tokens: i64, rate_milli: i64) -> i64 {
    i64::try_from(i128::from(tokens) * i128::from(rate_milli) / 1000).unwrap_or(i64::MAX)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    tokens: i64,
    filled_at: i64,
    allowance_left: i64,
    /// Time ran over the brim since the receipt before: what is missing now was silence, and the
    /// allowance, which is for jitter, does not make up for it.
    spilled: bool,
}

impl Bucket {
    pub(super) fn new(issued_at: i64, rule: &Rule) -> Self {
        Self { tokens: 0, filled_at: issued_at, allowance_left: rule.allowance_ms, spilled: false }
    }

    /// Lets time pass up to a receipt. `outages` are the server's own, ascending by end: a client could
    /// not deliver in them, so for a while after each the brim is higher by its length.
    pub(super) fn fill(&mut self, now: i64, outages: &[Interval], rule: &Rule) {
        let passed = now.saturating_sub(self.filled_at);
        if passed <= 0 {
            return;
        }
        let past = outages.partition_point(|out| out.to.saturating_add(rule.outage_grace_ms) <= now);
        let missed: i64 = outages[past..].iter().take_while(|out| out.to <= now).map(|out| out.ms()).sum();
        let brim = rule.max_silence_ms.saturating_add(missed);
        let level = self.tokens.saturating_add(passed);
        self.spilled = level > brim;
        self.tokens = level.min(brim);
        self.filled_at = now;
    }

    /// Spends for `media_ms` at `rate_milli` and says how much of it was there.
    pub(super) fn take(&mut self, media_ms: i64, rate_milli: i64) -> i64 {
        let covered = media_for(self.tokens, rate_milli).min(media_ms);
        if covered == media_ms {
            self.tokens -= cost_ms(media_ms, rate_milli);
            return media_ms;
        }
        self.tokens = 0;
        let extra = if self.spilled { 0 } else { self.allowance_left.min(media_ms - covered) };
        self.allowance_left -= extra;
        covered + extra
    }

    /// What is missing now was silence.
    pub(super) fn spilled(&self) -> bool {
        self.spilled
    }
}
