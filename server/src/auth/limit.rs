//! Rate limits: token buckets per key, in bounded memory. Measured in the machine's uptime, so that
//! correcting the clock locks nobody out.

use std::{collections::HashMap, hash::Hash, sync::Mutex};

/// Keys remembered at a time. When all are in use, further keys share one bucket: an attacker with many keys
/// slows only other strangers, never somebody who has a bucket.
const KEYS: usize = 50_000;

/// A burst, and the time after which one token is refilled.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Tokens in a full bucket.
    pub burst: u32,
    /// Milliseconds until one more token.
    pub refill_ms: i64,
}

/// Buckets by key.
#[derive(Debug)]
pub struct Limiter<K> {
    quota: Quota,
    inner: Mutex<Buckets<K>>,
}

#[derive(Debug)]
struct Buckets<K> {
    /// The time at which each bucket will be full again.
    full_at: HashMap<K, i64>,
    shared_full_at: i64,
}

impl<K: Eq + Hash> Limiter<K> {
    /// With this quota for every key.
    pub fn new(quota: Quota) -> Self {
        Self { quota, inner: Mutex::new(Buckets { full_at: HashMap::new(), shared_full_at: 0 }) }
    }

    /// Takes one token, or returns in how many milliseconds there will be one.
    pub fn take(&self, key: K, now: i64) -> Result<(), i64> {
        self.take_many(key, 1, now)
    }

    /// Takes `count` tokens at once, or none and returns in how many milliseconds there will be that many;
    /// there are never more than the burst.
    pub fn take_many(&self, key: K, count: u32, now: i64) -> Result<(), i64> {
        let mut inner = self.inner.lock().expect("no panic while the limiter is held");
        if inner.full_at.len() >= KEYS && !inner.full_at.contains_key(&key) {
            inner.full_at.retain(|_, full_at| *full_at > now);
        }
        let Buckets { full_at, shared_full_at } = &mut *inner;
        let bucket = if full_at.len() >= KEYS && !full_at.contains_key(&key) {
            shared_full_at
        } else {
            full_at.entry(key).or_insert(now)
        };
        let next = (*bucket).max(now) + i64::from(count) * self.quota.refill_ms;
        let over = next - now - i64::from(self.quota.burst) * self.quota.refill_ms;
        if over > 0 {
            return Err(over);
        }
        *bucket = next;
        Ok(())
    }

    /// Gives back one token of a key.
    pub fn give_back(&self, key: &K) {
        let mut inner = self.inner.lock().expect("no panic while the limiter is held");
        if let Some(full_at) = inner.full_at.get_mut(key) {
            *full_at -= self.quota.refill_ms;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> Limiter<u32> {
        Limiter::new(Quota { burst: 3, refill_ms: 1000 })
    }

    #[test]
    fn a_burst_then_one_by_one() {
        let limiter = limiter();
        for _ in 0..3 {
            limiter.take(1, 10_000).expect("burst");
        }
        assert_eq!(limiter.take(1, 10_000), Err(1000));
        assert_eq!(limiter.take(1, 10_900), Err(100));
        limiter.take(1, 11_000).expect("one came back");
        assert!(limiter.take(1, 11_000).is_err());
        limiter.take(2, 11_000).expect("another key is not concerned");
    }

    #[test]
    fn a_flood_of_keys_shares_one_bucket_and_harms_nobody_known() {
        let limiter = Limiter::new(Quota { burst: 3, refill_ms: 1000 });
        limiter.take(0, 0).expect("known");
        for key in 1..u32::try_from(KEYS).expect("fits") {
            limiter.take(key, 0).expect("room");
        }
        for key in 1_000_000..1_000_003 {
            limiter.take(key, 0).expect("shared burst");
        }
        assert!(limiter.take(2_000_000, 0).is_err());
        limiter.take(0, 0).expect("the known key has its own bucket");
    }
}
