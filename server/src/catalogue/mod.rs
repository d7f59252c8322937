//! The catalogue of the audio-lesson library as the server has it in memory: found and listed without asking the database, read again
//! when its revision changes. It must never know what anybody heard, and never keep anything of its own.

mod contents;
mod keeper;

pub use contents::{Audience, Catalogue, Found};
pub use keeper::LibraryKeeper;
