//! The whole media service against real peers: ffmpeg publishes, ffprobe plays. Only the server is a stand-in, which grants
//! stream keys and gives orders.

#![expect(clippy::disallowed_methods, reason = "real processes live by the real clock")]
#![expect(clippy::cast_precision_loss, reason = "seconds, for people")]

mod faults;
mod fills;
mod fuzz;
mod garbage;
mod jobs;
mod library;
mod publish;
mod radio;
mod support;
mod whep;
