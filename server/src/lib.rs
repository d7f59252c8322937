//! The API side of Yunke: accounts, lessons, leases, rooms, evidence and credit, and the watch over
//! the local media process. `main.rs` only starts it; tests build it with injected clock and listener.

pub mod app;
mod arrival;
pub mod attendance;
pub mod auth;
pub mod calendar;
pub mod captions;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod clock_watch;
pub mod config;
pub mod core;
mod database;
pub mod demo;
pub mod disk;
mod doors;
pub mod evidence;
pub mod exports;
mod forward;
#[doc(hidden)]
pub mod fuzz;
mod healthcheck;
pub mod https;
pub mod lesson_run;
pub mod library;
mod listen;
pub mod media_nodes;
mod people_cli;
mod percent;
pub mod picture;
pub mod problem;
pub mod qr;
pub mod results;
pub mod room;
pub mod roster;
pub mod routes;
pub mod rule_preview;
mod secret;
pub mod setup;
pub mod state;
mod store_copy;
mod sweeps;
pub mod typed;
