//! Who may fetch: the lease that stands in the path. Checked for every request without asking anyone; it costs one HMAC of
//! one block (about a microsecond), which is less than any cache of it would.

use uuid::Uuid;
use yunke_protocol::{Lease, LeaseError, LeaseKey};

use super::{Clock, http::problem::Problem};

/// Checks leases.
#[derive(Clone)]
pub(crate) struct Access {
    key: LeaseKey,
    clock: Clock,
}

/// A path of the form `{lease}/{lesson}/{file}`, checked.
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
        Self { key, clock }
    }

    /// The lease behind this token, when it is for this lesson.
    pub(crate) fn lease(&self, token: &str, lesson: &str) -> Result<Lease, Problem> {
        let lease = Lease::verify(token, &self.key, (self.clock)()).map_err(|error| match error {
            LeaseError::Expired => Problem::LeaseExpired,
            _ => Problem::LeaseInvalid,
        })?;
        let lesson = Uuid::try_parse(lesson).map_err(|_| Problem::NotFound)?;
        if lesson == lease.lesson { Ok(lease) } else { Err(Problem::LeaseOtherLesson) }
    }

    /// Reads and checks the path behind `/live/` or `/replay/`. Nothing is percent-decoded: no valid path needs it.
    pub(crate) fn check<'a>(&self, path: &'a str) -> Result<Request<'a>, Problem> {
        let mut pieces = path.splitn(3, '/');
        let (token, lesson) = (pieces.next().unwrap_or_default(), pieces.next());
        let lease = self.lease(token, lesson.unwrap_or_default())?;
        let now = (self.clock)();
        let file = pieces.next().filter(|file| !file.contains('/')).ok_or(Problem::NotFound)?;
        Ok(Request { lease, file, now })
    }

    /// The clock.
    pub(crate) fn now(&self) -> yunke_protocol::UtcMillis {
        (self.clock)()
    }
}
