//! Rooms: one task a lesson that owns presence and counts and tells everyone who listens. A room is
//! made from the evidence when it is first asked for, and gone when nobody needs it: it owns nothing
//! that could not be computed again. It must never wait for a client.

mod answers;
mod beside;
mod desk;
mod digest;
mod judged;
mod keeping;
mod load;
mod members;
mod missed;
mod progress;
mod reading;
mod registry;
mod sockets;
mod state;
mod task;
mod turns;
mod updates;

#[cfg(test)]
mod tests;

pub use desk::{AdmitError, Answer, SUPERSEDED, admit};
pub use members::LastSeen;
pub use progress::{Standing, progress_of};
pub use registry::{RoomError, RoomHandle, Rooms};
pub use sockets::{Ended, Place, Sockets};
pub use state::{Counts, Frame, RoomGap, RoomState};
pub use task::Present;

pub use crate::evidence::Progress;
