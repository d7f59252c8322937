//! What all viewers of a lesson get by WebRTC: access units packetized once, on one clock, and the pictures since the last key
//! frame for those who come in between.
//!
//! The lesson pushes and never waits. A viewer who does not keep up misses what the channel has no place for.

pub(crate) mod clock;
mod packets;
mod sound;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use tokio::{
    sync::{broadcast, watch},
    time::{Duration, Instant},
};

use self::clock::{Count, ticks, timestamp};
use crate::{
    codec::{AudioConfig, VideoConfig},
    transcode::audio::{AudioTranscoder, TranscodeError},
    unit::{Frame, Track},
};

/// Access units that a viewer may be behind: 3 s of picture and sound. Who is further behind goes on at a key frame.
const BEHIND: usize = 256;
/// Pictures and bytes since a key frame that are kept. When there are more, who comes in waits for the next one.
const MAX_GROUP_PICTURES: usize = 150;
const MAX_GROUP_BYTES: usize = 3 << 20;
/// However many viewers want a key frame, the publisher is asked this often at most.
const WISH_EVERY: Duration = Duration::from_secs(1);

/// A sound chain that broke is recreated after so long.
const AGAIN: Duration = Duration::from_secs(2);

/// An access unit as it is sent.
#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) track: Track,
    /// When it is shown, UTC microseconds on the lesson's timeline.
    pub(crate) at_us: i64,
    /// RTP time.
    pub(crate) timestamp: u32,
    /// Decoding can start here.
    pub(crate) key: bool,
    pub(crate) payloads: Vec<Bytes>,
}

/// How a lesson stands with viewers by WebRTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Standing {
    /// A publisher sends.
    pub(crate) sends: bool,
    /// On air; else it is a rehearsal.
    pub(crate) live: bool,
    /// Pictures refer to later ones, which WebRTC cannot carry.
    pub(crate) reordered: bool,
    /// It is over.
    pub(crate) over: bool,
}

/// One lesson's media for viewers by WebRTC.
#[derive(Debug)]
pub struct Feed {
    out: Arc<Out>,
    sound: Mutex<Sound>,
    standing: watch::Sender<Standing>,
    viewers: Arc<AtomicUsize>,
    wish: Mutex<KeyFrameRequest>,
}

/// Where media goes out.
#[derive(Debug)]
struct Out {
    inner: Mutex<Inner>,
    sender: broadcast::Sender<Arc<Media>>,
}

#[derive(Debug, Default)]
struct Inner {
    video: Option<VideoConfig>,
    /// The pictures since the last key frame, it included.
    group: Vec<Arc<Media>>,
    group_bytes: usize,
    sound: Count,
}

/// How the sound becomes Opus.
#[derive(Debug, Default)]
struct Sound {
    /// Of AAC; none where the publisher sends Opus itself.
    aac: Option<AudioConfig>,
    chain: Option<AudioTranscoder>,
    broken: Option<Instant>,
}

#[derive(Debug, Default)]
struct KeyFrameRequest {
    open: bool,
    granted: Option<Instant>,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            out: Arc::new(Out { inner: Mutex::default(), sender: broadcast::Sender::new(BEHIND) }),
            sound: Mutex::default(),
            standing: watch::Sender::new(Standing::default()),
            viewers: Arc::default(),
            wish: Mutex::default(),
        }
    }
}

/// What the lesson does.
impl Feed {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.out.inner()
    }

    fn sound(&self) -> MutexGuard<'_, Sound> {
        self.sound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stand(&self, change: impl FnOnce(&mut Standing)) {
        self.standing.send_if_modified(|standing| {
            let before = *standing;
            change(standing);
            *standing != before
        });
    }

    /// A run begins. `aac` is the format of the sound, if it is to become Opus here.
    pub(crate) fn begin(&self, video: Option<VideoConfig>, aac: Option<AudioConfig>, live: bool) {
        self.inner().video = video;
        *self.sound() = Sound { aac, ..Sound::default() };
        self.stand(|standing| (standing.sends, standing.live) = (true, live));
    }

    /// The run is over; viewers stay.
    pub(crate) fn pause(&self) {
        self.inner().forget_group();
        *self.sound() = Sound::default();
        self.stand(|standing| standing.sends = false);
    }

    /// The lesson is over, or none of this node's business any more.
    pub(crate) fn end(&self) {
        self.inner().forget_group();
        *self.sound() = Sound::default();
        self.stand(|standing| (standing.sends, standing.over) = (false, true));
    }

    /// Whether pictures refer to later ones.
    pub(crate) fn reordered(&self, reordered: bool) {
        self.stand(|standing| standing.reordered = reordered);
    }

    /// A frame of the run that is shown or heard at this time.
    pub(crate) fn frame(&self, frame: &Frame, at_us: i64) {
        match frame.track {
            Track::Video => self.picture(frame, at_us),
            Track::Audio => self.aac(frame, at_us),
        }
    }

    fn picture(&self, frame: &Frame, at_us: i64) {
        let mut inner = self.inner();
        let Some(config) = &inner.video else { return };
        let payloads = packets::payloads(config, &frame.data, frame.key);
        if payloads.is_empty() {
            return;
        }
        let timestamp = timestamp(ticks(Track::Video, at_us));
        let media = Arc::new(Media { track: Track::Video, at_us, timestamp, key: frame.key, payloads });
        inner.remember(&media);
        // Under the lock, so that who joins sees each picture once.
        let _ = self.out.sender.send(media);
    }

    /// Sound that becomes Opus first, while there is anybody to hear it.
    fn aac(&self, frame: &Frame, at_us: i64) {
        let mut sound = self.sound();
        if self.viewers.load(Ordering::Relaxed) == 0 {
            sound.chain = None;
            return;
        }
        if sound.broken.is_some_and(|broken| broken.elapsed() < AGAIN) {
            return;
        }
        if let Err(problem) = sound.push(&self.out, frame, at_us) {
            metrics::counter!("yunke_media_sound_chains_rebuilt_total").increment(1);
            tracing::warn!(%problem, "the sound for viewers by WebRTC is made anew");
            (sound.chain, sound.broken) = (None, Some(Instant::now()));
        }
    }

    /// A packet of Opus that the publisher counts as `theirs` and that is heard at `at_us`.
    pub(crate) fn opus(&self, theirs: i64, at_us: i64, data: Bytes) {
        self.out.opus(theirs, at_us, data);
    }

    /// A viewer waits for a key frame; says so once, and at most once a second.
    pub(crate) fn take_key_frame_request(&self) -> bool {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now())
    }
}

impl Out {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opus(&self, theirs: i64, at_us: i64, data: Bytes) {
        let Some(ticks) = self.inner().sound.place(theirs, at_us) else { return };
        let (timestamp, payloads) = (timestamp(ticks), vec![data]);
        let media = Media { track: Track::Audio, at_us, timestamp, key: true, payloads };
        let _ = self.sender.send(Arc::new(media));
    }
}

impl Sound {
    fn push(&mut self, out: &Arc<Out>, frame: &Frame, at_us: i64) -> Result<(), TranscodeError> {
        let Some(config) = &self.aac else { return Ok(()) };
        if self.chain.is_none() {
            let out = Arc::clone(out);
            let sink = move |count, at_us, data| out.opus(count, at_us, data);
            self.chain = Some(sound::start(config, at_us, sink)?);
        }
        let Some(chain) = &self.chain else { return Ok(()) };
        chain.push(at_us, frame.data.clone())
    }
}

impl KeyFrameRequest {
    fn take(&mut self, now: Instant) -> bool {
        if !self.open || self.granted.is_some_and(|granted| now - granted < WISH_EVERY) {
            return false;
        }
        *self = Self { open: false, granted: Some(now) };
        true
    }
}

impl Inner {
    fn forget_group(&mut self) {
        self.group.clear();
        self.group_bytes = 0;
    }

    fn remember(&mut self, media: &Arc<Media>) {
        if media.key {
            self.forget_group();
        } else if self.group.is_empty() {
            return;
        }
        self.group_bytes += media.payloads.iter().map(Bytes::len).sum::<usize>();
        self.group.push(Arc::clone(media));
        if self.group.len() > MAX_GROUP_PICTURES || self.group_bytes > MAX_GROUP_BYTES {
            self.forget_group();
        }
    }
}

/// What viewers do.
impl Feed {
    pub(crate) fn standing(&self) -> Standing {
        *self.standing.borrow()
    }

    pub(crate) fn follow(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Counts a viewer until the guard goes.
    pub(crate) fn enter(&self) -> Viewing {
        self.viewers.fetch_add(1, Ordering::Relaxed);
        Viewing(Arc::clone(&self.viewers))
    }

    /// The pictures since the last key frame, and everything from now on.
    pub(crate) fn join(&self) -> (Vec<Arc<Media>>, broadcast::Receiver<Arc<Media>>) {
        let inner = self.inner();
        (inner.group.clone(), self.out.sender.subscribe())
    }

    /// A viewer cannot show anything without a key frame.
    pub(crate) fn want_key(&self) {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner).open = true;
    }

    /// RTP time of a UTC time, for sender reports.
    pub(crate) fn timestamp(&self, track: Track, utc_us: i64) -> u32 {
        let off = match track {
            Track::Video => 0,
            Track::Audio => self.inner().sound.off(),
        };
        timestamp(ticks(track, utc_us) - off)
    }
}

/// A viewer that is counted.
#[derive(Debug)]
pub(crate) struct Viewing(Arc<AtomicUsize>);

impl Drop for Viewing {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
