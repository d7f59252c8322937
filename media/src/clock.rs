//! The one real clock of the program, and the one everything is given instead.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::time::{ClockId, clock_gettime};
use uuid::Uuid;
use yunke_protocol::{Machine, UtcMillis};

/// UTC that never steps; injected.
pub type Clock = Arc<dyn Fn() -> UtcMillis + Send + Sync>;

/// This machine's readings.
#[derive(Debug)]
pub struct System {
    boot: Uuid,
}

impl System {
    /// Of this machine.
    pub fn new() -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self { boot: Uuid::try_parse(boot.trim()).unwrap_or_default() }
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine for System {
    #[expect(clippy::disallowed_methods, reason = "the one real clock of the program")]
    fn wall(&self) -> UtcMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn uptime(&self) -> i64 {
        // Not the monotonic clock: that one stands still while the machine sleeps, and a lesson does not.
        let now = clock_gettime(ClockId::Boottime);
        now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }

    fn boot(&self) -> Uuid {
        self.boot
    }
}
