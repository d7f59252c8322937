//! The recording of a lesson: its segments go to the object store while it is live.
//!
//! It must never hold up the live path: what the store does not take in time is lost, counted and said.

pub mod index;
