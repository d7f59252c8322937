//! What stands in the way of changing a person.

use yunke_store::{PersonOutcome, StoreResult};

use crate::problem::{ApiResult, Problem};

/// The outcome as an answer.
pub(super) fn outcome(result: StoreResult<PersonOutcome>) -> ApiResult<()> {
    match result? {
        PersonOutcome::Done => Ok(()),
        PersonOutcome::NotFound => Err(Problem::not_found()),
        PersonOutcome::ActorGone => {
            Err(Problem::forbidden("not_allowed", "This needs a role you do not have."))
        }
        PersonOutcome::Changed => {
            let sentence =
                "Somebody else changed this person meanwhile. Look at what there is now, then change it.";
            Err(Problem::conflict("changed_meanwhile", sentence))
        }
        PersonOutcome::NumberTaken => {
            let sentence = "Somebody has this member number already. Look for them in the list.";
            Err(Problem::field("member_no", "member_no_taken", sentence))
        }
        PersonOutcome::Known => {
            let sentence =
                "There is somebody of this name with this phone number. Look for them in the list.";
            Err(Problem::field("phone", "person_known", sentence))
        }
    }
}

/// 422: nobody locks themselves out.
pub(super) fn not_yourself(field: &str) -> Problem {
    Problem::field(field, "not_yourself", "Ask another organizer to do this for you.")
}
