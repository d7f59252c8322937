//! `[auth]`: how long people stay signed in, and how many wrong passwords are allowed.

use serde::{Deserialize, Serialize};

use super::error::ConfigError;

/// `[auth]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Days after the last visit until a person has to sign in again.
    pub session_days: u32,
    /// Wrong passwords for one phone number before it has to wait.
    pub attempts_per_phone: u32,
    /// Wrong passwords from one address before it has to wait; many phones share one behind a NAT.
    pub attempts_per_address: u32,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self { session_days: 30, attempts_per_phone: 10, attempts_per_address: 200 }
    }
}

impl AuthConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if !(1..=400).contains(&self.session_days) {
            return Err(ConfigError::value("auth.session_days", "must be 1 to 400"));
        }
        if self.attempts_per_phone == 0 || self.attempts_per_address == 0 {
            return Err(ConfigError::value(
                "auth.attempts_per_phone",
                "and attempts_per_address must be at least 1",
            ));
        }
        Ok(())
    }
}
