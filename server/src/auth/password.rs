//! Passwords: argon2id, off the async threads, a few at a time.
//!
//! A password is never stored, logged or kept longer than the check takes.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;

/// Checks at the same time: each takes 19 MiB and tens of milliseconds of a core.
const AT_ONCE: usize = 2;

/// Checks that may wait; one more is answered as busy.
const WAITING: usize = 64;

/// A hash of nothing anyone knows: an unknown phone takes as long as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    hash_now("an account that does not exist", b"no such account.").expect("a constant can be hashed")
});

/// Why a password could not be checked or hashed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too many are waiting.
    #[error("too many passwords are being checked")]
    Busy,
    /// The hash in the database is none, or the hashing itself failed.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// The bounded hasher.
#[derive(Debug)]
pub struct Passwords {
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// With nobody waiting.
    pub fn new() -> Self {
        Self { at_once: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::new(Semaphore::new(WAITING)) }
    }

    /// Whether the password belongs to the hash; without a hash it takes as long and is never right.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        self.run(move || {
            let known = hash.is_some();
            let text = hash.unwrap_or_else(|| NOBODY.clone());
            let parsed =
                PasswordHash::new(&text).map_err(|error| PasswordError::Failed(error.to_string()))?;
            let right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(right && known)
        })
        .await
    }

    /// A new hash in PHC form.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, PasswordError> {
        self.run(move || hash_now(&password, &salt)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| PasswordError::Busy)?;
        // The permit moves into the work: a request that is dropped meanwhile frees nothing early.
        let permit = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|error| PasswordError::Failed(error.to_string()))?
    }
}

fn hash_now(password: &str, salt: &[u8; 16]) -> Result<String, PasswordError> {
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|error| PasswordError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only() {
        let passwords = Passwords::new();
        let hash = passwords.hash("一二三四五六七八".to_owned(), [7; 16]).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$"));
        assert!(passwords.verify("一二三四五六七八".to_owned(), Some(hash.clone())).await.expect("checked"));
        assert!(!passwords.verify("一二三四五六七九".to_owned(), Some(hash)).await.expect("checked"));
        assert!(!passwords.verify("an account that does not exist".to_owned(), None).await.expect("checked"));
    }
}
