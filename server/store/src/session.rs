//! Who is signed in, by the hash of the token in the cookie.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{StoreResult, User, UtcMillis};

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token in the cookie.
    pub token_hash: [u8; 32],
    /// Who.
    pub user_id: Uuid,
    /// When it was made.
    pub created_at: UtcMillis,
    /// When it was last seen, to the minute.
    pub seen_at: UtcMillis,
    /// When it ends unless it is seen again.
    pub expires_at: UtcMillis,
}

/// Use cases of sessions.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a session.
    async fn open_session(&self, session: Session) -> StoreResult<()>;

    /// The session of a token and its person; `None` when it is over at `now` or the person is disabled.
    async fn session(&self, token_hash: &[u8; 32], now: UtcMillis) -> StoreResult<Option<(Session, User)>>;

    /// Which of these sessions, by the hash of their token, somebody is still signed in with at `now`; in any order.
    async fn live_sessions(&self, token_hashes: &[[u8; 32]], now: UtcMillis) -> StoreResult<Vec<[u8; 32]>>;

    /// Moves the end of a session.
    async fn extend_session(
        &self,
        token_hash: &[u8; 32],
        seen_at: UtcMillis,
        expires_at: UtcMillis,
    ) -> StoreResult<()>;

    /// Ends one session.
    async fn close_session(&self, token_hash: &[u8; 32]) -> StoreResult<()>;

    /// Ends all sessions of a person and revokes their leases, and tells how many sessions there were.
    async fn close_sessions(&self, user_id: Uuid, at: UtcMillis) -> StoreResult<u64>;

    /// Removes sessions that are over, and what is known of leases that were revoked and are over.
    async fn sweep_sessions(&self, now: UtcMillis) -> StoreResult<u64>;
}
