//! The publish pass: the right of one person to publish into one lesson from a page, until a time. Signed and never kept,
//! so that opening the booth takes no stream key away from an encoder.
//!
//! Layout, before base64url without padding: version (1), lesson id (16), person id (16), expiry in UTC seconds, big
//! endian (8), then the first 16 bytes of HMAC-SHA-256 over all of it: 57 bytes, 76 characters.

use uuid::Uuid;

use crate::{
    LeaseError, UtcMillis,
    token::{Body, Seal},
};

const VERSION: u8 = 1;

/// The secret that signs passes. Only the server has a use for it: media asks the server about whatever it is shown.
#[derive(Clone, Debug)]
pub struct PassKey(Seal);

impl PassKey {
    /// Derives the signing key from the shared secret; another one than that of leases, so that neither opens the other.
    pub fn derive(shared_secret: &[u8]) -> Self {
        Self(Seal::derive(b"yunke publish pass v1", shared_secret))
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
        key.0.close(Body::new(VERSION).uuid(self.lesson).uuid(self.person).time(self.expires_at))
    }

    /// Reads and checks a token; an altered one is [`LeaseError::Invalid`] whatever its expiry says.
    pub fn verify(token: &str, key: &PassKey, now: UtcMillis) -> Result<Self, LeaseError> {
        key.0.open(token, |fields| match fields.byte()? {
            VERSION => {
                Ok(Self { lesson: fields.uuid()?, person: fields.uuid()?, expires_at: fields.expiry(now)? })
            }
            _ => Err(LeaseError::Invalid),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeviceClass, Lease, LeaseKey, Purpose};

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
    }
}
