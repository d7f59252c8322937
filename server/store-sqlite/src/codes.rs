//! Which errors of the database pass.

/// Somebody else holds what is needed (`SQLITE_BUSY` and `SQLITE_LOCKED`, with their extended codes): the same may succeed later.
pub(crate) fn may_succeed_later(code: Option<&str>) -> bool {
    code.and_then(|c| c.parse::<u32>().ok()).is_some_and(|c| matches!(c & 0xff, 5 | 6))
}
