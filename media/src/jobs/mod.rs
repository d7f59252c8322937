//! Work on recordings, after the lesson: asked for by the server, done here one piece at a time, never at the cost of a lesson
//! that is live.
//!
//! What is done lies in the store and nowhere else; here is only what is under way. What was asked for is marked in the store
//! ([`marks`]), so that it is begun again after a restart, whether anybody asks for it or not.

mod error;
mod fill;
mod marks;
mod mp4;
mod queue;
mod routes;
mod worker;

pub use self::{
    fill::work,
    queue::Jobs,
    routes::{control, router},
    worker::Worker,
};
