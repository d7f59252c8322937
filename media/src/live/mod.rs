//! The LL-HLS origin: a ring of parts and segments for each stream of a lesson, playlists, blocking reload.
//!
//! [`event`] is what a pipeline pushes. A pure core (no clock, no I/O) renders playlists and resolves requests; a thin HTTP
//! shell waits, compresses, checks leases and counts what went out. It must never block a pipeline or forget a waiter.

pub(crate) mod access;
pub mod core;
mod delivery;
pub(crate) mod edition;
pub mod event;
pub(crate) mod http;
mod origin;
pub(crate) mod problem;
pub(crate) mod radio;
mod replays;
pub(crate) mod stream;

pub(crate) use self::http::front;
pub use self::{
    origin::{LiveHandle, Origin, WAITERS},
    stream::Audience,
};
