//! Who somebody is and what they may do: passwords, sessions, limits, and the one authorization gate.

mod gate;
mod limit;
mod password;
mod phone;
mod session;
mod viewer;

pub use gate::{Access, authorize};
pub use limit::{Limiter, Quota};
pub use password::{PasswordError, Passwords};
pub use phone::{mask_phone, parse_phone};
pub use session::{COOKIE, cookie_token, expired_cookie, hash_token, is_secure, new_session, session_cookie};
pub use viewer::{LessonScope, May, Viewer};

use crate::config::AuthConfig;

/// A phone number gets one more try every so many milliseconds.
const PHONE_REFILL_MS: i64 = 30_000;

/// An address gets one more try every so many milliseconds.
const ADDRESS_REFILL_MS: i64 = 1_000;

/// Password checks and the limits on trying.
#[derive(Debug)]
pub struct Auth {
    /// Hashing.
    pub passwords: Passwords,
    /// Tries per phone number.
    pub by_phone: Limiter<String>,
    /// Tries per client address.
    pub by_address: Limiter<std::net::IpAddr>,
}

impl Auth {
    /// With the configured limits.
    pub fn new(config: &AuthConfig) -> Self {
        let quota = |burst: u32, refill_ms| Quota { burst, refill_ms };
        Self {
            passwords: Passwords::new(),
            by_phone: Limiter::new(quota(config.attempts_per_phone, PHONE_REFILL_MS)),
            by_address: Limiter::new(quota(config.attempts_per_address, ADDRESS_REFILL_MS)),
        }
    }
}
