//! The API as its clients see it: a real server on a real socket with a real database; only the clock
//! is the test's, and the media node is played by the test.

mod access;
mod attendance;
mod booth;
mod clock;
mod corroboration;
mod exports;
mod fuzz;
mod harness;
mod home;
mod https;
mod identity;
mod lesson_life;
mod library;
mod library_stats;
mod media_node;
mod people;
mod planning;
mod refusals;
mod replay;
mod replay_files;
mod reports;
mod roster;
mod rules;
mod setup;
mod share;
mod sign_in;
mod sockets;
mod talk;
