//! What reads bytes of strangers, for tests/fuzz and the test that runs its corpus. Nothing else calls it.

use crate::{evidence::read_beats, routes::room::beats_of};

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 1] = [("room", room)];

/// A message of a client in a lesson's room.
pub fn room(bytes: &[u8]) {
    let Some(beats) = std::str::from_utf8(bytes).ok().and_then(beats_of) else { return };
    let (read, refused) = read_beats(&beats);
    assert_eq!(read.len() + refused.len(), beats.len(), "every beat is kept or refused");
}
