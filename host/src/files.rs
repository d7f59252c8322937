//! The limit of open files. Every connection is one; a service manager or a shell may have left the soft limit at 1,024
//! where the hard one is far higher.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are no connections: the database, pages, logs, pipes, what the runtime itself needs.
const KEPT_BACK: u64 = 256;

/// How many files this process may have open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenFiles {
    /// The limit before.
    pub before: u64,
    /// The limit now; the same where it was as high as it can be.
    pub now: u64,
}

impl OpenFiles {
    /// So many of `wanted` connections fit, at least one. With a very low limit a quarter of it is kept back.
    pub fn connections(self, wanted: usize) -> usize {
        let room = self.now - KEPT_BACK.min(self.now / 4);
        wanted.min(usize::try_from(room).unwrap_or(usize::MAX)).max(1)
    }
}

/// Raises the soft limit to the hard one. Where that fails it stays as it is: [`OpenFiles::connections`] keeps below it.
pub fn raise_open_files() -> OpenFiles {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None is "no limit".
    let before = current.unwrap_or(u64::MAX);
    let raised =
        current != maximum && setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    OpenFiles { before, now: if raised { maximum.unwrap_or(u64::MAX) } else { before } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_database() {
        let files = |now| OpenFiles { before: now, now };
        assert_eq!(files(65_536).connections(40_000), 40_000);
        assert_eq!(files(20_000).connections(40_000), 19_744);
        assert_eq!(files(1_024).connections(40_000), 768);
        assert_eq!(files(100).connections(40_000), 75);
        assert_eq!(files(0).connections(40_000), 1);
        assert_eq!(files(u64::MAX).connections(40_000), 40_000);
    }

    #[test]
    fn the_limit_is_as_high_as_it_can_be() {
        let raised = raise_open_files();
        assert!(raised.now >= raised.before);
        let hard = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        assert_eq!(raise_open_files(), OpenFiles { before: hard, now: hard });
    }
}
