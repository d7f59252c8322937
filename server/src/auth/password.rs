//! Passwords: argon2id, off the async threads, a few at a time.
//!
//! A password is never stored, logged or kept longer than the check takes.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, MutexGuard},
    time::Duration,
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use super::tries::Lane;

/// Concurrent checks: each takes 19 MiB and tens of milliseconds of a core.
const AT_ONCE: u8 = 2;

/// Checks that may wait in one lane; one more is answered as busy. A NAT of two hundred phones fits.
const WAITING: usize = 256;

/// The same in a slow lane, which works through them in some seconds.
const SLOW_WAITING: usize = 64;

/// Pause before each check of a slow lane.
const SLOW_PAUSE: Duration = Duration::from_millis(100);

/// Lanes with somebody in them; beyond these, a new lane is answered as busy. Each has one or two checks in
/// the queue for a processor, which works through all of them in half a minute.
const LANES: usize = 1_024;

/// A hash whose password nobody knows: an unknown phone number takes as long as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    hash_now("an account that does not exist", b"no such account.").expect("a constant can be hashed")
});

/// Why a password could not be checked or hashed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too many are waiting.
    #[error("too many passwords are being checked")]
    Busy,
    /// The hash in the database is malformed, or hashing itself failed.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// The bounded hasher. Each line and each known device has a lane: however many wait in one, the other lanes
/// get their turn.
#[derive(Debug)]
pub struct Passwords {
    at_once: Arc<Semaphore>,
    lanes: Mutex<HashMap<Lane, LaneState>>,
}

/// A lane exists while somebody is in it.
#[derive(Debug)]
struct LaneState {
    turns: Arc<Semaphore>,
    waiting: usize,
}

/// A slot in a lane; given back when dropped.
struct InLane<'a> {
    passwords: &'a Passwords,
    lane: Lane,
    turns: Arc<Semaphore>,
}

impl Drop for InLane<'_> {
    fn drop(&mut self) {
        let mut lanes = self.passwords.lanes();
        if let Some(state) = lanes.get_mut(&self.lane) {
            state.waiting -= 1;
            if state.waiting == 0 {
                lanes.remove(&self.lane);
            }
        }
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// With nobody waiting.
    pub fn new() -> Self {
        Self { at_once: Arc::new(Semaphore::new(usize::from(AT_ONCE))), lanes: Mutex::default() }
    }

    /// Whether the password belongs to the hash; without a hash it takes as long and is never right.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        self.run(move || {
            let known = hash.is_some();
            let text = hash.unwrap_or_else(|| NOBODY.clone());
            let parsed =
                PasswordHash::new(&text).map_err(|error| PasswordError::Failed(error.to_string()))?;
            let right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(right && known)
        })
        .await
    }

    /// The same for a lane, when it is its turn; a slow lane admits one at a time, with pauses.
    pub async fn verify_in(
        &self,
        lane: Lane,
        slow: bool,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, PasswordError> {
        let place = self.enter(lane, if slow { SLOW_WAITING } else { WAITING })?;
        let turns = if slow { u32::from(AT_ONCE) } else { 1 };
        let _turn = place.turns.acquire_many(turns).await.map_err(|_| PasswordError::Busy)?;
        if slow {
            tokio::time::sleep(SLOW_PAUSE).await;
        }
        self.verify(password, hash).await
    }

    /// A new hash in PHC form.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, PasswordError> {
        self.run(move || hash_now(&password, &salt)).await
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Lane, LaneState>> {
        self.lanes.lock().expect("no panic while the lanes are held")
    }

    fn enter(&self, lane: Lane, limit: usize) -> Result<InLane<'_>, PasswordError> {
        let mut lanes = self.lanes();
        if lanes.len() >= LANES && !lanes.contains_key(&lane) {
            return Err(PasswordError::Busy);
        }
        let state = lanes.entry(lane).or_insert_with(|| LaneState {
            turns: Arc::new(Semaphore::new(usize::from(AT_ONCE))),
            waiting: 0,
        });
        if state.waiting >= limit {
            return Err(PasswordError::Busy);
        }
        state.waiting += 1;
        Ok(InLane { passwords: self, lane, turns: Arc::clone(&state.turns) })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        // The permit moves into the work: a request that is dropped meanwhile must not free it early.
        let permit = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|error| PasswordError::Failed(error.to_string()))?
    }
}

/// Letters and digits that are not confused with one another on paper.
const FIRST_ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Characters of a first password, and of a short link: 49 bits.
const FIRST_CHARS: usize = 10;

/// A password to print on a slip, from 128 random bits.
pub fn first_password(random: [u8; 16]) -> String {
    readable(random)
}

/// The code of a short link, from 128 random bits: nobody finds one by guessing.
pub fn share_code(random: [u8; 16]) -> String {
    readable(random)
}

fn readable(random: [u8; 16]) -> String {
    let mut rest = u128::from_be_bytes(random);
    (0..FIRST_CHARS)
        .map(|_| {
            let letter = FIRST_ALPHABET[usize::try_from(rest % 31).unwrap_or_default()];
            rest /= 31;
            char::from(letter)
        })
        .collect()
}

fn hash_now(password: &str, salt: &[u8; 16]) -> Result<String, PasswordError> {
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|error| PasswordError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_password_has_no_letter_that_looks_like_another() {
        let made = first_password([0xa5; 16]);
        assert_eq!(made.len(), 10);
        assert!(made.chars().all(|c| !"ilo01".contains(c) && c.is_ascii_alphanumeric()), "{made}");
        assert_ne!(made, first_password([0xa6; 16]));
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only() {
        let passwords = Passwords::new();
        let hash = passwords.hash("一二三四五六七八".to_owned(), [7; 16]).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$"));
        assert!(passwords.verify("一二三四五六七八".to_owned(), Some(hash.clone())).await.expect("checked"));
        assert!(!passwords.verify("一二三四五六七九".to_owned(), Some(hash)).await.expect("checked"));
        assert!(!passwords.verify("an account that does not exist".to_owned(), None).await.expect("checked"));
    }

    fn lane(number: u8) -> Lane {
        Lane::Line(std::net::IpAddr::from([10, 0, 0, number]))
    }

    #[tokio::test]
    async fn a_lane_that_is_full_keeps_nobody_of_another_waiting() {
        let passwords = Passwords::new();
        let hash = passwords.hash("right one".to_owned(), [7; 16]).await.expect("hashed");
        let wrong = || passwords.verify_in(lane(1), false, "wrong".to_owned(), None);
        let flood = async {
            let (mut wrongs, mut busy) = (0, 0);
            for answer in futures_util::future::join_all((0..300).map(|_| wrong())).await {
                match answer {
                    Ok(false) => wrongs += 1,
                    Err(PasswordError::Busy) => busy += 1,
                    other => panic!("{other:?}"),
                }
            }
            (wrongs, busy)
        };
        let began = tokio::time::Instant::now();
        let honest = async {
            let right = passwords.verify_in(lane(2), false, "right one".to_owned(), Some(hash.clone())).await;
            (right.expect("checked"), began.elapsed())
        };
        let ((wrongs, busy), (right, waited)) = tokio::join!(flood, honest);
        assert_eq!((wrongs, busy), (256, 44));
        assert!(right && waited < began.elapsed() / 4, "{waited:?} of {:?}", began.elapsed());
        assert!(passwords.lanes().is_empty());
    }

    #[tokio::test]
    async fn a_slow_lane_goes_on() {
        let passwords = Passwords::new();
        let began = tokio::time::Instant::now();
        let tries = (0..3).map(|_| passwords.verify_in(lane(1), true, "wrong".to_owned(), None));
        for answer in futures_util::future::join_all(tries).await {
            assert!(!answer.expect("checked"));
        }
        assert!(began.elapsed() >= SLOW_PAUSE * 3, "{:?}", began.elapsed());
    }
}
