//! What stands in the way of changing a person.

use yunke_store::{PersonOutcome, StoreError};

use crate::problem::{ApiResult, Problem};

/// The outcome as an answer.
pub(super) fn outcome(result: Result<PersonOutcome, StoreError>) -> ApiResult<()> {
    match result {
        Ok(PersonOutcome::Done) => Ok(()),
        Ok(PersonOutcome::NotFound) => Err(Problem::not_found()),
        Ok(PersonOutcome::ActorGone) => {
            Err(Problem::forbidden("not_allowed", "This needs a role you do not have."))
        }
        Err(StoreError::Duplicate) => {
            let sentence = "Somebody has this phone number already. Look for them in the list.";
            Err(Problem::field("phone", "phone_taken", sentence))
        }
        Err(error) => Err(error.into()),
    }
}

/// 422: nobody locks themselves out.
pub(super) fn not_yourself(field: &str) -> Problem {
    Problem::field(field, "not_yourself", "Ask another organizer to do this for you.")
}
