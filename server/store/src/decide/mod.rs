//! What is allowed and which rows it changes: pure functions between the facts a backend reads and the rows it writes.
//!
//! A method of a store begins its transaction, locks what its trait names, reads the facts, calls its decision, writes the
//! rows that come back, and commits. An `Err` is the outcome of a request that changes nothing: the transaction ends there.
//! The line of the audit log is part of the rows. No SQL, no clock, no randomness.

pub mod account;
mod audit;
pub mod excuse;
pub mod exports;
pub mod lesson;
pub mod library;
pub mod media;
pub mod people;
pub mod phase;
pub mod replay;
pub mod roster;
pub mod rules;
pub mod share;
pub mod talk;
pub mod unit;
