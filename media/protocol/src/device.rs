//! The known device: a browser in which somebody signed in before. It opens nothing; its tries at signing in are counted by
//! themselves, so that nobody elsewhere can use them up. Only the server has a use for it.
//!
//! Layout, before base64url without padding: version (1), device id (16), expiry in UTC seconds, big endian (8), number of
//! people (1), their ids (16 each, the latest first), then the first 16 bytes of HMAC-SHA-256 over all of it.

use uuid::Uuid;

use crate::{
    LeaseError, UtcMillis,
    token::{Body, Seal},
};

const VERSION: u8 = 1;
/// People a device remembers: those of a family, or of an office. Who comes next takes the place of whom was longest ago.
const MAX_PEOPLE: usize = 4;

/// The secret that signs known devices.
#[derive(Clone, Debug)]
pub struct DeviceKey(Seal);

impl DeviceKey {
    /// Derives the signing key from the shared secret; another one than those of leases and passes.
    pub fn derive(shared_secret: &[u8]) -> Self {
        Self(Seal::derive(b"yunke known device v1", shared_secret))
    }
}

/// A browser, and who signed in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    /// Names the browser.
    pub id: Uuid,
    /// Who signed in there, the latest first.
    people: Vec<Uuid>,
    /// UTC milliseconds; stored with second precision.
    pub expires_at: UtcMillis,
}

impl KnownDevice {
    /// A device that nobody is known by yet.
    pub fn new(id: Uuid, expires_at: UtcMillis) -> Self {
        Self { id, people: Vec::new(), expires_at }
    }

    /// Whether this person signed in there before.
    pub fn knows(&self, person: Uuid) -> bool {
        self.people.contains(&person)
    }

    /// This person signed in there just now.
    #[must_use]
    pub fn with(mut self, person: Uuid, expires_at: UtcMillis) -> Self {
        self.people.retain(|known| *known != person);
        self.people.insert(0, person);
        self.people.truncate(MAX_PEOPLE);
        self.expires_at = expires_at;
        self
    }

    /// The token: at most 142 URL-safe characters.
    pub fn sign(&self, key: &DeviceKey) -> String {
        let count = u8::try_from(self.people.len()).expect("a device knows four people at most");
        let body = Body::new(VERSION).uuid(self.id).time(self.expires_at).byte(count);
        key.0.close(self.people.iter().fold(body, |body, person| body.uuid(*person)))
    }

    /// Reads and checks a token; an altered one is [`LeaseError::Invalid`] whatever its expiry says.
    pub fn verify(token: &str, key: &DeviceKey, now: UtcMillis) -> Result<Self, LeaseError> {
        key.0.open(token, |fields| match fields.byte()? {
            VERSION => {
                let (id, expires_at) = (fields.uuid()?, fields.expiry(now)?);
                let count = usize::from(fields.byte()?);
                let people = (0..count.min(MAX_PEOPLE)).map(|_| fields.uuid()).collect::<Result<_, _>>()?;
                Ok(Self { id, people, expires_at })
            }
            _ => Err(LeaseError::Invalid),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PassKey;

    fn person(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn a_device_knows_the_last_four_and_comes_back_as_it_was_signed() {
        let key = DeviceKey::derive(b"secret");
        let empty = KnownDevice::new(person(99), 1_000);
        assert_eq!(KnownDevice::verify(&empty.sign(&key), &key, 0), Ok(empty.clone()));
        let device =
            [1, 2, 3, 1, 4, 5].into_iter().fold(empty, |device, n| device.with(person(n), 2_000_000));
        let known: Vec<_> = (1..=6).filter(|n| device.knows(person(*n))).collect();
        assert_eq!(known, [1, 3, 4, 5]);
        let token = device.sign(&key);
        assert!(token.len() <= 142, "{}", token.len());
        assert_eq!(KnownDevice::verify(&token, &key, 1_999_999), Ok(device));
        assert_eq!(KnownDevice::verify(&token, &key, 2_000_000), Err(LeaseError::Expired));
    }

    #[test]
    fn nobody_makes_one_without_the_secret() {
        let key = DeviceKey::derive(b"secret");
        let token = KnownDevice::new(person(99), 2_000_000).with(person(1), 2_000_000).sign(&key);
        assert_eq!(KnownDevice::verify(&token, &DeviceKey::derive(b"other"), 0), Err(LeaseError::Invalid));
        let pass = crate::PublishPass { lesson: person(1), person: person(1), expires_at: 2_000_000 };
        let pass = pass.sign(&PassKey::derive(b"secret"));
        assert_eq!(KnownDevice::verify(&pass, &key, 0), Err(LeaseError::Invalid));
        assert_eq!(KnownDevice::verify("", &key, 0), Err(LeaseError::Invalid));
    }
}
