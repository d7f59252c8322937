//! How much evidence one member may bring: more than any player makes, and less than delays the others. Whoever is told to
//! slow down keeps what they have and sends it later; nothing is lost by it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::auth::{Limiter, Quota};

/// Leases to watch: a person opens a lesson now and then, a page that lost its lease asks again every 10 s at most.
const LEASES: Quota = Quota { burst: 24, refill_ms: 5_000 };

/// Batches of beats. A page sends one every 15 s and at each tap.
const BATCHES: Quota = Quota { burst: 600, refill_ms: 100 };

/// Beats. A page makes one every 15 s; a day without a network is up to 8,640 of them, which go up at once.
const BEATS: Quota = Quota { burst: 10_000, refill_ms: 200 };

/// So many questions of a member wait for their turn to have the record judged.
const TURNS: usize = 8;

/// The limits of each member.
#[derive(Debug)]
pub struct EvidenceLimits {
    leases: Limiter<Uuid>,
    batches: Limiter<Uuid>,
    beats: Limiter<Uuid>,
    /// Who has their record judged: one question of a member after the other. Members that ask for nothing are forgotten.
    turns: Mutex<HashMap<Uuid, Arc<Semaphore>>>,
}

impl Default for EvidenceLimits {
    fn default() -> Self {
        Self {
            leases: Limiter::new(LEASES),
            batches: Limiter::new(BATCHES),
            beats: Limiter::new(BEATS),
            turns: Mutex::default(),
        }
    }
}

/// After so many seconds it can be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much at once; again in {retry_s} s")]
pub struct SlowDown {
    /// Seconds, at least 1.
    pub retry_s: u64,
}

impl SlowDown {
    fn after(wait_ms: i64) -> Self {
        Self { retry_s: u64::try_from(wait_ms).unwrap_or(0).div_ceil(1_000).max(1) }
    }
}

impl EvidenceLimits {
    /// `user` asks for a lease to watch; `uptime` in milliseconds.
    pub fn lease(&self, user: Uuid, uptime: i64) -> Result<(), SlowDown> {
        self.leases.take(user, uptime).map_err(SlowDown::after)
    }

    /// Waits until no other question of `user` is judged: whoever asks eight times at once takes no turn from others.
    pub async fn turn(&self, user: Uuid) -> Result<OwnedSemaphorePermit, SlowDown> {
        let turn = {
            let mut turns = self.turns.lock().expect("no panic while held");
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(user).or_insert_with(|| Arc::new(Semaphore::new(1))))
        };
        // One of them is in the map, one is this.
        if Arc::strong_count(&turn) > TURNS + 2 {
            return Err(SlowDown { retry_s: 1 });
        }
        Ok(turn.acquire_owned().await.expect("nobody closes it"))
    }

    /// `user` sends a batch of `beats`.
    pub fn batch(&self, user: Uuid, beats: usize, uptime: i64) -> Result<(), SlowDown> {
        self.batches.take(user, uptime).map_err(SlowDown::after)?;
        let beats = u32::try_from(beats).unwrap_or(u32::MAX);
        self.beats.take_many(user, beats, uptime).map_err(SlowDown::after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::BATCH_BEATS;

    const USER: Uuid = Uuid::from_u128(1);

    #[test]
    fn a_day_of_beats_made_without_a_network_goes_up_at_once() {
        let limits = EvidenceLimits::default();
        let day = 24 * 3_600 / 12;
        for _ in 0..=(day / BATCH_BEATS) {
            limits.batch(USER, BATCH_BEATS, 0).expect("taken");
        }
    }

    #[tokio::test]
    async fn questions_of_a_member_wait_for_each_other_and_for_nobody_else() {
        let limits = EvidenceLimits::default();
        let held = limits.turn(USER).await.expect("the first");
        // Of the same last byte.
        let other = Uuid::from_u128(USER.as_u128() | 1 << 64);
        drop(limits.turn(other).await.expect("at once"));
        let mut waiting: Vec<_> = (0..TURNS).map(|_| Box::pin(limits.turn(USER))).collect();
        for wait in &mut waiting {
            assert!(futures_util::poll!(wait.as_mut()).is_pending());
        }
        assert_eq!(limits.turn(USER).await.err(), Some(SlowDown { retry_s: 1 }));
        drop(held);
        drop(waiting.remove(0).await.expect("next"));
        drop(waiting);
        drop(limits.turn(other).await);
        assert_eq!(limits.turns.lock().expect("not poisoned").len(), 1, "who asks for nothing is forgotten");
    }

    #[test]
    fn a_flood_is_told_when_to_come_back_and_nobody_else_is() {
        let limits = EvidenceLimits::default();
        let told = (0..).find_map(|_| limits.batch(USER, 1, 0).err()).expect("some time");
        assert_eq!(told, SlowDown { retry_s: 1 });
        limits.batch(USER, 1, 1_000).expect("then it is taken");
        limits.batch(Uuid::from_u128(2), 1, 0).expect("another member");
        let most = (0..1_000).take_while(|_| limits.lease(USER, 0).is_ok()).count();
        assert_eq!(most, 24);
        assert_eq!(limits.lease(USER, 0), Err(SlowDown { retry_s: 5 }));
        limits.lease(USER, 5_000).expect("one came back");
    }
}
