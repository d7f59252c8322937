//! The signed lease: the right of one viewer to fetch one lesson's media, and the name under which
//! the viewer's evidence is kept. It stands in the *path* of media URLs, so it is short and URL-safe.
//!
//! Layout, before base64url without padding: version (1), purpose (1), device (1), lease id (16),
//! lesson id (16), expiry in UTC seconds, big endian (8), then the first 16 bytes of
//! HMAC-SHA-256 over all of it: 59 bytes, 79 characters.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::UtcMillis;

const VERSION: u8 = 1;
const BODY_BYTES: usize = 43;
pub(crate) const MAC_BYTES: usize = 16;

/// What a lease is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A member follows the lesson, live or later; beats count.
    Watch,
    /// The lecturer or an organizer looks at the incoming picture, also in rehearsal; nothing counts.
    Preview,
}

/// What kind of device plays; self-reported, shown with the evidence, never used to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceClass {
    /// A phone.
    Phone,
    /// A tablet.
    Tablet,
    /// A desk or portable PC.
    Desktop,
}

/// The right of one viewer to one lesson's media until `expires_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// Names the evidence.
    pub id: Uuid,
    /// The one lesson it opens.
    pub lesson: Uuid,
    /// What it is for.
    pub purpose: Purpose,
    /// What plays.
    pub device: DeviceClass,
    /// UTC milliseconds; stored with second precision.
    pub expires_at: UtcMillis,
}

/// Why a token is no valid lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// Not a token of ours, or altered.
    #[error("not a valid lease")]
    Invalid,
    /// Genuine, but its time is over.
    #[error("the lease has expired")]
    Expired,
}

/// The secret that signs leases; server and media hold the same.
#[derive(Clone)]
pub struct LeaseKey(Hmac<Sha256>);

impl std::fmt::Debug for LeaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LeaseKey([redacted])")
    }
}

impl LeaseKey {
    /// Derives the signing key from the shared secret, so that the secret itself signs nothing.
    pub fn derive(shared_secret: &[u8]) -> Self {
        Self::derive_for(b"yunke lease v1", shared_secret)
    }

    /// The same under another label: what one key signs, no other opens.
    pub(crate) fn derive_for(label: &[u8], shared_secret: &[u8]) -> Self {
        let mut mac = hmac(shared_secret);
        mac.update(label);
        Self(hmac(&mac.finalize().into_bytes()))
    }

    pub(crate) fn mac(&self, body: &[u8]) -> [u8; MAC_BYTES] {
        let mut mac = self.0.clone();
        mac.update(body);
        let full = mac.finalize().into_bytes();
        let mut short = [0; MAC_BYTES];
        short.copy_from_slice(&full[..MAC_BYTES]);
        short
    }
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

impl Lease {
    /// The token of this lease: 79 URL-safe characters.
    pub fn sign(&self, key: &LeaseKey) -> String {
        let mut bytes = [0_u8; BODY_BYTES + MAC_BYTES];
        bytes[0] = VERSION;
        bytes[1] = match self.purpose {
            Purpose::Watch => 0,
            Purpose::Preview => 1,
        };
        bytes[2] = match self.device {
            DeviceClass::Phone => 0,
            DeviceClass::Tablet => 1,
            DeviceClass::Desktop => 2,
        };
        bytes[3..19].copy_from_slice(self.id.as_bytes());
        bytes[19..35].copy_from_slice(self.lesson.as_bytes());
        bytes[35..43].copy_from_slice(&(self.expires_at / 1000).to_be_bytes());
        let mac = key.mac(&bytes[..BODY_BYTES]);
        bytes[BODY_BYTES..].copy_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads and checks a token. `now` is the caller's clock; an altered token is [`LeaseError::Invalid`]
    /// whatever its expiry says.
    pub fn verify(token: &str, key: &LeaseKey, now: UtcMillis) -> Result<Self, LeaseError> {
        let mut bytes = [0_u8; BODY_BYTES + MAC_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(token, &mut bytes) {
            Ok(n) if n == bytes.len() => {}
            _ => return Err(LeaseError::Invalid),
        }
        let (body, mac) = bytes.split_at(BODY_BYTES);
        if !bool::from(key.mac(body).ct_eq(mac)) || body[0] != VERSION {
            return Err(LeaseError::Invalid);
        }
        let purpose = match body[1] {
            0 => Purpose::Watch,
            1 => Purpose::Preview,
            _ => return Err(LeaseError::Invalid),
        };
        let device = match body[2] {
            0 => DeviceClass::Phone,
            1 => DeviceClass::Tablet,
            2 => DeviceClass::Desktop,
            _ => return Err(LeaseError::Invalid),
        };
        let uuid =
            |range: std::ops::Range<usize>| Uuid::from_slice(&body[range]).map_err(|_| LeaseError::Invalid);
        let mut seconds = [0; 8];
        seconds.copy_from_slice(&body[35..43]);
        let expires_at = i64::from_be_bytes(seconds).saturating_mul(1000);
        if now >= expires_at {
            return Err(LeaseError::Expired);
        }
        Ok(Self { id: uuid(3..19)?, lesson: uuid(19..35)?, purpose, device, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lease() -> Lease {
        Lease {
            id: Uuid::from_u128(7),
            lesson: Uuid::from_u128(9),
            purpose: Purpose::Watch,
            device: DeviceClass::Phone,
            expires_at: 2_000_000,
        }
    }

    #[test]
    fn a_token_comes_back_as_it_was_signed() {
        let key = LeaseKey::derive(b"secret");
        let token = lease().sign(&key);
        assert_eq!(token.len(), 79);
        assert_eq!(Lease::verify(&token, &key, 1_999_999), Ok(lease()));
    }

    #[test]
    fn an_expired_token_says_so_and_another_key_does_not_open_it() {
        let token = lease().sign(&LeaseKey::derive(b"secret"));
        let key = LeaseKey::derive(b"secret");
        assert_eq!(Lease::verify(&token, &key, 2_000_000), Err(LeaseError::Expired));
        let other = LeaseKey::derive(b"other");
        assert_eq!(Lease::verify(&token, &other, 0), Err(LeaseError::Invalid));
    }

    proptest! {
        #[test]
        fn no_altered_byte_goes_through(at in 0_usize..59, by in 1_u8..=255) {
            let key = LeaseKey::derive(b"secret");
            let mut bytes = URL_SAFE_NO_PAD.decode(lease().sign(&key)).expect("our own token");
            bytes[at] ^= by;
            let token = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(Lease::verify(&token, &key, 0), Err(LeaseError::Invalid));
        }

        #[test]
        fn garbage_is_invalid(token in "\\PC{0,200}") {
            prop_assert_eq!(Lease::verify(&token, &LeaseKey::derive(b"s"), 0), Err(LeaseError::Invalid));
        }
    }
}
