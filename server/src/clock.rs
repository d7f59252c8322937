//! The server's clock and source of randomness, injected so that tests decide what they say.
//! Nothing else in the server may read the time of day or draw a random number.

use std::sync::Arc;

use rand::TryRngCore as _;
use rustix::time::{ClockId, clock_gettime};
use uuid::Uuid;
use yunke_protocol::ServerClock;
use yunke_store::{RunClock, ServerRun, UtcMillis};

pub use yunke_protocol::{Machine, SteadyClock};

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The clocks of this machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemMachine {
    boot: Uuid,
}

impl SystemMachine {
    /// Of this machine.
    pub fn new() -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self { boot: Uuid::try_parse(boot.trim()).unwrap_or_default() }
    }
}

impl Default for SystemMachine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine for SystemMachine {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that is injected")]
    fn wall(&self) -> UtcMillis {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        UtcMillis::try_from(since.as_millis()).unwrap_or(UtcMillis::MAX)
    }

    fn uptime(&self) -> i64 {
        // Not the monotonic clock: that one stands still while the machine sleeps.
        let now = clock_gettime(ClockId::Boottime);
        now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }

    fn boot(&self) -> Uuid {
        self.boot
    }
}

/// The randomness of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rngs::OsRng.try_fill_bytes(bytes).expect("the operating system gives random bytes");
    }
}

/// Clock and randomness together: what ids, tokens and times are made of.
#[derive(Clone)]
pub struct Source {
    clock: Arc<SteadyClock>,
    random: Arc<dyn Random>,
}

impl Source {
    /// Of these two.
    pub fn new(machine: Arc<dyn Machine>, random: Arc<dyn Random>) -> Self {
        Self { clock: Arc::new(SteadyClock::new(machine)), random }
    }

    /// The machine's.
    pub fn system() -> Self {
        Self::new(Arc::new(SystemMachine::new()), Arc::new(SystemRandom))
    }

    /// Steady UTC milliseconds: for durations, deadlines, receipts and the timeline.
    pub fn now(&self) -> UtcMillis {
        self.clock.now()
    }

    /// What the wall clock says, UTC milliseconds: for "today" and planned times. Never for a difference of two readings.
    pub fn wall(&self) -> UtcMillis {
        self.clock.wall()
    }

    /// Milliseconds since the machine was started: for limits that have nothing to do with a date.
    pub fn uptime(&self) -> i64 {
        self.clock.uptime()
    }

    /// The steady clock.
    pub fn clock(&self) -> &SteadyClock {
        &self.clock
    }

    /// What nodes are told of the clock.
    pub fn server_clock(&self) -> ServerClock {
        ServerClock { boot: self.clock.boot(), anchor: self.clock.anchor(), sent_at: self.now() }
    }

    /// What the record of runs keeps of the clock.
    pub fn run_clock(&self) -> RunClock {
        let boot = Some(self.clock.boot()).filter(|boot| !boot.is_nil());
        RunClock { boot, anchor: self.clock.anchor() }
    }

    /// Goes on with the clock of the run before: receipts of both are compared.
    pub fn go_on_from(&self, last: &ServerRun) {
        let (own, uptime) = (self.run_clock(), self.uptime());
        self.clock.set_anchor(anchor_after(last, own, uptime));
    }

    /// A new `UUIDv7`.
    pub fn id(&self) -> Uuid {
        let millis = u64::try_from(self.now()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    /// Unpredictable bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source")
    }
}

/// Where the clock of a run is anchored. While the machine runs it is one and the same clock, whatever the wall clock was set
/// to since; after a start of the machine only the wall clock knows how long that took. Never before the last sign of life.
fn anchor_after(last: &ServerRun, own: RunClock, uptime: i64) -> UtcMillis {
    let same = last.clock.filter(|before| own.boot.is_some() && before.boot == own.boot);
    let anchor = same.map_or(own.anchor, |before| before.anchor);
    anchor.max(last.last_alive_at + 1 - uptime)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const BOOT: i64 = 1_800_000_000_000;

    fn run(boot: u128, last_alive_at: i64) -> ServerRun {
        let clock = Some(RunClock { boot: Some(Uuid::from_u128(boot)), anchor: BOOT });
        ServerRun { id: Uuid::nil(), started_at: BOOT, last_alive_at, stopped_at: None, clock }
    }

    fn own(boot: u128, anchor: i64) -> RunClock {
        RunClock { boot: Some(Uuid::from_u128(boot)), anchor }
    }

    #[test]
    fn the_clock_of_a_run_goes_on_in_the_next_though_the_wall_clock_was_set() {
        for step in [-8 * HOUR, -45_000, 45_000, HOUR] {
            assert_eq!(anchor_after(&run(1, BOOT + HOUR), own(1, BOOT + step), HOUR + 5_000), BOOT);
        }
    }

    #[test]
    fn after_a_start_of_the_machine_the_wall_clock_says_when_it_is() {
        assert_eq!(anchor_after(&run(1, BOOT + HOUR), own(2, BOOT + 2 * HOUR), 5_000), BOOT + 2 * HOUR);
    }

    #[test]
    fn a_machine_that_lost_the_time_goes_on_from_the_last_sign_of_life() {
        let anchor = anchor_after(&run(1, BOOT + HOUR), own(2, 0), 5_000);
        assert_eq!(anchor + 5_000, BOOT + HOUR + 1);
        let unknown = ServerRun { clock: None, ..run(1, BOOT + HOUR) };
        assert_eq!(anchor_after(&unknown, own(2, 0), 5_000), anchor);
    }
}
