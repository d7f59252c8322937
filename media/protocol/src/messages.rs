//! The control messages. All times are UTC milliseconds, all lesson positions lesson milliseconds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{LessonMillis, UtcMillis};

/// What the server wants of a lesson's media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The publisher may send; only `Preview` leases see it; nothing is recorded.
    Rehearsal,
    /// On air: the timeline runs from `zero_at`, parts are recorded.
    Live,
    /// Over: the playlist gets its end mark, the replay stands, publishers are sent away.
    Ended,
}

/// How a publisher sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// RTMP and enhanced RTMP: OBS, ffmpeg, hardware encoders.
    Rtmp,
    /// WHIP, that is WebRTC: browsers, OBS, phones.
    Whip,
    /// SRT with an MPEG transport stream: OBS, ffmpeg, phones, hardware encoders.
    Srt,
}

/// A stream key asks to publish.
#[derive(Clone, Serialize, Deserialize)]
pub struct PublishRequest {
    /// The node that asks.
    pub node: String,
    /// How the publisher sends.
    pub transport: Transport,
    /// The secret as it came; never logged.
    pub stream_key: String,
}

impl std::fmt::Debug for PublishRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublishRequest")
            .field("node", &self.node)
            .field("transport", &self.transport)
            .field("stream_key", &"[redacted]")
            .finish()
    }
}

/// Yes: publish into this lesson.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishGrant {
    /// What the lesson is to be on this node, so that media need not wait for the next orders.
    pub lesson: LessonOrder,
    /// Shown was a publish pass, not the stream key: a new key is no reason to send this publisher away.
    #[serde(default)]
    pub by_pass: bool,
}

/// No, and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishRefusal {
    /// For programs.
    pub code: RefusalCode,
    /// For the encoder's log window, in English.
    pub message: String,
}

/// Why a publisher is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// No lesson has this key.
    WrongKey,
    /// The lesson has ended or was cancelled.
    LessonOver,
    /// Too many wrong keys from this node; try later.
    TryLater,
}

/// Everything the server wants of a node: the lessons that may have media now. Lessons that are
/// missing are none of the node's business: their publishers are sent away, their recordings stay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Orders {
    /// Grows with every change on the server; an older one is ignored.
    pub version: u64,
    /// The server's clock: a node without anything on air goes by it. None: from a server that does not say.
    #[serde(default)]
    pub clock: Option<ServerClock>,
    /// In no particular order.
    pub lessons: Vec<LessonOrder>,
    /// Leases that open nothing any more, whole: their members were signed out everywhere or disabled. The server bounds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<Uuid>,
}

/// The clock the server goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerClock {
    /// Names the start of the server's machine; nil where that is not known.
    pub boot: Uuid,
    /// UTC of the machine's start: exact for a node on the same machine.
    pub anchor: UtcMillis,
    /// When the orders were sent: for a node elsewhere.
    pub sent_at: UtcMillis,
}

/// What the server wants of one lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonOrder {
    /// The lesson.
    pub lesson: Uuid,
    /// What it is to be.
    pub phase: Phase,
    /// The version of the lesson's stream key. In a grant it is that of the key that asked; in orders, that of the key that
    /// counts now: a publisher who was granted an older one is sent away. 0: from a server that does not say.
    #[serde(default)]
    pub key_version: u64,
    /// Where the timeline starts, once a node has said so; a restarted node goes on from it.
    pub zero_at: Option<UtcMillis>,
    /// Gaps the server has already stored (from earlier snapshots); a restarted node keeps them.
    pub gaps: Vec<Gap>,
}

/// What a node has, whole. Sent every 2 s and on change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The node's name from its configuration.
    pub node: String,
    /// New at every start of the process, so that a restart is seen.
    pub boot: Uuid,
    /// Grows by one with every snapshot of this boot; an older one is ignored.
    pub version: u64,
    /// The node's clock when it was taken.
    pub taken_at: UtcMillis,
    /// The version of the orders it follows.
    pub orders_version: u64,
    /// Program version, for an upgrade of a node that outlived its server.
    pub program_version: String,
    /// All lessons with media on this node.
    pub lessons: Vec<LessonSnapshot>,
    /// What was fetched of replays in the last 60 s, of every lesson. None: from a node that does not say.
    #[serde(default)]
    pub replays: Option<Vec<ReplayDeliveries>>,
}

/// One lesson on a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LessonSnapshot {
    /// The lesson.
    pub lesson: Uuid,
    /// What it is now.
    pub phase: Phase,
    /// Who sends, if anyone does.
    pub publisher: Option<Publisher>,
    /// UTC of lesson position 0: the start of the first segment after the order to go live.
    pub zero_at: Option<UtcMillis>,
    /// Lesson position up to which media exists (exclusive). After the end: the lesson's length.
    pub edge_ms: Option<LessonMillis>,
    /// Outages of the lecturer so far, ascending, disjoint. An outage still under way is not in it.
    pub gaps: Vec<Gap>,
    /// Since when nothing arrives from a publisher of a live lesson.
    pub outage_since: Option<UtcMillis>,
    /// The recording is complete and the replay playlist stands.
    pub replay_ready: bool,
    /// Which tracks arrive now and go out; `None`: nothing does (no publisher, an outage, the end).
    #[serde(default)]
    pub tracks: Option<Tracks>,
    /// What keeps a lesson that was started from going on air.
    #[serde(default)]
    pub waiting_for: Option<WaitingFor>,
    /// The publisher of this lesson that was refused last, if that was in the last 60 s.
    #[serde(default)]
    pub refused: Option<RefusedPublisher>,
    /// What each lease fetched lately: leases with a fetch in the last 60 s.
    pub deliveries: Vec<Delivery>,
}

/// Which tracks of a lesson really arrive. A missing one is filled with a still or with silence while the other goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tracks {
    /// Pictures come: else members see the last one, or none.
    pub picture: bool,
    /// Sound comes: else members hear silence.
    pub sound: bool,
    /// A picture has come in this lesson: while none does, members see the last one. Else they see a plain one of ours.
    #[serde(default)]
    pub pictured: bool,
}

/// What keeps a lesson that was started from going on air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// Nothing arrives.
    Media,
    /// Pictures come, but none that one can begin at. After some seconds it begins without.
    KeyFrame,
}

/// A publisher that showed the key of a lesson and was refused or sent away all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedPublisher {
    /// How it came.
    pub transport: Transport,
    /// Why; the page has the words.
    pub code: RefusedCode,
    /// Why, in English, as it stands in the log: which codec, for one.
    pub reason: String,
    /// When.
    pub at: UtcMillis,
}

/// Codes of [`RefusedPublisher`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusedCode {
    /// Another publisher has the seat, or has taken it over.
    Taken,
    /// Its stream key was replaced by a newer one.
    KeyReplaced,
    /// What it encrypts with is not the passphrase of this service.
    Passphrase,
    /// What it sends cannot be used.
    Media,
    /// The service could not take it just then.
    Later,
}

/// An outage on the lesson's timeline, half-open `[from_ms, to_ms)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    /// First millisecond without media.
    pub from_ms: LessonMillis,
    /// First millisecond with media again.
    pub to_ms: LessonMillis,
}

/// Media that went out to a lease: merged intervals `[from, to)` in lesson milliseconds,
/// those of the last 60 s, at most 16.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// The lease.
    pub lease: Uuid,
    /// What it fetched.
    pub intervals: Vec<(LessonMillis, LessonMillis)>,
    /// It came through an edge that the operator named: nothing is seen of what it fetches there.
    #[serde(default)]
    pub behind_edge: bool,
}

/// What went out of one lesson's replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplayDeliveries {
    /// The lesson.
    pub lesson: Uuid,
    /// To each lease, on the lesson's timeline.
    pub deliveries: Vec<Delivery>,
}

/// A publisher and what arrives from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Publisher {
    /// How it sends.
    pub transport: Transport,
    /// Since when.
    pub connected_at: UtcMillis,
    /// When the last access unit arrived.
    pub last_media_at: UtcMillis,
    /// The picture, once one arrived.
    pub video: Option<VideoInfo>,
    /// The sound, once some arrived.
    pub audio: Option<AudioInfo>,
    /// What is wrong with it, worst first; empty when all is well.
    pub notes: Vec<HealthNote>,
}

/// The picture that arrives, over the last few seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VideoInfo {
    /// RFC 6381, such as `avc1.64001f`.
    pub codec: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames per 1000 seconds.
    pub fps_milli: u32,
    /// Bits per second.
    pub bitrate_bps: u32,
    /// Longest distance of two key frames, milliseconds.
    pub key_interval_ms: u32,
}

/// The sound that arrives, over the last few seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AudioInfo {
    /// RFC 6381, such as `mp4a.40.2`.
    pub codec: String,
    /// Hz.
    pub rate: u32,
    /// Channels.
    pub channels: u32,
    /// Bits per second.
    pub bitrate_bps: u32,
}

/// Something the lecturer should know about the incoming stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthNote {
    /// What it is; the page has the words.
    pub code: HealthCode,
    /// The measured figure in the unit the code names, where there is one.
    pub value: Option<i64>,
}

/// Codes of [`HealthNote`]; the unit of `value` is given with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthCode {
    /// Nothing arrived for a while (milliseconds).
    Stalled,
    /// Picture but no sound.
    NoAudio,
    /// Sound but no picture.
    NoVideo,
    /// Pictures come, but no key frame (milliseconds so far): members hear the sound over a still. Advice: 2 s.
    NoKeyFrame,
    /// Key frames too far apart (milliseconds); members wait longer. Advice: 2 s.
    KeyInterval,
    /// Bitrate too low for the picture size (bits per second).
    BitrateLow,
    /// Bitrate above what phones on a mobile network take (bits per second).
    BitrateHigh,
    /// Fewer than 15 frames a second (frames per 1000 s).
    FpsLow,
    /// More lines than phones can show, and some cannot decode (lines of the shorter side). Advice: 1080 at most.
    SizeHigh,
    /// Sound of few samples, which makes speech dull (Hz). Advice: 48,000.
    AudioRateLow,
    /// Frames refer to later ones (milliseconds they are held back for it); no picture below a second.
    BFrames,
    /// Less than real time arrives (per mille of it), for ten seconds and more.
    TooSlow,
    /// Pictures or sound came without the format they need and cannot be played (count).
    FormatMissing,
    /// Pictures or pieces of sound that did not add up were left out (count).
    FramesDamaged,
    /// A second picture, sound or stream of the same publisher is passed over (messages).
    TracksIgnored,
    /// Messages of data that are too large were passed over (count).
    DataIgnored,
    /// Too few pictures can be decoded by themselves (IDR): the picture is encoded anew here.
    PictureRecoded,
    /// Picture and sound arrive apart, and one waits for the other (milliseconds).
    TracksApart,
    /// Timestamps went backwards or jumped and were repaired (count).
    TimestampsRepaired,
    /// The pipeline broke and was rebuilt (count).
    Rebuilt,
    /// The processor is too slow for the 360p rendition, which is not made any more.
    SmallPictureSlow,
    /// The 360p rendition failed too often and is not made any more.
    SmallPictureBroken,
    /// The low-bitrate audio rendition failed too often and is not made any more.
    SmallSoundBroken,
    /// The disk of the node is full: what is recorded waits in memory, two minutes of it at most.
    RecordingFull,
    /// The node's store does not take the recording for another reason.
    RecordingFailing,
    /// The store takes it again, but did not take all: the replay has holes.
    RecordingHoles,
}
