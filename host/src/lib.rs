//! What both programs ask of the machine they run on: a folder of their own, open files, and sockets that cannot be held
//! and requests that cannot be held for nothing. It knows neither lessons nor routes.

mod asked;
mod body;
mod files;
mod folder;
mod patience;
mod slots;

pub use asked::{AnsweredBody, AskedBody, Request as AskedRequest};
pub use body::{Outcome, PacedBody, answer_in_time};
pub use files::{OpenFiles, raise_open_files};
pub use folder::{FolderError, FolderLock};
pub use patience::{Patience, Patient};
pub use slots::{Calls, Slot, Slots, line_of};
