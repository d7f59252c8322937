//! The server's clock and source of randomness, injected so that tests decide what they say.
//! Nothing else in the server may read the time of day or draw a random number.

use std::sync::Arc;

use rand::TryRngCore as _;
use uuid::Uuid;
use yunke_store::UtcMillis;

/// A clock in UTC milliseconds.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> UtcMillis;
}

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that is injected")]
    fn now(&self) -> UtcMillis {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        UtcMillis::try_from(since.as_millis()).unwrap_or(UtcMillis::MAX)
    }
}

/// The randomness of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rngs::OsRng.try_fill_bytes(bytes).expect("the operating system gives random bytes");
    }
}

/// Clock and randomness together: what ids, tokens and times are made of.
#[derive(Clone)]
pub struct Source {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Source {
    /// Of these two.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random }
    }

    /// The machine's.
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(SystemRandom))
    }

    /// UTC milliseconds.
    pub fn now(&self) -> UtcMillis {
        self.clock.now()
    }

    /// A new `UUIDv7`.
    pub fn id(&self) -> Uuid {
        let millis = u64::try_from(self.now()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    /// Unpredictable bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source")
    }
}
