//! The publish pass: the right of one person to publish into one lesson from a page, until a time. Signed and never kept,
//! so that opening the booth takes no stream key away from an encoder.
//!
//! Layout, before base64url without padding: version (1), lesson id (16), person id (16), expiry in UTC seconds, big
//! endian (8), then the first 16 bytes of HMAC-SHA-256 over all of it: 57 bytes, 76 characters.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::{
    LeaseError, UtcMillis,
    lease::{LeaseKey, MAC_BYTES},
};

const VERSION: u8 = 1;
const BODY_BYTES: usize = 41;

/// The secret that signs passes. Only the server has a use for it: media asks the server about whatever it is shown.
#[derive(Clone, Debug)]
pub struct PassKey(LeaseKey);

impl PassKey {
    /// Derives the signing key from the shared secret; another one than that of leases, so that neither opens the other.
    pub fn derive(shared_secret: &[u8]) -> Self {
        Self(LeaseKey::derive_for(b"yunke publish pass v1", shared_secret))
    }
}

/// The right to publish into one lesson until `expires_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishPass {
    /// The one lesson it opens.
    pub lesson: Uuid,
    /// Who was given it; what they may do is looked at again when it is shown.
    pub person: Uuid,
    /// UTC milliseconds; stored with second precision.
    pub expires_at: UtcMillis,
}

impl PublishPass {
    /// The token of this pass: 76 URL-safe characters.
    pub fn sign(&self, key: &PassKey) -> String {
        let mut bytes = [0_u8; BODY_BYTES + MAC_BYTES];
        bytes[0] = VERSION;
        bytes[1..17].copy_from_slice(self.lesson.as_bytes());
        bytes[17..33].copy_from_slice(self.person.as_bytes());
        bytes[33..41].copy_from_slice(&(self.expires_at / 1000).to_be_bytes());
        let mac = key.0.mac(&bytes[..BODY_BYTES]);
        bytes[BODY_BYTES..].copy_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads and checks a token; an altered one is [`LeaseError::Invalid`] whatever its expiry says.
    pub fn verify(token: &str, key: &PassKey, now: UtcMillis) -> Result<Self, LeaseError> {
        let mut bytes = [0_u8; BODY_BYTES + MAC_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(token, &mut bytes) {
            Ok(n) if n == bytes.len() => {}
            _ => return Err(LeaseError::Invalid),
        }
        let (body, mac) = bytes.split_at(BODY_BYTES);
        if !bool::from(key.0.mac(body).ct_eq(mac)) || body[0] != VERSION {
            return Err(LeaseError::Invalid);
        }
        let uuid =
            |range: std::ops::Range<usize>| Uuid::from_slice(&body[range]).map_err(|_| LeaseError::Invalid);
        let mut seconds = [0; 8];
        seconds.copy_from_slice(&body[33..41]);
        let expires_at = i64::from_be_bytes(seconds).saturating_mul(1000);
        if now >= expires_at {
            return Err(LeaseError::Expired);
        }
        Ok(Self { lesson: uuid(1..17)?, person: uuid(17..33)?, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DeviceClass, Lease, Purpose};

    fn pass() -> PublishPass {
        PublishPass { lesson: Uuid::from_u128(9), person: Uuid::from_u128(7), expires_at: 2_000_000 }
    }

    #[test]
    fn a_pass_comes_back_as_it_was_signed_until_its_time_is_over() {
        let key = PassKey::derive(b"secret");
        let token = pass().sign(&key);
        assert_eq!(token.len(), 76);
        assert_eq!(PublishPass::verify(&token, &key, 1_999_999), Ok(pass()));
        assert_eq!(PublishPass::verify(&token, &key, 2_000_000), Err(LeaseError::Expired));
        assert_eq!(PublishPass::verify(&token, &PassKey::derive(b"other"), 0), Err(LeaseError::Invalid));
    }

    #[test]
    fn a_lease_is_no_pass_and_a_pass_no_lease() {
        let (leases, passes) = (LeaseKey::derive(b"secret"), PassKey::derive(b"secret"));
        let lease = Lease {
            id: Uuid::from_u128(7),
            lesson: Uuid::from_u128(9),
            purpose: Purpose::Preview,
            device: DeviceClass::Desktop,
            expires_at: 2_000_000,
            replay: None,
        };
        assert_eq!(PublishPass::verify(&lease.sign(&leases), &passes, 0), Err(LeaseError::Invalid));
        assert_eq!(Lease::verify(&pass().sign(&passes), &leases, 0), Err(LeaseError::Invalid));
        assert_ne!(leases.mac(b"x"), passes.0.mac(b"x"), "one label, one key");
    }

    proptest! {
        #[test]
        fn no_altered_byte_goes_through(at in 0_usize..57, by in 1_u8..=255) {
            let key = PassKey::derive(b"secret");
            let mut bytes = URL_SAFE_NO_PAD.decode(pass().sign(&key)).expect("our own token");
            bytes[at] ^= by;
            let token = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(PublishPass::verify(&token, &key, 0), Err(LeaseError::Invalid));
        }
    }
}
