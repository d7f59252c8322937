//! Which lease was sent which stretch of a lesson lately: what corroborates a viewer's beats.
//!
//! It is counted when an answer begins, under a short lock of one of several shards, and never across an await.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;
use yunke_protocol::{Delivery, UtcMillis};

/// How long a fetch is reported.
const KEEP_MS: i64 = 60_000;

/// Fetches that adjoin are taken together for so long; it is how coarse [`KEEP_MS`] is.
const TOGETHER_MS: i64 = 10_000;

/// Files whose intervals are this close together adjoin: timestamps are rounded to milliseconds.
const ADJOINING_MS: i64 = 50;

/// Stretches of one lease. When full, the oldest goes.
const STRETCHES: usize = 16;

/// Leases per shard. When full, further leases go uncounted, which leaves their beats uncorroborated, never refused.
const LEASES_PER_SHARD: usize = 8192;

const SHARDS: usize = 16;

/// Deliveries of one lesson.
#[derive(Debug)]
pub(crate) struct Deliveries {
    shards: [Mutex<HashMap<Uuid, Sent>>; SHARDS],
}

/// What one lease was sent.
#[derive(Debug, Default)]
struct Sent {
    stretches: Vec<Stretch>,
    /// When it came through an edge last.
    edge_at: Option<UtcMillis>,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: UtcMillis,
    to: UtcMillis,
    first_fetch: UtcMillis,
    last_fetch: UtcMillis,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()) }
    }
}

impl Deliveries {
    /// The lease was sent `[from, to)`.
    pub(crate) fn record(&self, lease: Uuid, (from, to): (UtcMillis, UtcMillis), now: UtcMillis) {
        self.change(lease, |sent| sent.record((from, to), now));
    }

    /// The lease came through an edge that the operator named.
    pub(crate) fn behind_edge(&self, lease: Uuid, now: UtcMillis) {
        self.change(lease, |sent| sent.edge_at = Some(now));
    }

    fn change(&self, lease: Uuid, change: impl FnOnce(&mut Sent)) {
        let shard = &self.shards[usize::from(lease.as_bytes()[15]) % SHARDS];
        let mut leases = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if leases.len() < LEASES_PER_SHARD || leases.contains_key(&lease) {
            change(leases.entry(lease).or_default());
        }
    }

    /// What went out in the last minute, on the lesson's timeline; forgets what is older.
    pub(crate) fn report(&self, zero_at: UtcMillis, now: UtcMillis) -> Vec<Delivery> {
        let mut report = Vec::new();
        for shard in &self.shards {
            let mut leases = shard.lock().unwrap_or_else(PoisonError::into_inner);
            leases.retain(|lease, sent| {
                sent.forget(now);
                let (intervals, behind_edge) = (merge(&sent.stretches, zero_at), sent.edge_at.is_some());
                if !intervals.is_empty() || behind_edge {
                    report.push(Delivery { lease: *lease, intervals, behind_edge });
                }
                !sent.stretches.is_empty() || behind_edge
            });
        }
        report
    }
}

impl Sent {
    fn record(&mut self, (from, to): (UtcMillis, UtcMillis), now: UtcMillis) {
        let stretches = &mut self.stretches;
        let adjoins = |stretch: &&mut Stretch| {
            from <= stretch.to + ADJOINING_MS
                && to >= stretch.from - ADJOINING_MS
                && now - stretch.first_fetch < TOGETHER_MS
        };
        if let Some(stretch) = stretches.iter_mut().find(adjoins) {
            stretch.from = stretch.from.min(from);
            stretch.to = stretch.to.max(to);
            stretch.last_fetch = now;
            return;
        }
        stretches.retain(|stretch| now - stretch.last_fetch < KEEP_MS);
        if stretches.len() == STRETCHES {
            stretches.remove(0);
        }
        stretches.push(Stretch { from, to, first_fetch: now, last_fetch: now });
    }

    fn forget(&mut self, now: UtcMillis) {
        self.stretches.retain(|stretch| now - stretch.last_fetch < KEEP_MS);
        self.edge_at = self.edge_at.filter(|at| now - at < KEEP_MS);
    }
}

fn merge(stretches: &[Stretch], zero_at: UtcMillis) -> Vec<(i64, i64)> {
    let on_timeline = |s: &Stretch| ((s.from - zero_at).max(0), s.to - zero_at);
    let mut intervals: Vec<_> = stretches.iter().map(on_timeline).filter(|(from, to)| from < to).collect();
    intervals.sort_unstable();
    intervals.dedup_by(|next, kept| {
        let adjoins = next.0 <= kept.1 + ADJOINING_MS;
        if adjoins {
            kept.1 = kept.1.max(next.1);
        }
        adjoins
    });
    intervals
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Uuid = Uuid::from_u128(1);

    fn intervals(deliveries: &Deliveries, now: UtcMillis) -> Vec<(i64, i64)> {
        deliveries.report(1000, now).pop().map(|delivery| delivery.intervals).unwrap_or_default()
    }

    #[test]
    fn parts_that_adjoin_are_one_interval_on_the_lesson_timeline() {
        let deliveries = Deliveries::default();
        for n in 0..100 {
            deliveries.record(LEASE, (1000 + n * 300, 1300 + n * 300), n * 300);
        }
        assert_eq!(intervals(&deliveries, 30_000), [(0, 30_000)]);
    }

    #[test]
    fn a_seek_makes_a_second_interval_and_old_fetches_are_forgotten() {
        let deliveries = Deliveries::default();
        deliveries.record(LEASE, (1000, 3000), 0);
        deliveries.record(LEASE, (61_000, 63_000), 30_000);
        assert_eq!(intervals(&deliveries, 59_999), [(0, 2000), (60_000, 62_000)]);
        assert_eq!(intervals(&deliveries, 60_000), [(60_000, 62_000)]);
        assert!(deliveries.report(0, 90_000).is_empty());
    }

    #[test]
    fn a_lease_behind_an_edge_is_told_with_what_was_seen_of_it_or_without() {
        let deliveries = Deliveries::default();
        deliveries.behind_edge(LEASE, 0);
        let told = deliveries.report(0, 1).pop().expect("told");
        assert_eq!((told.lease, told.behind_edge, told.intervals.len()), (LEASE, true, 0));
        deliveries.record(LEASE, (1000, 3000), 40_000);
        let told = deliveries.report(0, 70_000).pop().expect("told");
        assert_eq!((told.behind_edge, told.intervals), (false, vec![(1000, 3000)]));
        assert!(deliveries.report(0, 100_000).is_empty());
    }

    #[test]
    fn media_before_the_start_of_the_lesson_is_cut_off() {
        let deliveries = Deliveries::default();
        deliveries.record(LEASE, (0, 900), 0);
        deliveries.record(LEASE, (950, 1200), 0);
        assert_eq!(intervals(&deliveries, 1), [(0, 200)]);
    }

    #[test]
    fn neither_seeks_nor_leases_grow_without_bound() {
        let deliveries = Deliveries::default();
        for n in 0..1000 {
            deliveries.record(LEASE, (n * 10_000, n * 10_000 + 1), 0);
        }
        assert_eq!(intervals(&deliveries, 1).len(), STRETCHES);
        for n in 0..200_000_u128 {
            deliveries.record(Uuid::from_u128(n), (2000, 3000), 0);
        }
        assert!(deliveries.report(0, 1).len() <= SHARDS * LEASES_PER_SHARD);
    }
}
