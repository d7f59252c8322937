//! What the server (`yunke`) and the media service (`yunke-media`) say to each other, and nothing else.
//!
//! Signed tokens ([`Lease`]s and [`FilePass`]es, which media checks without asking anyone, [`PublishPass`]es and [`KnownDevice`]s), and the
//! control messages: full [`Snapshot`]s one way, full [`Orders`] the other. Both are idempotent and versioned;
//! there are no increments, so nothing can drift. Work on a recording that has ended is asked for and asked about
//! ([`WorkStatus`]). This crate does no I/O and reads no clock:
//! [`SteadyClock`] is told by others what the machine says.

mod audio;
mod clock;
mod device;
mod file_pass;
mod fills;
mod ice;
mod lease;
mod messages;
mod pass;
mod srt;
mod token;
mod work;

pub use audio::{
    AudioChapter, AudioCover, AudioFacts, AudioPlan, AudioRendition, AudioSource, AudioStage, AudioStatus,
    AudioStep, AudioTags, MAX_AUDIO_BYTES, MAX_AUDIO_NAME_BYTES, MAX_AUDIO_VERSIONS, WAVEFORM_POINTS,
};
pub use clock::{Machine, SteadyClock};
pub use device::{DeviceKey, KnownDevice};
pub use file_pass::{FileKey, FilePass, FileRight};
pub use fills::{
    Fill, FillKind, FillMove, FillPlan, FilledGap, Fills, MAX_FILL_BYTES, MAX_FILL_OFFSET_MS,
    MAX_FILL_PIECE_BYTES,
};
pub use ice::{IceServer, in_environment as ice_servers_in_environment};
pub use lease::{DeviceClass, Lease, LeaseKey, Purpose, Stretch};
pub use messages::{
    AudioInfo, Delivery, Gap, HealthCode, HealthNote, LessonOrder, LessonSnapshot, Orders, Phase,
    PublishGrant, PublishRefusal, PublishRequest, Publisher, RefusalCode, RefusedCode, RefusedPublisher,
    ReplayDeliveries, ServerClock, Snapshot, Tracks, Transport, VideoInfo, WaitingFor,
};
pub use pass::{PassKey, PublishPass};
pub use srt::{optional_address, srt_passphrase_problem};
pub use token::LeaseError;
pub use work::{WorkRefusal, WorkStage, WorkStatus};

/// UTC milliseconds since the Unix epoch.
pub type UtcMillis = i64;

/// Milliseconds on a lesson's timeline; 0 is the start of the lesson (not of the rehearsal).
pub type LessonMillis = i64;

/// Paths of the control interface. Every call carries `Authorization: Bearer <shared secret>`.
pub mod paths {
    /// Media → server: may this stream key publish? Body `PublishRequest`; 200 `PublishGrant`, 403 `PublishRefusal`.
    pub const PUBLISH: &str = "/internal/media/publish";
    /// Media → server, every 2 s and on change: body `Snapshot`, 200 `Orders`.
    pub const SNAPSHOT: &str = "/internal/media/snapshot";
    /// Server → media, on change: body `Orders`, 200 `Snapshot`. `GET` answers the current `Snapshot`.
    pub const ORDERS: &str = "/control/orders";
    /// Server → media: end cleanly (finish recordings, close listeners). 202.
    pub const SHUTDOWN: &str = "/control/shutdown";
    /// Server → media: the lesson as one MP4 file. `POST` asks for it, `GET` asks how far it is; 200 `WorkStatus`, else `WorkRefusal`.
    pub const MP4: &str = "/control/lessons/{lesson}/mp4";
    /// Server → media: `GET` 200 `Fills`; `POST` `FillPlan`, 200 `Fill`; else `WorkRefusal`.
    pub const FILLS: &str = "/control/lessons/{lesson}/fills";
    /// Server → media: `PATCH` `FillMove`, `DELETE`; both 200 `Fills`, else `WorkRefusal`.
    pub const FILL: &str = "/control/lessons/{lesson}/fills/{fill}";

    /// Server → media: one version of the library's sound. `PUT` `AudioPlan`, 200 `AudioStatus`; `DELETE` 204 (upload, original and
    /// renditions are gone, also when there were none); else `WorkRefusal`.
    pub const AUDIO: &str = "/internal/audio/{version}";
    /// Server → media: `GET` with `?versions=a,b,c` (at most `MAX_AUDIO_VERSIONS`), 200 `[AudioStatus]`; unknown ones are left out.
    pub const AUDIO_LIST: &str = "/internal/audio";
    /// Server → media: `POST`, what failed is begun again; 200 `AudioStatus`, else `WorkRefusal`.
    pub const AUDIO_RETRY: &str = "/internal/audio/{version}/retry";
    /// Server → media: `GET` the cover's bytes with their type; 404 without one.
    pub const AUDIO_COVER: &str = "/internal/audio/{version}/cover";

    /// One of these paths for one version.
    pub fn of_version(path: &str, version: uuid::Uuid) -> String {
        path.replace("{version}", &version.to_string())
    }

    /// One of these paths for one lesson.
    pub fn of_lesson(path: &str, lesson: uuid::Uuid) -> String {
        path.replace("{lesson}", &lesson.to_string())
    }
}
