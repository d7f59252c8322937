//! One end of a WebRTC connection, as far as HTTP has to do with it.

use std::{future::Future, pin::Pin};

use super::fragment::Credentials;

/// A future in a box.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why there is no connection, or no restart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The description cannot be followed; the sentence says why.
    #[error("the offer cannot be followed: {0}")]
    Offer(String),
    /// It failed on this side.
    #[error("a WebRTC session cannot be made at the moment")]
    Here,
}

/// Closed when dropped, at the latest.
pub trait Line: Send + Sync + 'static {
    /// Restarts ICE with the other side's new credentials: ours, and our candidates. When it fails, all stays as it was.
    fn restart(&self, theirs: Credentials) -> Pending<'_, Result<Restarted, PeerError>>;

    /// Says goodbye.
    fn close(&self) -> Pending<'_, ()>;
}

/// Our side of restarted ICE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restarted {
    /// New.
    pub credentials: Credentials,
    /// `a=candidate` values.
    pub candidates: Vec<String>,
}
