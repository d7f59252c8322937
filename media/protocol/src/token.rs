//! What all signed tokens have in common: a body and the first 16 bytes of its HMAC-SHA-256, base64url without padding, so that they
//! are short and stand in an address. Times are UTC seconds, numbers big endian.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::UtcMillis;

const MAC_BYTES: usize = 16;
/// The longest body there is: that of a device that knows four people.
const MAX_BODY: usize = 90;

/// Why a token is not valid.
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

/// A secret that seals one kind of token.
#[derive(Clone)]
pub(crate) struct Seal(Hmac<Sha256>);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Seal {
    /// Derives it from the shared secret, so that the secret itself signs nothing; what is sealed under one label, no other opens.
    pub(crate) fn derive(label: &[u8], shared_secret: &[u8]) -> Self {
        let mut mac = hmac(shared_secret);
        mac.update(label);
        Self(hmac(&mac.finalize().into_bytes()))
    }

    /// The token of a body.
    pub(crate) fn close(&self, mut body: Body) -> String {
        let mac = self.mac(&body.0);
        body.0.extend(mac);
        URL_SAFE_NO_PAD.encode(body.0)
    }

    /// Reads a token's body, if it is ours and unaltered.
    pub(crate) fn open<T>(
        &self,
        token: &str,
        read: impl FnOnce(&mut Fields<'_>) -> Result<T, LeaseError>,
    ) -> Result<T, LeaseError> {
        let mut bytes = [0_u8; MAX_BODY + MAC_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes).map_err(|_| LeaseError::Invalid)?;
        let (body, mac) = bytes[..length].split_last_chunk::<MAC_BYTES>().ok_or(LeaseError::Invalid)?;
        if !bool::from(self.mac(body).ct_eq(mac)) {
            return Err(LeaseError::Invalid);
        }
        let mut fields = Fields(body);
        let value = read(&mut fields)?;
        if fields.0.is_empty() { Ok(value) } else { Err(LeaseError::Invalid) }
    }

    fn mac(&self, body: &[u8]) -> [u8; MAC_BYTES] {
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

/// A body that is written.
pub(crate) struct Body(Vec<u8>);

impl Body {
    pub(crate) fn new(version: u8) -> Self {
        let mut bytes = Vec::with_capacity(MAX_BODY + MAC_BYTES);
        bytes.push(version);
        Self(bytes)
    }

    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    pub(crate) fn uuid(mut self, uuid: Uuid) -> Self {
        self.0.extend(uuid.as_bytes());
        self
    }

    pub(crate) fn number(mut self, number: u32) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    /// With second precision.
    pub(crate) fn time(mut self, time: UtcMillis) -> Self {
        self.0.extend((time / 1000).to_be_bytes());
        self
    }
}

/// A body that is read, in the order it was written.
pub(crate) struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    pub(crate) fn byte(&mut self) -> Result<u8, LeaseError> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(crate) fn uuid(&mut self) -> Result<Uuid, LeaseError> {
        self.take().map(Uuid::from_bytes)
    }

    pub(crate) fn number(&mut self) -> Result<u32, LeaseError> {
        self.take().map(u32::from_be_bytes)
    }

    /// A time that must not be over.
    pub(crate) fn expiry(&mut self, now: UtcMillis) -> Result<UtcMillis, LeaseError> {
        let time = i64::from_be_bytes(self.take()?).saturating_mul(1000);
        if now < time { Ok(time) } else { Err(LeaseError::Expired) }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], LeaseError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(LeaseError::Invalid)?;
        self.0 = rest;
        Ok(*taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LESSON: Uuid = Uuid::from_u128(9);

    fn token(seal: &Seal) -> String {
        seal.close(Body::new(1).uuid(LESSON).number(7).time(2_000_000))
    }

    fn read(fields: &mut Fields<'_>) -> Result<(u8, Uuid, u32, UtcMillis), LeaseError> {
        Ok((fields.byte()?, fields.uuid()?, fields.number()?, fields.expiry(0)?))
    }

    #[test]
    fn what_was_sealed_is_read_and_all_of_it() {
        let seal = Seal::derive(b"test v1", b"secret");
        assert_eq!(seal.open(&token(&seal), read), Ok((1, LESSON, 7, 2_000_000)));
        let shorter = |fields: &mut Fields<'_>| fields.byte().and(fields.uuid());
        assert_eq!(seal.open(&token(&seal), shorter), Err(LeaseError::Invalid), "something is left");
        let longer = |fields: &mut Fields<'_>| read(fields).and(fields.byte());
        assert_eq!(seal.open(&token(&seal), longer), Err(LeaseError::Invalid), "there is no more");
    }

    #[test]
    fn another_label_or_secret_does_not_open_it() {
        let token = token(&Seal::derive(b"test v1", b"secret"));
        for other in [Seal::derive(b"test v2", b"secret"), Seal::derive(b"test v1", b"other")] {
            assert_eq!(other.open(&token, read), Err(LeaseError::Invalid));
        }
    }

    proptest! {
        #[test]
        fn no_altered_byte_and_no_other_length_goes_through(at in 0_usize..45, by in 1_u8..=255, length in 0_usize..90) {
            let seal = Seal::derive(b"test v1", b"secret");
            let genuine = URL_SAFE_NO_PAD.decode(token(&seal)).expect("our own token");
            prop_assert_eq!(genuine.len(), 45);
            let mut altered = genuine.clone();
            altered[at] ^= by;
            prop_assert_eq!(seal.open(&URL_SAFE_NO_PAD.encode(altered), read), Err(LeaseError::Invalid));
            prop_assume!(length != genuine.len());
            let mut other = genuine;
            other.resize(length, 0);
            prop_assert_eq!(seal.open(&URL_SAFE_NO_PAD.encode(other), read), Err(LeaseError::Invalid));
        }
    }
}
