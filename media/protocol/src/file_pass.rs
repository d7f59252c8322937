//! The file pass: the right of a page to fetch or send one file of a lesson at the media node, until a time. The server gives
//! it to whom it may concern; media checks it without asking anyone, so that media bytes never go through the server.
//!
//! Layout, before base64url without padding: version (1), right (1), lesson or episode id (16), fill or version id (16, zero if it has none),
//! expiry in UTC seconds, big endian (8), then the first 16 bytes of HMAC-SHA-256 over all of it: 58 bytes, 78 characters.

use uuid::Uuid;

use crate::{
    LeaseError, UtcMillis,
    token::{Body, Seal},
};

const VERSION: u8 = 1;

/// The secret that signs file passes; server and media hold the same.
#[derive(Clone, Debug)]
pub struct FileKey(Seal);

impl FileKey {
    /// Derives the signing key from the shared secret; another one than those of leases and publish passes.
    pub fn derive(shared_secret: &[u8]) -> Self {
        Self(Seal::derive(b"yunke file pass v1", shared_secret))
    }
}

/// What a file pass is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRight {
    /// To fetch the lesson as one MP4 file.
    Mp4,
    /// To send the file of this fill.
    Fill(Uuid),
    /// To upload the file of this version of the library; `lesson` is its episode.
    Upload(Uuid),
}

/// The right to one file of a lesson until `expires_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePass {
    /// What for.
    pub right: FileRight,
    /// Of which lesson, or of which episode.
    pub lesson: Uuid,
    /// UTC milliseconds; stored with second precision.
    pub expires_at: UtcMillis,
}

impl FilePass {
    /// The token of this pass: 78 URL-safe characters.
    pub fn sign(&self, key: &FileKey) -> String {
        let (right, fill) = match self.right {
            FileRight::Mp4 => (0, Uuid::nil()),
            FileRight::Fill(fill) => (1, fill),
            FileRight::Upload(version) => (2, version),
        };
        let body = Body::new(VERSION).byte(right).uuid(self.lesson).uuid(fill);
        key.0.close(body.time(self.expires_at))
    }

    /// Reads and checks a token; an altered one is [`LeaseError::Invalid`] whatever its expiry says.
    pub fn verify(token: &str, key: &FileKey, now: UtcMillis) -> Result<Self, LeaseError> {
        key.0.open(token, |fields| {
            let (version, right) = (fields.byte()?, fields.byte()?);
            let (lesson, fill, expires_at) = (fields.uuid()?, fields.uuid()?, fields.expiry(now)?);
            let right = match (version, right) {
                (VERSION, 0) => FileRight::Mp4,
                (VERSION, 1) => FileRight::Fill(fill),
                (VERSION, 2) => FileRight::Upload(fill),
                _ => return Err(LeaseError::Invalid),
            };
            Ok(Self { right, lesson, expires_at })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PassKey, PublishPass};

    fn pass(right: FileRight) -> FilePass {
        FilePass { right, lesson: Uuid::from_u128(9), expires_at: 2_000_000 }
    }

    #[test]
    fn a_pass_comes_back_as_it_was_signed_until_its_time_is_over() {
        let key = FileKey::derive(b"secret");
        let id = Uuid::from_u128(5);
        for right in [FileRight::Mp4, FileRight::Fill(id), FileRight::Upload(id)] {
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
}
