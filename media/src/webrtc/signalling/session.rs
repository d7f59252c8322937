//! A session as HTTP knows it, and all of an endpoint's sessions by the name in their address.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rand::{Rng as _, distr::Alphanumeric};
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;

use super::{
    fragment::{Credentials, Fragment},
    line::{Line, Restarted},
    problem::Problem,
};

/// The session's name: 190 bits, as whoever knows it may end the session.
const NAME_CHARS: usize = 32;

/// A session; `P` is our end of its connection.
pub(crate) struct Session<P: Line + ?Sized> {
    name: String,
    /// What the other side showed when it came, if anything: who shows something later must show the same.
    key: Option<String>,
    peer: Box<P>,
    tag: Mutex<String>,
    /// The other side's ICE as it is now; held while it is restarted.
    theirs: tokio::sync::Mutex<Credentials>,
    end: CancellationToken,
}

impl<P: Line + ?Sized> fmt::Debug for Session<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

fn random(chars: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(chars).map(char::from).collect()
}

fn new_tag() -> String {
    format!("\"{}\"", random(16))
}

impl<P: Line + ?Sized> Session<P> {
    pub(crate) fn new(key: Option<String>, peer: Box<P>, theirs: Credentials) -> Self {
        let theirs = tokio::sync::Mutex::new(theirs);
        let (name, tag) = (random(NAME_CHARS), Mutex::new(new_tag()));
        Self { name, key, peer, tag, theirs, end: CancellationToken::new() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn peer(&self) -> &P {
        &self.peer
    }

    /// Whether this is what the other side showed when it came.
    pub(crate) fn knows(&self, shown: Option<&str>) -> bool {
        match (&self.key, shown) {
            (Some(key), Some(shown)) => shown.as_bytes().ct_eq(key.as_bytes()).into(),
            (key, _) => key.is_none(),
        }
    }

    /// The strong entity tag of the ICE session.
    pub(crate) fn tag(&self) -> String {
        self.tag.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Cancelled when HTTP ended it.
    pub(crate) fn ended(&self) -> &CancellationToken {
        &self.end
    }

    /// Does what a fragment says: a restart when its credentials are new, else nothing, as candidates are not used.
    pub(crate) async fn follow(&self, fragment: &Fragment) -> Result<Option<(Restarted, String)>, Problem> {
        let mut theirs = self.theirs.lock().await;
        let Some(new) = fragment.credentials.clone().filter(|new| *new != *theirs) else { return Ok(None) };
        let restarted = self.peer.restart(new.clone()).await?;
        *theirs = new;
        let tag = new_tag();
        tag.clone_into(&mut self.tag.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Some((restarted, tag)))
    }
}

/// The sessions of an endpoint, at most so many.
pub(crate) struct Sessions<P: Line + ?Sized> {
    by_name: Mutex<HashMap<String, Arc<Session<P>>>>,
    most: usize,
    /// The metric that counts them.
    gauge: &'static str,
}

impl<P: Line + ?Sized> Sessions<P> {
    pub(crate) fn new(most: usize, gauge: &'static str) -> Arc<Self> {
        Arc::new(Self { by_name: Mutex::default(), most, gauge })
    }

    fn map(&self) -> MutexGuard<'_, HashMap<String, Arc<Session<P>>>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn full(&self) -> bool {
        self.map().len() >= self.most
    }

    pub(crate) fn find(&self, name: &str) -> Option<Arc<Session<P>>> {
        self.map().get(name).cloned()
    }

    /// Ends a session; from now on it is unknown.
    pub(crate) fn end(&self, session: &Session<P>) {
        self.remove(session.name());
        session.end.cancel();
    }

    /// Puts a session on the list, until the guard goes; `None` when the list is full.
    pub(crate) fn list(self: &Arc<Self>, session: Arc<Session<P>>) -> Option<Listed<P>> {
        let name = session.name().to_owned();
        {
            let mut map = self.map();
            if map.len() >= self.most {
                return None;
            }
            map.insert(name.clone(), session);
        }
        self.count();
        Some(Listed { sessions: Arc::clone(self), name })
    }

    fn remove(&self, name: &str) {
        self.map().remove(name);
        self.count();
    }

    fn count(&self) {
        metrics::gauge!(self.gauge).set(f64::from(u32::try_from(self.map().len()).unwrap_or(u32::MAX)));
    }
}

/// Takes the session off the list, however its task ends.
pub(crate) struct Listed<P: Line + ?Sized> {
    sessions: Arc<Sessions<P>>,
    name: String,
}

impl<P: Line + ?Sized> Drop for Listed<P> {
    fn drop(&mut self) {
        self.sessions.remove(&self.name);
    }
}
