//! The catalogue of the library, as far as it is text: finding titles and people, putting them in order, reading file names,
//! transcripts and tags. Pure: it must never do I/O, read a clock or know a database, so that both databases find the same.

pub mod coding;
pub mod file_name;
mod letters;
pub mod mojibake;
mod numerals;
pub mod order;
pub mod people;
pub mod search;
pub mod transcript;
