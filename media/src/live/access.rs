//! Who may fetch: the lease that stands in the path. Checked for every request without asking anyone; it costs one HMAC of
//! one block (about a microsecond), which is less than any cache of it would.

use std::{
    collections::HashSet,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use yunke_protocol::{Lease, LeaseError, LeaseKey, Purpose, Stretch};

use super::problem::Problem;
use crate::clock::Clock;

/// Checks leases.
#[derive(Clone)]
pub(crate) struct Access {
    key: LeaseKey,
    clock: Clock,
    /// What edges that the operator named prove themselves with.
    edge: Option<Arc<str>>,
    warned: Arc<AtomicBool>,
    revoked: Arc<RwLock<HashSet<Uuid>>>,
}

/// The header in which an edge that the operator named proves itself.
const EDGE: &str = "x-yunke-edge";

/// A path of the form `{lease}/{lesson}/{file}`, for replays `{lease}/{lesson}/{stretch}/{file}`, checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The lease, which is for this lesson.
    pub(crate) lease: Lease,
    /// What of it.
    pub(crate) file: &'a str,
    /// When it was checked.
    pub(crate) now: yunke_protocol::UtcMillis,
}

impl Access {
    /// With the key the server signs with.
    pub(crate) fn new(key: LeaseKey, clock: Clock) -> Self {
        Self { key, clock, edge: None, warned: Arc::default(), revoked: Arc::default() }
    }

    /// Edges prove themselves with this token.
    pub(crate) fn with_edge(self, token: &str) -> Self {
        Self { edge: (!token.is_empty()).then(|| token.into()), ..self }
    }

    /// The request comes from an edge that the operator named, which gives the answer to others, too: it says nothing of what
    /// the lease fetches. Whatever else names itself in `Via` may be the player.
    pub(crate) fn is_edge(&self, headers: &HeaderMap) -> bool {
        if let (Some(token), Some(edge)) = (headers.get(EDGE), &self.edge) {
            return token.as_bytes().ct_eq(edge.as_bytes()).into();
        }
        if headers.contains_key(header::VIA) && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "requests come through a cache that is not named: set edge_token here and at the edge, or what members fetch there does not count"
            );
        }
        false
    }

    /// The lease behind this token, whatever it is for: the caller looks.
    pub(crate) fn open(&self, token: &str) -> Result<Lease, Problem> {
        let lease = self.verify(token)?;
        if self.is_revoked(lease.id) { Err(Problem::LeaseRevoked) } else { Ok(lease) }
    }

    fn verify(&self, token: &str) -> Result<Lease, Problem> {
        Lease::verify(token, &self.key, (self.clock)()).map_err(|error| match error {
            LeaseError::Expired => Problem::LeaseExpired,
            _ => Problem::LeaseInvalid,
        })
    }

    /// The lease behind this token, when it is for this lesson.
    pub(crate) fn lease(&self, token: &str, lesson: &str) -> Result<Lease, Problem> {
        let lease = self.verify(token)?;
        let lesson = Uuid::try_parse(lesson).map_err(|_| Problem::NotFound)?;
        if lesson != lease.lesson {
            return Err(Problem::LeaseOtherLesson);
        }
        if self.is_revoked(lease.id) { Err(Problem::LeaseRevoked) } else { Ok(lease) }
    }

    /// The server wants nothing served under this lease any more.
    pub(crate) fn is_revoked(&self, lease: Uuid) -> bool {
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        !revoked.is_empty() && revoked.contains(&lease)
    }

    /// Nothing is served under these leases, and under no others that were revoked before: they are over.
    pub(crate) fn revoke(&self, leases: &[Uuid]) {
        let same = {
            let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
            revoked.len() == leases.len() && leases.iter().all(|lease| revoked.contains(lease))
        };
        if !same {
            *self.revoked.write().unwrap_or_else(PoisonError::into_inner) = leases.iter().copied().collect();
        }
    }

    /// Reads and checks the path behind `/live/`. Nothing is percent-decoded: no valid path needs it.
    pub(crate) fn check<'a>(&self, path: &'a str) -> Result<Request<'a>, Problem> {
        let request = self.check_lease(path)?;
        Some(request).filter(|request| !request.file.contains('/')).ok_or(Problem::NotFound)
    }

    /// The same for the path behind `/replay/`, and the stretch that may be seen. It stands in the path for caches, which
    /// strip the lease from their keys; what the lease says decides.
    pub(crate) fn check_replay<'a>(&self, path: &'a str) -> Result<(Request<'a>, Stretch), Problem> {
        let request = self.check_lease(path)?;
        let stretch = match request.lease.purpose {
            Purpose::Preview => Stretch::WHOLE,
            Purpose::Watch => request.lease.replay.ok_or(Problem::LeaseNoReplay)?,
        };
        let (asked, file) = request.file.split_once('/').ok_or(Problem::NotFound)?;
        if file.contains('/') {
            return Err(Problem::NotFound);
        }
        if asked != stretch.to_string() {
            return Err(Problem::LeaseNoReplay);
        }
        Ok((Request { file, ..request }, stretch))
    }

    fn check_lease<'a>(&self, path: &'a str) -> Result<Request<'a>, Problem> {
        let mut pieces = path.splitn(3, '/');
        let (token, lesson) = (pieces.next().unwrap_or_default(), pieces.next());
        let lease = self.lease(token, lesson.unwrap_or_default())?;
        let now = (self.clock)();
        Ok(Request { lease, file: pieces.next().ok_or(Problem::NotFound)?, now })
    }

    /// The clock.
    pub(crate) fn now(&self) -> yunke_protocol::UtcMillis {
        (self.clock)()
    }
}
