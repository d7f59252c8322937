//! What members are sent of a room, and how often: the more of them listen, the seldomer, so that a lesson of twenty thousand
//! costs a small part of a core and not all of it. Staff hear of everything at once.

use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use tokio::{sync::watch, time::Instant};

use super::state::{Frame, RoomState};

/// A change is told after so long at most, and never more often; members hear of it later the more they are.
pub(super) const TELL_EVERY: Duration = Duration::from_millis(250);

/// Without a change the state is told again, so that a silent socket is a dead one.
pub(super) const TELL_ANYWAY: Duration = Duration::from_secs(10);

/// Messages a second that rooms send to members for a change of figures: each costs some 15 µs of a core.
const MESSAGES_A_SECOND: u32 = 6_000;

/// What is urgent is told in so small a part of that time.
const URGENT: u32 = 6;

/// However many listen, a change is told after so long.
const LONGEST: Duration = Duration::from_secs(5);

/// How long a change of figures may wait with so many listeners.
fn interval(listeners: usize) -> Duration {
    let listeners = u32::try_from(listeners).unwrap_or(u32::MAX);
    (Duration::from_secs(1) * listeners / MESSAGES_A_SECOND).clamp(TELL_EVERY, LONGEST)
}

/// Whether members should see the difference now: the lesson begins, is interrupted, ends, or its replay stands.
fn is_urgent(told: &RoomState, state: &RoomState) -> bool {
    told.phase != state.phase
        || told.on_air != state.on_air
        || told.zero_at != state.zero_at
        || told.replay_ready != state.replay_ready
        || told.tracks != state.tracks
}

/// The members' side of a room.
#[derive(Debug)]
pub(super) struct MemberUpdates {
    text: watch::Sender<Utf8Bytes>,
    told: RoomState,
    told_at: Instant,
}

impl MemberUpdates {
    /// With what they are told first; the receiver is for the registry.
    pub(super) fn new(first: &Frame) -> (Self, watch::Receiver<Utf8Bytes>) {
        let (text, receiver) = watch::channel(first.for_members.clone());
        (Self { text, told: first.state.for_members(), told_at: Instant::now() }, receiver)
    }

    /// Sockets of members. The registry itself listens once.
    pub(super) fn listeners(&self) -> usize {
        self.text.receiver_count().saturating_sub(1)
    }

    /// How long until they are to be told of this state; none: it is what they know.
    pub(super) fn due_in(&self, state: &RoomState) -> Option<Duration> {
        let state = state.for_members();
        if !self.told.differs(&state) {
            return None;
        }
        let wait = interval(self.listeners());
        let wait = if is_urgent(&self.told, &state) { (wait / URGENT).max(TELL_EVERY) } else { wait };
        Some(wait.saturating_sub(self.told_at.elapsed()))
    }

    /// Tells them what is due; without a change the state again, so that a silent socket is a dead one.
    pub(super) fn tell(&mut self, frame: &Frame) {
        let due = self.due_in(&frame.state).is_some_and(|wait| wait.is_zero());
        if !due && self.told_at.elapsed() < TELL_ANYWAY {
            return;
        }
        self.text.send_replace(frame.for_members.clone());
        self.told = frame.state.for_members();
        self.told_at = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_listen_the_seldomer_they_are_told() {
        let ms = |listeners| interval(listeners).as_millis();
        assert_eq!([ms(0), ms(1), ms(1_500)], [250; 3]);
        assert_eq!([ms(3_000), ms(18_000), ms(30_000), ms(100_000)], [500, 3_000, 5_000, 5_000]);
    }
}
