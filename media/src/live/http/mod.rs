//! The origin's HTTP shell: checks the lease, waits where the core says wait, answers.
//!
//! What can be done once per part is done once per part; a reader costs a lookup, perhaps a wait, and a write. Thousands
//! wait here at a time, so a reader that waits keeps nothing of its request but the [`MediaRequest`].

pub(crate) mod answer;
mod front;
mod request;
#[cfg(test)]
mod tests;

use axum::Router;

use self::front::Front;
use super::Origin;

/// Answers `/live/{lease}/{lesson}/…`, and has the router answer all else.
pub(crate) fn front(origin: &Origin, rest: Router) -> Front {
    Front::new(origin.clone(), rest)
}
