//! The media service as the server knows it: what it told last, what it is ordered, and the local
//! process that is started and watched over. Media being down never blocks a request.

mod client;
mod deliveries;
mod facts;
mod intake;
mod nodes;
mod orders;
mod stored;
mod supervise;
mod work;

pub use client::{ControlClient, ControlError};
pub use facts::{LessonFacts, OnAir};
pub use nodes::{Addresses, MediaNodes, MediaView, SNAPSHOT_STALE_MS};
pub use orders::{HORIZON_MS, order_of};
pub use supervise::supervise_local;
