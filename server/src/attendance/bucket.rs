//! How much media can plausibly have been played, in server time only: a token bucket. Each lease has one,
//! and the member has one over all leases of the item, which only pays for media not covered before.
//!
//! One millisecond of server time fills one token, up to the longest silence the rule allows; a claim
//! at rate r spends media ÷ r. So pinging often gains nothing, waiting gains at most one silence, and
//! the order and number of beats do not matter. Must never trust a figure of the client but the claim.

use yunke_domain::{Interval, Utc};

use super::rule::Rule;

/// Ceiling of `media_ms` played at `rate_milli`, in server milliseconds.
pub(super) fn cost_ms(media_ms: i64, rate_milli: i64) -> i64 {
    let product = i128::from(media_ms) * 1000;
    i64::try_from((product + i128::from(rate_milli) - 1) / i128::from(rate_milli)).unwrap_or(i64::MAX)
}

fn media_for(tokens: i64, rate_milli: i64) -> i64 {
    i64::try_from(i128::from(tokens) * i128::from(rate_milli) / 1000).unwrap_or(i64::MAX)
}

/// What a claim is of: sound on a hidden page may make up for a longer silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claimed {
    Usual,
    HiddenSound,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    tokens: i64,
    /// What the silence before this receipt holds beyond the usual brim. Claims to sound on a hidden page spend it, of this
    /// receipt only: it is gone with the next.
    beyond: i64,
    /// Server time fills it from here on.
    began_at: Utc,
    /// Of the first receipt: when it was, and what the bucket held at most then.
    first: Option<(Utc, i64)>,
    filled_at: Utc,
    allowance_left: i64,
    /// Time ran over the brim since the receipt before: what is missing now was silence, and the
    /// allowance, which is for jitter, does not make up for it.
    spilled: bool,
    /// The same of the brim for sound on a hidden page.
    spilled_beyond: bool,
}

impl Bucket {
    /// Empty at `began_at`, with the whole allowance.
    pub(super) fn new(began_at: Utc, rule: &Rule) -> Self {
        Self {
            tokens: 0,
            beyond: 0,
            began_at,
            first: None,
            filled_at: began_at,
            allowance_left: rule.allowance_ms,
            spilled: false,
            spilled_beyond: false,
        }
    }

    /// It fills from `began_at` on, if that is earlier than known so far: a lease that was opened before the others may
    /// be heard of after them. What it would have held more at the first receipt is added: of a silence that was
    /// full already, nothing.
    pub(super) fn begin_by(&mut self, began_at: Utc) {
        if began_at >= self.began_at {
            return;
        }
        match self.first {
            None => self.filled_at = began_at,
            Some((at, brim)) => {
                let level = |began_at: Utc| at.since(began_at).clamp(0, brim);
                self.tokens += level(began_at) - level(self.began_at);
            }
        }
        self.began_at = began_at;
    }

    /// Since when it fills.
    pub(super) fn began_at(&self) -> Utc {
        self.began_at
    }

    /// Lets time pass up to a receipt. `outages` are the server's own, ascending by end: a client could
    /// not deliver in them, so for a while after each the brim is higher by its length. Its end is when the server noticed that it
    /// is over, which may be after the first receipt. `claimed`: whether any of what was
    /// received is of sound on a hidden page.
    pub(super) fn fill(&mut self, now: Utc, claimed: Claimed, outages: &[Interval<Utc>], rule: &Rule) {
        let passed = now.since(self.filled_at).max(0);
        let past = outages.partition_point(|out| out.to.saturating_add(rule.outage_grace_ms) <= now);
        let begun = outages[past..].iter().filter(|out| out.from < now);
        let missed: i64 = begun.map(|out| out.to.min(now).since(out.from)).sum();
        let brim = rule.max_silence_ms.saturating_add(missed);
        let higher = match claimed {
            Claimed::Usual => brim,
            Claimed::HiddenSound => brim.max(rule.hidden_sound_silence_ms.saturating_add(missed)),
        };
        self.first.get_or_insert((now, higher));
        let level = self.tokens.saturating_add(passed);
        self.tokens = level.min(brim);
        // Of one receipt the first look says whether it came after a silence, and what that holds.
        if passed > 0 {
            self.beyond = level.min(higher) - self.tokens;
            self.spilled = level > brim;
            self.spilled_beyond = level > higher;
        } else {
            self.spilled |= level > brim;
            self.spilled_beyond |= level > higher;
        }
        self.filled_at = self.filled_at.max(now);
    }

    /// Spends for `media_ms` at `rate_milli` and says how much of it was there. After a silence the allowance
    /// does not make up for what is missing.
    pub(super) fn take(&mut self, media_ms: i64, rate_milli: i64, claimed: Claimed) -> i64 {
        self.spend(media_ms, rate_milli, claimed, !self.spilled(claimed))
    }

    /// Spends for media nobody paid for before. Whether there was a silence the lease has judged already: of two
    /// buckets this one is the fuller, so it may run over where the lease's did not.
    pub(super) fn take_fresh(&mut self, media_ms: i64, rate_milli: i64, claimed: Claimed) -> i64 {
        self.spend(media_ms, rate_milli, claimed, true)
    }

    fn spend(&mut self, media_ms: i64, rate_milli: i64, claimed: Claimed, with_allowance: bool) -> i64 {
        let beyond = match claimed {
            Claimed::Usual => 0,
            Claimed::HiddenSound => std::mem::take(&mut self.beyond),
        };
        let held = self.tokens.saturating_add(beyond);
        let covered = media_for(held, rate_milli).min(media_ms);
        if covered == media_ms {
            let cost = cost_ms(media_ms, rate_milli);
            // What cannot be kept goes first.
            let from_beyond = cost.min(beyond);
            self.tokens -= cost - from_beyond;
            self.beyond += beyond - from_beyond;
            return media_ms;
        }
        self.tokens = 0;
        let extra = if with_allowance { self.allowance_left.min(media_ms - covered) } else { 0 };
        self.allowance_left -= extra;
        covered + extra
    }

    /// What is missing now was silence.
    pub(super) fn spilled(&self, claimed: Claimed) -> bool {
        match claimed {
            Claimed::Usual => self.spilled,
            Claimed::HiddenSound => self.spilled_beyond,
        }
    }
}
