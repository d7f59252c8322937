//! The server, as this node needs it: lessons ask it who may publish, the control loop tells it how things are.

use std::{future::Future, pin::Pin};

use yunke_protocol::{Orders, PublishGrant, PublishRefusal, Snapshot, Transport};

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

    /// Reports to the server everything; answers what it wants, if it answers.
    fn report<'a>(&'a self, snapshot: &'a Snapshot) -> Answer<'a, Option<Orders>>;
}
