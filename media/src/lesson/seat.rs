//! The publisher's seat in a lesson: who sends, what arrives, and the right to be the only one.

use tokio_util::sync::CancellationToken;
use yunke_protocol::{HealthCode, HealthNote, Publisher, Tracks, Transport, UtcMillis};

use super::presence::Presence;
use crate::{
    codec::{AudioConfig, VideoConfig},
    ingest::Refusal,
    pipeline::meter::{Meter, Repairs},
    recording::Status,
    transcode::Trouble,
    unit::{Frame, LeftOut, Track},
};

/// A publisher without media for so long is dead: the next one gets the seat.
pub(super) const DEAD_MS: i64 = 2_000;
/// Above this, over [`RATE_WINDOW_MS`], a publisher is sent away: 20 times what a lesson needs, and memory is counted on it.
const MAX_BYTES_PER_SECOND: i64 = 3_000_000;
const RATE_WINDOW_MS: i64 = 4_000;
/// A lesson without picture starts when none has come for so long.
const NO_PICTURE_MS: i64 = 1_000;

/// Over this time, a publisher that was held back for longer than [`HELD_BACK_MS`] sends faster than real time.
const PACE_WINDOW_MS: i64 = 5_000;
const HELD_BACK_MS: i64 = 2_000;
/// Later than this it is the drift of its clock that has come to so much; then it is held back and no more.
const DRIFT_MS: i64 = 600_000;

/// What is known of a publisher before its units come to the lesson.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Noted {
    /// What was not taken out of what arrives.
    pub(super) left_out: LeftOut,
    /// How long one track waits for the other, milliseconds.
    pub(super) apart_ms: i64,
    /// Its picture is re-encoded.
    pub(super) recoded: bool,
}

/// A publisher in its seat.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) id: u64,
    pub(super) transport: Transport,
    connected_at: UtcMillis,
    pub(super) last_media_at: UtcMillis,
    pub(super) first_media_at: Option<UtcMillis>,
    last_video_at: Option<UtcMillis>,
    presence: Presence,
    pub(super) video: Option<VideoConfig>,
    pub(super) audio: Option<AudioConfig>,
    pub(super) meter: Meter,
    pub(super) revoked: CancellationToken,
    /// The publisher's time that went with a time of ours when the last run started, milliseconds.
    pub(super) reference: Option<(u32, UtcMillis)>,
    /// Since when frames are passed over because they are old.
    pub(super) stale_since: Option<UtcMillis>,
    pub(super) noted: Noted,
    rate: (UtcMillis, i64),
    held_back: (UtcMillis, i64),
}

impl Seat {
    pub(super) fn new(id: u64, transport: Transport, now: UtcMillis) -> Self {
        Self {
            id,
            transport,
            connected_at: now,
            last_media_at: now,
            first_media_at: None,
            last_video_at: None,
            presence: Presence::default(),
            video: None,
            audio: None,
            meter: Meter::default(),
            revoked: CancellationToken::new(),
            reference: None,
            stale_since: None,
            noted: Noted::default(),
            rate: (now, 0),
            held_back: (now, 0),
        }
    }

    /// Its sound was Opus before it became AAC.
    pub(super) fn sends_opus(&self) -> bool {
        self.transport == Transport::Whip
    }

    /// Counts a frame; refuses a publisher that sends more than anybody can play.
    pub(super) fn count(&mut self, frame: &Frame, now: UtcMillis) -> Result<(), Refusal> {
        self.last_media_at = now;
        self.first_media_at.get_or_insert(now);
        // What comes before any key frame cannot be decoded: it is no picture.
        if frame.track == Track::Video && (frame.key || self.last_video_at.is_some()) {
            self.last_video_at = Some(now);
        }
        self.presence.came(frame.track, now);
        self.meter.add(frame, now);
        if now - self.rate.0 > RATE_WINDOW_MS {
            self.rate = (now, 0);
        }
        self.rate.1 += i64::try_from(frame.data.len()).unwrap_or(i64::MAX);
        if self.rate.1 > MAX_BYTES_PER_SECOND * RATE_WINDOW_MS / 1000 {
            return Err(Refusal::media("more than 24 Mbit/s cannot be played; 2 Mbit/s is recommended"));
        }
        Ok(())
    }

    /// Holds a publisher back that is ahead of its time. One that always is would keep its seat long after it is gone: for
    /// as long as what its connection has in store.
    pub(super) fn hold_back(&mut self, pause_ms: i64, now: UtcMillis) -> Result<(), Refusal> {
        if now - self.held_back.0 > PACE_WINDOW_MS {
            self.held_back = (now, 0);
        }
        self.held_back.1 += pause_ms;
        if self.held_back.1 > HELD_BACK_MS && now - self.connected_at < DRIFT_MS {
            return Err(Refusal::media(
                "the stream is sent faster than real time: send it at its own pace (ffmpeg: -re)",
            ));
        }
        Ok(())
    }

    /// How long its picture may be at rest.
    pub(super) fn patience_ms(&self) -> i64 {
        self.presence.patience_ms()
    }

    /// Which tracks arrive.
    pub(super) fn tracks(&self, now: UtcMillis) -> Tracks {
        self.presence.tracks(now)
    }

    /// No picture comes, or none any more: the lesson goes on as sound alone.
    pub(super) fn without_picture(&self, now: UtcMillis) -> bool {
        match (&self.video, self.last_video_at.or(self.first_media_at)) {
            (None, since) => since.is_some_and(|since| now - since >= NO_PICTURE_MS),
            (Some(_), since) => since.is_some_and(|since| now - since >= DEAD_MS),
        }
    }

    /// `troubles`: what is not made of its media any more; `recording`: how it is recorded, if it is.
    pub(super) fn snapshot(
        &self,
        repairs: Repairs,
        troubles: &[Trouble],
        recording: Option<&Status>,
        now: UtcMillis,
    ) -> Publisher {
        let video = self.video.as_ref().and_then(|config| self.meter.video(config));
        let audio = self.audio.as_ref().and_then(|config| self.meter.audio(config));
        let Noted { left_out, apart_ms, recoded } = self.noted;
        let repairs = Repairs { left_out, apart_ms, recoded, ..repairs };
        let unrecorded = recording.and_then(unrecorded).map(|code| HealthNote { code, value: None });
        let mut notes: Vec<HealthNote> = unrecorded.into_iter().collect();
        notes.extend(self.meter.notes(video.as_ref(), audio.as_ref(), self.last_media_at, repairs, now));
        notes.extend(troubles.iter().map(|trouble| HealthNote { code: code(*trouble), value: None }));
        Publisher {
            transport: self.transport,
            connected_at: self.connected_at,
            last_media_at: self.last_media_at,
            notes,
            video,
            audio,
        }
    }
}

/// What is wrong with the recording.
fn unrecorded(recording: &Status) -> Option<HealthCode> {
    if recording.full() {
        Some(HealthCode::RecordingFull)
    } else if recording.failing() {
        Some(HealthCode::RecordingFailing)
    } else {
        (recording.lost() > 0).then_some(HealthCode::RecordingHoles)
    }
}

fn code(trouble: Trouble) -> HealthCode {
    match trouble {
        Trouble::PictureSlow => HealthCode::SmallPictureSlow,
        Trouble::PictureBroken => HealthCode::SmallPictureBroken,
        Trouble::SoundBroken => HealthCode::SmallSoundBroken,
    }
}
