//! The library's sound: a version is announced by the server, uploaded by a page, encoded by a worker process and delivered to
//! whom the server gave a lease.
//!
//! A version is immutable and lies in the store under its id:
//!
//! ```text
//! library/<version>/plan.json    what was announced
//! library/<version>/failed.json  why it cannot be encoded
//! library/<version>/facts.json   what is known of it; written last: from then on it can be played
//! library/<version>/aac.m4a …    what is played, and for each a table of bytes and times (`aac.m4a.map`)
//! library/<version>/cover        the picture in the file
//! ```
//!
//! What is under way is in memory only; whatever is killed, the next process sees from these files where to go on.

mod core;
mod deliver;
mod encode;
mod episodes;
mod error;
mod kept;
mod lane;
mod made;
mod map;
mod plan;
mod records;
mod routes;
mod run;
mod status;

pub(crate) use self::core::Ground;
pub use self::{
    core::{Busy, Library, Limits},
    encode::encode_work,
    lane::Lane,
    routes::{control, router},
};
