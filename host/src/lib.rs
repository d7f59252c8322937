//! What both programs ask of the machine they run on: a folder of their own, open files, and sockets that cannot be held
//! for nothing. It knows neither lessons nor HTTP.

mod files;
mod folder;
mod patience;

pub use files::{OpenFiles, raise_open_files};
pub use folder::{FolderError, FolderLock};
pub use patience::{Patience, Patient};
