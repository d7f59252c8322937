//! Something that was asked for does not come: is it at work, or does it stand still? A clock alone cannot say, as this process is
//! nice and a lesson may have the machine for minutes. It stands still when nothing comes, no other thread runs, wants to run or
//! waits for the disk, and no processor time is used; or when so much of that is used up and nothing came of it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Who stands still for so long does not go on, and who computes for so long and gives nothing computes for ever.
const STALL: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 30 });
/// A tenth of the time that was waited, on the processor: it is at work.
const AT_WORK: u32 = 10;

/// With something that is to come.
#[derive(Debug)]
pub(super) struct Patience {
    idle: Duration,
    used: Duration,
    begun: Duration,
}

impl Patience {
    /// It was asked for just now.
    pub(super) fn new() -> Self {
        Self { idle: Duration::ZERO, used: used(), begun: used() }
    }

    /// Nothing came for so long again: whether it is to be given up.
    pub(super) fn is_over(&mut self, waited: Duration) -> bool {
        let used = used();
        let at_work = used.saturating_sub(self.used) * AT_WORK >= waited || others_run();
        self.used = used;
        if !at_work {
            self.idle += waited;
        }
        self.idle >= STALL || used.saturating_sub(self.begun) >= STALL
    }
}

/// Processor time of this process.
fn used() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (used.tv_sec.cast_unsigned(), u32::try_from(used.tv_nsec).unwrap_or(0));
    Duration::new(seconds, nanos)
}

/// Whether a thread besides this one runs, could run if it had a processor, or waits for the disk.
fn others_run() -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let awake = tasks.filter_map(|task| {
        let stat = std::fs::read_to_string(task.path().join("stat")).ok()?;
        // The name before the state may have any character in it.
        stat.rsplit(") ").next()?.starts_with(['R', 'D']).then_some(())
    });
    awake.count() > 1
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use super::*;

    #[test]
    fn who_stands_still_is_given_up_and_who_computes_is_not() {
        let over = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&over);
        let busy = std::thread::spawn(move || while !done.load(Ordering::Relaxed) {});
        let mut patience = Patience::new();
        for _ in 0..20 {
            assert!(!patience.is_over(STALL), "a thread computes, or would if it had a processor");
        }
        // For ever.
        while !patience.is_over(Duration::ZERO) {}
        over.store(true, Ordering::Relaxed);
        busy.join().expect("ended");
        let mut patience = Patience::new();
        assert!(!patience.is_over(STALL / 2));
        assert!(patience.is_over(STALL / 2));
    }
}
