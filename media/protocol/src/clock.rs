//! The clock both programs go by: UTC that never steps.
//!
//! The wall clock of a machine is set now and then: by NTP after a start without a battery, by hand, by a hypervisor. Whatever
//! is measured by it is wrong from then on. [`SteadyClock`] reads the wall clock once and goes on by the time since the
//! machine was started. Two processes of one machine that use the same anchor always say the same.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use uuid::Uuid;

use crate::UtcMillis;

/// What a machine says of time; injected.
pub trait Machine: Send + Sync {
    /// The wall clock, UTC milliseconds. It may step.
    fn wall(&self) -> UtcMillis;
    /// Milliseconds since the machine was started, time asleep included. It never steps.
    fn uptime(&self) -> i64;
    /// Names this start of the machine; nil where that is not known.
    fn boot(&self) -> Uuid;
}

/// UTC that never steps by itself. It is put right only by [`SteadyClock::set_anchor`], when nothing is measured.
pub struct SteadyClock {
    machine: Arc<dyn Machine>,
    /// UTC of the machine's start.
    anchor: AtomicI64,
}

impl SteadyClock {
    /// Anchored on what the wall clock says now.
    pub fn new(machine: Arc<dyn Machine>) -> Self {
        let anchor = machine.wall() - machine.uptime();
        Self { machine, anchor: AtomicI64::new(anchor) }
    }

    /// Now: for durations, deadlines, receipts and the timeline.
    pub fn now(&self) -> UtcMillis {
        self.anchor().saturating_add(self.machine.uptime())
    }

    /// What the machine's wall clock says: for the date people read, never for a difference.
    pub fn wall(&self) -> UtcMillis {
        self.machine.wall()
    }

    /// Milliseconds since the machine was started.
    pub fn uptime(&self) -> i64 {
        self.machine.uptime()
    }

    /// Names this start of the machine; nil where that is not known.
    pub fn boot(&self) -> Uuid {
        self.machine.boot()
    }

    /// UTC of the machine's start, as this clock has it.
    pub fn anchor(&self) -> UtcMillis {
        self.anchor.load(Ordering::Relaxed)
    }

    /// By how much the wall clock is ahead.
    pub fn off_ms(&self) -> i64 {
        self.wall().saturating_sub(self.now())
    }

    /// Goes by this anchor from now on.
    pub fn set_anchor(&self, anchor: UtcMillis) {
        self.anchor.store(anchor, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for SteadyClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SteadyClock").field("anchor", &self.anchor()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Hand {
        wall: AtomicI64,
        uptime: AtomicI64,
    }

    impl Machine for Hand {
        fn wall(&self) -> UtcMillis {
            self.wall.load(Ordering::Relaxed)
        }

        fn uptime(&self) -> i64 {
            self.uptime.load(Ordering::Relaxed)
        }

        fn boot(&self) -> Uuid {
            Uuid::nil()
        }
    }

    impl Hand {
        fn pass(&self, ms: i64) {
            self.wall.fetch_add(ms, Ordering::Relaxed);
            self.uptime.fetch_add(ms, Ordering::Relaxed);
        }

        fn step(&self, ms: i64) {
            self.wall.fetch_add(ms, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_goes_on_whatever_the_wall_clock_is_set_to() {
        let hand = Arc::new(Hand::default());
        hand.step(1_800_000_000_000);
        hand.pass(5_000);
        let clock = SteadyClock::new(Arc::clone(&hand) as Arc<dyn Machine>);
        let began = clock.now();
        assert_eq!(began, 1_800_000_005_000);
        for step in [-45_000, 45_000, -8 * 3_600_000, 3_600_000, -1_800_000_000_000] {
            hand.step(step);
            let before = clock.now();
            hand.pass(1_000);
            assert_eq!(clock.now(), before + 1_000);
        }
        assert_eq!(clock.now(), began + 5_000);
        assert_eq!(clock.off_ms(), clock.wall() - clock.now());
    }

    #[test]
    fn two_with_one_anchor_say_the_same_though_one_began_after_a_step() {
        let hand = Arc::new(Hand::default());
        let first = SteadyClock::new(Arc::clone(&hand) as Arc<dyn Machine>);
        hand.pass(60_000);
        hand.step(-45_000);
        let second = SteadyClock::new(Arc::clone(&hand) as Arc<dyn Machine>);
        assert_eq!(second.now(), first.now() - 45_000);
        second.set_anchor(first.anchor());
        hand.pass(10_000);
        assert_eq!(second.now(), first.now());
    }
}
