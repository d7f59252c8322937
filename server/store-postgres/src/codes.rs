//! Which errors of the database pass.

/// The server is starting, stopping, read-only, full, has another schema or was asked for the same rows by somebody else: the same
/// may succeed later.
pub(crate) fn may_succeed_later(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    code.get(..2).is_some_and(|class| matches!(class, "08" | "40" | "53" | "57"))
        || matches!(code, "25006" | "55P03" | "0A000")
}
