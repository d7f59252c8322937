//! Between the store and the pure judgement: beats are checked and kept, and what was kept is judged.
//!
//! Nothing in here decides about credit; that is `attendance`. Nothing is acknowledged before it is durable.

mod convert;
mod episode;
mod input;
mod kept;
mod levels;
mod limits;
mod outages;
mod record;
mod row;
mod subject;
mod window;
mod workers;
mod writer;

pub use convert::{axis_ms, beat, claims_id, gaps, heard, rule, stretch, terms, timeline};
pub use input::{BATCH_BEATS, BeatIn, MAX_SEQ, RefusedBeat, read_beats};
pub use kept::{KeptProgress, marks_of};
pub use levels::{KeptLevels, Levels};
pub use limits::{EvidenceLimits, SlowDown};
pub use outages::outages;
pub use record::{Compared, CreditWord, Progress, Record, Records};
pub use row::{AttendanceRow, EvidenceInterval, Piece, Standing, why_not_more};
pub use subject::Subject;
pub use window::Window;
pub use workers::off_the_workers;
pub use writer::{BeatWriter, Kept, WriteError};
