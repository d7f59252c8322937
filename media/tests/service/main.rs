//! The whole media service against real peers: ffmpeg publishes, ffprobe plays. Only the server is a stand-in, which grants
//! stream keys and gives orders.

mod faults;
mod garbage;
mod publish;
mod support;
