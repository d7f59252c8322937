//! The words of the domain, one of each: what a beat, a lease, a lesson and a person can be, and half-open intervals. Every
//! other crate of the server builds on it. No I/O, no clock, no decisions.

mod axis;
mod beat;
mod interval;
mod item;
mod lease;
mod lesson;
mod person;
mod text;

pub use axis::{Axis, Position, Utc};
pub use beat::{BeatCause, BeatMode, BeatSource, BeatState};
pub use interval::{Interval, IntervalSet};
pub use item::{Item, ItemKind};
pub use lease::{LeaseDevice, LeasePurpose};
pub use lesson::LessonPhase;
pub use person::{Role, UnitKind};
pub use text::TextEnum;
