//! The media service: takes lessons in, serves them live and as replays, and records them.

pub mod ingest;
pub mod live;
pub mod pipeline;
pub mod recording;
