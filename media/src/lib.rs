//! The media service: takes lessons in, serves them live and as replays, and records them.

pub mod app;
pub mod clock;
pub mod codec;
pub mod config;
pub mod container;
pub mod control;
#[doc(hidden)]
pub mod fuzz;
pub mod ingest;
pub mod jobs;
pub mod lesson;
pub mod library;
pub mod live;
pub mod pipeline;
pub mod recording;
pub mod replay;
pub mod serve;
pub mod server;
pub mod timing;
pub mod transcode;
pub mod unit;
mod upload;
pub mod webrtc;
pub mod whep;
mod worker_process;
