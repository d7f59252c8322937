//! The signed lease: the right of one viewer to fetch one lesson's media, and the name under which
//! the viewer's evidence is kept. It stands in the *path* of media URLs, so it is short and URL-safe.
//!
//! Layout, before base64url without padding: version (1), purpose (1), device (1), lease id (16),
//! lesson id (16), expiry in UTC seconds, big endian (8), in version 2 the stretch of the replay it opens,
//! milliseconds, big endian (4 and 4), then the first 16 bytes of HMAC-SHA-256 over all of it: 59 bytes, 79
//! characters, in version 2 67 bytes, 90 characters.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    LessonMillis, UtcMillis,
    token::{Body, LeaseError, Seal},
};

/// Opens what is live.
const PLAIN: u8 = 1;
/// Opens a stretch of the replay, too.
const WITH_REPLAY: u8 = 2;

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

/// What of a replay may be fetched: `[from_ms, to_ms)` of the lesson's timeline. It stands in the addresses of a replay,
/// as `5000-90000`, or `5000-` to the end, so that a cache keeps what differs apart; the signed one decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stretch {
    from_ms: u32,
    to_ms: u32,
}

impl Stretch {
    /// All of it.
    pub const WHOLE: Self = Self { from_ms: 0, to_ms: u32::MAX };

    /// From a position to another, or to the end. Positions beyond 49 days are the end, negative ones the start.
    pub fn new(from_ms: LessonMillis, to_ms: Option<LessonMillis>) -> Self {
        let fit = |ms: LessonMillis| u32::try_from(ms.max(0)).unwrap_or(u32::MAX);
        Self { from_ms: fit(from_ms), to_ms: to_ms.map_or(u32::MAX, fit) }
    }

    /// First position in it.
    pub fn from_ms(self) -> LessonMillis {
        self.from_ms.into()
    }

    /// First position after it; none: it goes to the end.
    pub fn to_ms(self) -> Option<LessonMillis> {
        (self.to_ms != u32::MAX).then_some(self.to_ms.into())
    }
}

impl std::fmt::Display for Stretch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-", self.from_ms)?;
        self.to_ms().map_or(Ok(()), |to| write!(f, "{to}"))
    }
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
    /// What of the replay it opens; nothing, if it was given before there was one. A preview opens all without it.
    pub replay: Option<Stretch>,
}

/// The secret that signs leases; server and media hold the same.
#[derive(Clone, Debug)]
pub struct LeaseKey(Seal);

impl LeaseKey {
    /// Derives the signing key from the shared secret.
    pub fn derive(shared_secret: &[u8]) -> Self {
        Self(Seal::derive(b"yunke lease v1", shared_secret))
    }
}

impl Lease {
    /// The token of this lease: 79 URL-safe characters, or 90 with a stretch of the replay.
    pub fn sign(&self, key: &LeaseKey) -> String {
        let purpose = match self.purpose {
            Purpose::Watch => 0,
            Purpose::Preview => 1,
        };
        let device = match self.device {
            DeviceClass::Phone => 0,
            DeviceClass::Tablet => 1,
            DeviceClass::Desktop => 2,
        };
        let version = if self.replay.is_some() { WITH_REPLAY } else { PLAIN };
        let body = Body::new(version).byte(purpose).byte(device).uuid(self.id).uuid(self.lesson);
        let body = body.time(self.expires_at);
        key.0.close(match self.replay {
            Some(Stretch { from_ms, to_ms }) => body.number(from_ms).number(to_ms),
            None => body,
        })
    }

    /// Reads and checks a token. `now` is the caller's clock; an altered token is [`LeaseError::Invalid`]
    /// whatever its expiry says.
    pub fn verify(token: &str, key: &LeaseKey, now: UtcMillis) -> Result<Self, LeaseError> {
        key.0.open(token, |fields| {
            let version = fields.byte()?;
            let purpose = match fields.byte()? {
                0 => Purpose::Watch,
                1 => Purpose::Preview,
                _ => return Err(LeaseError::Invalid),
            };
            let device = match fields.byte()? {
                0 => DeviceClass::Phone,
                1 => DeviceClass::Tablet,
                2 => DeviceClass::Desktop,
                _ => return Err(LeaseError::Invalid),
            };
            let (id, lesson, expires_at) = (fields.uuid()?, fields.uuid()?, fields.expiry(now)?);
            let replay = match version {
                PLAIN => None,
                WITH_REPLAY => Some(Stretch { from_ms: fields.number()?, to_ms: fields.number()? }),
                _ => return Err(LeaseError::Invalid),
            };
            Ok(Self { id, lesson, purpose, device, expires_at, replay })
        })
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
            replay: None,
        }
    }

    #[test]
    fn a_token_comes_back_as_it_was_signed() {
        let key = LeaseKey::derive(b"secret");
        let token = lease().sign(&key);
        assert_eq!(token.len(), 79);
        assert_eq!(Lease::verify(&token, &key, 1_999_999), Ok(lease()));
        for stretch in [Stretch::WHOLE, Stretch::new(5_000, Some(90_000)), Stretch::new(1, None)] {
            let lease = Lease { replay: Some(stretch), ..lease() };
            let token = lease.sign(&key);
            assert_eq!(token.len(), 90);
            assert_eq!(Lease::verify(&token, &key, 1_999_999), Ok(lease));
        }
    }

    #[test]
    fn a_stretch_reads_as_it_stands_in_an_address() {
        assert_eq!(Stretch::WHOLE.to_string(), "0-");
        assert_eq!(Stretch::new(5_000, Some(90_000)).to_string(), "5000-90000");
        assert_eq!(Stretch::new(-5, Some(i64::MAX)), Stretch::WHOLE);
        assert_eq!(Stretch::new(i64::MIN, Some(-1)).to_string(), "0-0", "nothing");
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
        fn garbage_is_invalid(token in "\\PC{0,200}") {
            prop_assert_eq!(Lease::verify(&token, &LeaseKey::derive(b"s"), 0), Err(LeaseError::Invalid));
        }
    }
}
