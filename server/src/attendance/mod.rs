//! From evidence to credit: beats → judged intervals → coverage → credit, and the four viewer counts.
//!
//! The law is ATTENDANCE.md; how it is read here is docs/ATTENDANCE.md. Everything in this module is a
//! pure function of what it is given, in integers: it must never read a clock, do I/O, draw a random
//! number or use a float, and it knows no other module of the server.
//!
//! The same code judges a beat the moment it arrives ([`MemberBook`], one beat at a time) and recomputes
//! a whole lesson from its evidence ([`judge`]): there is no second opinion to disagree with.

mod audience;
mod basis;
mod book;
mod bucket;
mod contest;
mod corroborate;
mod credit;
mod evidence;
mod judge;
mod past;
mod rule;
mod says;
mod verdict;

#[cfg(test)]
mod tests;

pub use audience::{MemberId, Minute, Presence, audience_by_minute, peak};
pub use book::{Bounds, MemberBook, group_by_receipt};
pub use contest::{Claim, Rival, lost_to_rivals};
pub use corroborate::Testimony;
pub use credit::{Credit, CreditLevel, Visits, credit, denominator, visits};
pub use evidence::{Beat, Form, LeaseId, LeaseTerms, Offer, Timeline};
pub use judge::{Evidence, Judged, judge};
pub use past::{LastWord, Past, past_presence};
pub use rule::{HoursStep, Rule};
pub use verdict::{Outcome, Reason, Reasons, Verdict};
