//! What this node and the server say to each other: full snapshots one way, full orders the other.
//!
//! The node goes on without the server: publishers and viewers stay, the last orders stand, only new publishers are asked to
//! try later. Nothing here may assume that the server answers.

mod agree;
mod client;
mod follow;
pub mod reconcile;
mod routes;

use std::{future::Future, pin::Pin};

use yunke_protocol::{Orders, PublishGrant, PublishRefusal, Snapshot, Transport};

pub use self::{client::HttpServer, follow::Control, routes::router};

/// A future in a box.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The server, as this node needs it.
pub trait Server: Send + Sync + 'static {
    /// May this key publish? A server that does not answer refuses with try-later.
    fn publish(
        &self,
        transport: Transport,
        stream_key: String,
    ) -> Answer<'_, Result<PublishGrant, PublishRefusal>>;

    /// Tells the server everything; answers what it wants, if it answers.
    fn report<'a>(&'a self, snapshot: &'a Snapshot) -> Answer<'a, Option<Orders>>;
}
