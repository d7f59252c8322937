//! Growing waits after wrong attempts, per key, in bounded memory. Measured in the machine's uptime, so that
//! correcting the clock locks nobody out.

use std::{collections::HashMap, hash::Hash, sync::Mutex};

/// Keys remembered at a time. When all are in use, the eighth whose waits end first is forgotten: an attacker
/// with many keys locks nobody out, and to have its own forgotten it needs as many passwords checked.
const KEYS: usize = 50_000;

/// How waits grow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    /// Wrong attempts that cost nothing.
    pub(super) free: u32,
    /// Wait after the last of them, in milliseconds; doubled with each further one.
    pub(super) first_ms: i64,
    /// The longest wait, in milliseconds.
    pub(super) longest_ms: i64,
    /// After this many milliseconds without an attempt everything is forgotten.
    pub(super) forgotten_ms: i64,
}

/// Waits by key.
#[derive(Debug)]
pub(super) struct Delays<K> {
    growth: Growth,
    tries: Mutex<HashMap<K, Tries>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tries {
    wrong: u32,
    last_at: i64,
    due_at: i64,
}

impl<K: Eq + Hash + Clone> Delays<K> {
    /// Nobody has tried yet.
    pub(super) fn new(growth: Growth) -> Self {
        Self { growth, tries: Mutex::default() }
    }

    /// Counts an attempt as wrong until it proves right. Returns how many there are now, or in how many
    /// milliseconds the next one is allowed.
    pub(super) fn begin(&self, key: &K, now: i64) -> Result<u32, i64> {
        self.begin_behind(key, now, 0)
    }

    /// The same, letting others go first: if there is a wait, it is this many milliseconds longer.
    pub(super) fn begin_behind(&self, key: &K, now: i64, behind_ms: i64) -> Result<u32, i64> {
        let Growth { free, first_ms, longest_ms, forgotten_ms } = self.growth;
        let mut all = self.tries.lock().expect("no panic while the tries are held");
        if all.len() >= KEYS && !all.contains_key(key) {
            make_room(&mut all, now - forgotten_ms);
        }
        let tries = all.entry(key.clone()).or_default();
        if now - tries.last_at > forgotten_ms {
            *tries = Tries::default();
        }
        let behind = if tries.wrong >= free { behind_ms } else { 0 };
        if now < tries.due_at + behind {
            return Err(tries.due_at + behind - now);
        }
        tries.wrong = tries.wrong.saturating_add(1);
        tries.last_at = now;
        if let Some(doubled) = tries.wrong.checked_sub(free) {
            tries.due_at = now + first_ms.saturating_mul(1 << doubled.min(30)).min(longest_ms);
        }
        Ok(tries.wrong)
    }

    /// The attempt was right: everything is forgotten.
    pub(super) fn right(&self, key: &K) {
        self.tries.lock().expect("no panic while the tries are held").remove(key);
    }

    /// Nobody could say whether the attempt was right: it does not count.
    pub(super) fn undo(&self, key: &K) {
        let mut all = self.tries.lock().expect("no panic while the tries are held");
        if let Some(tries) = all.get_mut(key) {
            tries.wrong = tries.wrong.saturating_sub(1);
            tries.due_at = tries.last_at;
        }
    }

    /// The attempt was not made, because it has to wait elsewhere until `due_at`: it does not count, and
    /// asking again earlier changes nothing.
    pub(super) fn put_off(&self, key: &K, due_at: i64) {
        let mut all = self.tries.lock().expect("no panic while the tries are held");
        if let Some(tries) = all.get_mut(key) {
            tries.wrong = tries.wrong.saturating_sub(1);
            tries.due_at = due_at;
        }
    }
}

fn make_room<K: Eq + Hash>(all: &mut HashMap<K, Tries>, forgotten: i64) {
    all.retain(|_, tries| tries.last_at >= forgotten);
    if all.len() < KEYS {
        return;
    }
    let mut ends: Vec<_> = all.values().map(|tries| (tries.due_at, tries.last_at)).collect();
    let (_, last, _) = ends.select_nth_unstable(KEYS / 8);
    let last = *last;
    all.retain(|_, tries| (tries.due_at, tries.last_at) > last);
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROWTH: Growth = Growth { free: 3, first_ms: 1_000, longest_ms: 5_000, forgotten_ms: 60_000 };

    #[test]
    fn waits_grow_to_the_longest_and_are_forgotten() {
        let delays = Delays::new(GROWTH);
        let mut now = 10_000;
        let mut waits = Vec::new();
        for _ in 0..8 {
            let wait = match delays.begin(&1, now) {
                Ok(_) => 0,
                Err(wait) => {
                    now += wait;
                    delays.begin(&1, now).expect("it waited");
                    wait
                }
            };
            waits.push(wait);
        }
        assert_eq!(waits, [0, 0, 0, 1_000, 2_000, 4_000, 5_000, 5_000]);
        delays.begin(&2, now).expect("another key is not concerned");
        delays.right(&1);
        assert_eq!(delays.begin(&1, now), Ok(1), "it proved itself");
        for _ in 0..2 {
            delays.begin(&1, now).expect("free");
        }
        assert_eq!(delays.begin(&1, now + GROWTH.forgotten_ms), Ok(4));
        assert_eq!(delays.begin(&1, now + 3 * GROWTH.forgotten_ms), Ok(1));
    }

    #[test]
    fn what_nobody_could_check_does_not_count() {
        let delays = Delays::new(GROWTH);
        for _ in 0..20 {
            assert_eq!(delays.begin(&1, 0), Ok(1));
            delays.undo(&1);
        }
        for wrong in 1..=3 {
            assert_eq!(delays.begin(&1, 0), Ok(wrong));
        }
        delays.begin(&1, 0).expect_err("it waits now");
    }

    #[test]
    fn a_flood_of_keys_forgets_none_that_waits_and_keeps_nobody_out() {
        let delays = Delays::new(GROWTH);
        for _ in 0..3 {
            delays.begin(&0, 0).expect("free");
        }
        for key in 1..=u32::try_from(3 * KEYS).expect("fits") {
            delays.begin(&key, 1).expect("nobody is kept out");
        }
        assert!(delays.tries.lock().expect("free").len() <= KEYS);
        delays.begin(&0, 2).expect_err("it still waits");
    }
}
