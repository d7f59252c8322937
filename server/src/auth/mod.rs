//! Who somebody is and what they may do: passwords, sessions, limits, and the one authorization gate.

mod access;
mod delays;
mod device;
mod export;
mod gate;
mod library;
mod limit;
mod password;
mod phone;
mod scope;
mod session;
mod strength;
mod tries;
mod turns;
mod viewer;

pub use access::{Access, AccessTable};
pub use device::{device_cookie, known_device};
pub use export::ExportScope;
pub use gate::{Gate, authorize};
pub use library::{EpisodeScope, SeriesScope};
pub use limit::{Limiter, Quota};
pub use password::{PasswordError, Passwords, first_password, share_code};
pub use phone::{mask_phone, parse_phone};
pub use scope::{PersonScope, UnitScope};
pub use session::{
    COOKIE, COOKIE_OF_TLS, cookie_token, expired_cookie, hash_token, is_secure, new_session, session_cookie,
};
pub use strength::{PASSWORD_CHARS, Weakness, weakness};
pub use tries::{Admitted, Attempt, Lane, Tries};
pub use viewer::{LessonScope, May, Viewer};

use yunke_protocol::DeviceKey;

use crate::config::AuthConfig;

/// Wrong guesses of the current password when changing it: all that somebody who finds an unlocked phone
/// gets.
const OWN_TRIES: u32 = 5;

/// One of them is refilled after this many milliseconds.
const OWN_REFILL_MS: i64 = 30_000;

/// Password checks and rate limits.
#[derive(Debug)]
pub struct Auth {
    /// Hashing.
    pub passwords: Passwords,
    /// Who may try to sign in, and when.
    pub tries: Tries,
    /// Signs known devices.
    pub device_key: DeviceKey,
    /// Attempts at one's own password while signed in.
    pub own_password: Limiter<uuid::Uuid>,
}

impl Auth {
    /// With the configured limits.
    pub fn new(config: &AuthConfig, secret: &[u8]) -> Self {
        Self {
            passwords: Passwords::new(),
            tries: Tries::new(config),
            device_key: DeviceKey::derive(secret),
            own_password: Limiter::new(Quota { burst: OWN_TRIES, refill_ms: OWN_REFILL_MS }),
        }
    }
}
