//! The file pass: the right of a page to fetch or send one file of a lesson at the media node, until a time. The server gives
//! it to whom it may concern; media checks it without asking anyone, so that media bytes never go through the server.
//!
//! Layout, before base64url without padding: version (1), right (1), lesson id (16), fill id (16, zero if it has none),
//! expiry in UTC seconds, big endian (8), then the first 16 bytes of HMAC-SHA-256 over all of it: 58 bytes, 78 characters.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::{
    LeaseError, UtcMillis,
    lease::{LeaseKey, MAC_BYTES},
};

const VERSION: u8 = 1;
const BODY_BYTES: usize = 42;

/// The secret that signs file passes; server and media hold the same.
#[derive(Clone, Debug)]
pub struct FileKey(LeaseKey);

impl FileKey {
    /// Derives the signing key from the shared secret; another one than those of leases and publish passes.
    pub fn derive(shared_secret: &[u8]) -> Self {
        Self(LeaseKey::derive_for(b"yunke file pass v1", shared_secret))
    }
}

/// What a file pass is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRight {
    /// To fetch the lesson as one MP4 file.
    Mp4,
    /// To send the file of this fill.
    Fill(Uuid),
}

/// The right to one file of a lesson until `expires_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePass {
    /// What for.
    pub right: FileRight,
    /// Of which lesson.
    pub lesson: Uuid,
    /// UTC milliseconds; stored with second precision.
    pub expires_at: UtcMillis,
}

impl FilePass {
    /// The token of this pass: 78 URL-safe characters.
    pub fn sign(&self, key: &FileKey) -> String {
        let mut bytes = [0_u8; BODY_BYTES + MAC_BYTES];
        bytes[0] = VERSION;
        let (right, fill) = match self.right {
            FileRight::Mp4 => (0, Uuid::nil()),
            FileRight::Fill(fill) => (1, fill),
        };
        bytes[1] = right;
        bytes[2..18].copy_from_slice(self.lesson.as_bytes());
        bytes[18..34].copy_from_slice(fill.as_bytes());
        bytes[34..42].copy_from_slice(&(self.expires_at / 1000).to_be_bytes());
        let mac = key.0.mac(&bytes[..BODY_BYTES]);
        bytes[BODY_BYTES..].copy_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads and checks a token; an altered one is [`LeaseError::Invalid`] whatever its expiry says.
    pub fn verify(token: &str, key: &FileKey, now: UtcMillis) -> Result<Self, LeaseError> {
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
        let right = match body[1] {
            0 => FileRight::Mp4,
            1 => FileRight::Fill(uuid(18..34)?),
            _ => return Err(LeaseError::Invalid),
        };
        let mut seconds = [0; 8];
        seconds.copy_from_slice(&body[34..42]);
        let expires_at = i64::from_be_bytes(seconds).saturating_mul(1000);
        if now >= expires_at {
            return Err(LeaseError::Expired);
        }
        Ok(Self { right, lesson: uuid(2..18)?, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{PassKey, PublishPass};

    fn pass(right: FileRight) -> FilePass {
        FilePass { right, lesson: Uuid::from_u128(9), expires_at: 2_000_000 }
    }

    #[test]
    fn a_pass_comes_back_as_it_was_signed_until_its_time_is_over() {
        let key = FileKey::derive(b"secret");
        for right in [FileRight::Mp4, FileRight::Fill(Uuid::from_u128(5))] {
            let token = pass(right).sign(&key);
            assert_eq!(token.len(), 78);
            assert_eq!(FilePass::verify(&token, &key, 1_999_999), Ok(pass(right)));
            assert_eq!(FilePass::verify(&token, &key, 2_000_000), Err(LeaseError::Expired));
            assert_eq!(FilePass::verify(&token, &FileKey::derive(b"other"), 0), Err(LeaseError::Invalid));
        }
    }

    #[test]
    fn a_publish_pass_is_no_file_pass() {
        let publish = PublishPass { lesson: Uuid::nil(), person: Uuid::nil(), expires_at: 2_000_000 };
        let token = publish.sign(&PassKey::derive(b"secret"));
        assert_eq!(FilePass::verify(&token, &FileKey::derive(b"secret"), 0), Err(LeaseError::Invalid));
    }

    proptest! {
        #[test]
        fn no_altered_byte_goes_through(at in 0_usize..58, by in 1_u8..=255) {
            let key = FileKey::derive(b"secret");
            let token = pass(FileRight::Mp4).sign(&key);
            let mut bytes = URL_SAFE_NO_PAD.decode(token).expect("our own token");
            bytes[at] ^= by;
            let token = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(FilePass::verify(&token, &key, 0), Err(LeaseError::Invalid));
        }
    }
}
