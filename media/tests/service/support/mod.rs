//! What the tests stand on: the stand-in server, the service as a process of its own, publishers and players.

mod media;
mod publisher;
mod server;
mod tools;

pub(crate) use self::{
    media::{Media, lease},
    publisher::{AAC, PICTURE, Publisher, RawPublisher, SOUND, X264},
    server::{KEY, SECRET, Server},
    tools::{LONG_PATIENCE, ffmpeg, gstreamer, probe, signal, wait, wait_long},
};
