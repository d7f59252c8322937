//! WebRTC over HTTP, as WHIP (RFC 9725) and WHEP have it in common: what is read of an offer ([`offer`]) and of what follows it
//! ([`fragment`]), the session behind an address ([`session`]), the answers ([`http`]) and refusals ([`problem`]).
//!
//! Everything that is read here comes from strangers.

pub mod fragment;
pub(crate) mod http;
pub mod line;
pub mod offer;
pub(crate) mod problem;
pub(crate) mod session;
