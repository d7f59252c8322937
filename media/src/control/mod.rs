//! What this node and the server say to each other: full snapshots one way, full orders the other.
//!
//! The node goes on without the server: publishers and viewers stay, the last orders stand, only new publishers are asked to
//! try later. Nothing here may assume that the server answers.

mod agree;
mod client;
mod follow;
pub mod reconcile;
mod routes;

pub use self::{client::HttpServer, follow::Control, routes::router};
