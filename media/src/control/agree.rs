//! By which anchor this node goes by the server's clock. Pure.

use yunke_protocol::{ServerClock, SteadyClock, UtcMillis};

/// Clocks of two machines that are this close agree.
const CLOSE_MS: i64 = 500;
/// An answer that took longer does not say well enough when it was sent.
const QUICK_MS: i64 = 500;

/// The anchor with which `ours` says what the server's clock says; none when it does so already, or that cannot be told.
/// `took_ms` is how long the answer took; none for what the server sent by itself.
pub(super) fn agreed(theirs: &ServerClock, ours: &SteadyClock, took_ms: Option<i64>) -> Option<UtcMillis> {
    if !theirs.boot.is_nil() && theirs.boot == ours.boot() {
        return Some(theirs.anchor).filter(|anchor| *anchor != ours.anchor());
    }
    let took_ms = took_ms.filter(|took| (0..=QUICK_MS).contains(took))?;
    let off_ms = theirs.sent_at.saturating_add(took_ms / 2).saturating_sub(ours.now());
    (off_ms.abs() > CLOSE_MS).then(|| ours.anchor().saturating_add(off_ms))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;
    use yunke_protocol::Machine;

    use super::*;

    struct Here;

    impl Machine for Here {
        fn wall(&self) -> UtcMillis {
            1_000_000
        }

        fn uptime(&self) -> i64 {
            10_000
        }

        fn boot(&self) -> Uuid {
            Uuid::from_u128(1)
        }
    }

    fn theirs(boot: u128, anchor: i64, sent_at: i64) -> ServerClock {
        ServerClock { boot: Uuid::from_u128(boot), anchor, sent_at }
    }

    #[test]
    fn on_one_machine_the_anchor_is_the_same() {
        let ours = SteadyClock::new(Arc::new(Here));
        assert_eq!(agreed(&theirs(1, 990_000, 0), &ours, None), None);
        assert_eq!(agreed(&theirs(1, 990_007, 0), &ours, None), Some(990_007));
        assert_eq!(agreed(&theirs(1, 45_000, 0), &ours, Some(9_000)), Some(45_000), "however late it came");
    }

    #[test]
    fn between_machines_a_quick_answer_says_when_it_is() {
        let ours = SteadyClock::new(Arc::new(Here));
        assert_eq!(agreed(&theirs(2, 7, 999_900), &ours, Some(200)), None);
        assert_eq!(agreed(&theirs(2, 7, 400_000), &ours, Some(200)), Some(390_100));
        assert_eq!(agreed(&theirs(2, 7, 400_000), &ours, Some(2_000)), None, "too slow to tell");
        assert_eq!(agreed(&theirs(2, 7, 400_000), &ours, None), None);
        assert_eq!(
            agreed(&theirs(0, 7, 400_000), &ours, Some(0)),
            Some(390_000),
            "another machine, as far as is known"
        );
    }
}
