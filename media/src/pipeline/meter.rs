//! What arrives from a publisher, measured over the last few seconds, and what is wrong with it in words for the lecturer.
//! Pure: the time of arrival is given.

use std::collections::VecDeque;

use yunke_protocol::{AudioInfo, HealthCode, HealthNote, UtcMillis, VideoInfo};

use super::tempo::Tempo;
use crate::{
    codec::{AudioConfig, VideoConfig},
    unit::{Frame, LeftOut, Track},
};

/// Seconds that count.
const WINDOW_MS: i64 = 5_000;
/// Length of a bucket: the window has ten, whatever the frame rate.
const BUCKET_MS: i64 = 500;
/// A rate measured over so long can be relied on.
const STEADY_MS: i64 = 4_000;
/// Key frames that are remembered.
const KEYS: usize = 5;
/// After so long a track that should be there is missed.
const MISSED_MS: i64 = 3_000;
/// Silence that the lecturer should hear of.
const STALLED_MS: i64 = 1_000;
/// Key frames further apart make members wait; segments are 2 s.
const KEY_INTERVAL_MS: u32 = 2_500;
/// Above this phones on a mobile network stall.
const BITRATE_HIGH_BPS: u32 = 6_000_000;
/// Bits per pixel under which a picture falls apart.
const BITS_PER_PIXEL_MILLI: u64 = 10;
/// Frames that the rate is measured over: the window at 60 fps.
const RATE_FRAMES: usize = 300;
/// Rates that cameras have.
const USUAL_FPS_MILLI: [u32; 9] = [15_000, 20_000, 23_976, 24_000, 25_000, 29_970, 30_000, 50_000, 60_000];
/// A measured rate this close to one of them, or to the declared one, is that rate.
const KNOWN_PER_MILLE: u64 = 2;
/// Under this a picture jerks.
const FPS_LOW_MILLI: u32 = 15_000;
/// Larger pictures are for nobody: a phone shows no more, and old ones do not decode them.
const SIZE_HIGH_LINES: u32 = 1_080;
/// Under this consonants are lost.
const AUDIO_RATE_LOW_HZ: u32 = 32_000;

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    start: UtcMillis,
    bytes: u64,
}

/// Sums of one track.
#[derive(Debug, Default)]
struct Sums {
    first: Option<UtcMillis>,
    last: UtcMillis,
    buckets: VecDeque<Bucket>,
}

impl Sums {
    fn add(&mut self, bytes: usize, now: UtcMillis) {
        self.first.get_or_insert(now);
        self.last = now;
        match self.buckets.back_mut() {
            Some(bucket) if now - bucket.start < BUCKET_MS => {
                bucket.bytes += bytes as u64;
            }
            _ => self.buckets.push_back(Bucket { start: now, bytes: bytes as u64 }),
        }
        while self.buckets.front().is_some_and(|bucket| now - bucket.start > WINDOW_MS) {
            self.buckets.pop_front();
        }
    }

    /// Bits per second; the bucket under way is left out while there are others.
    fn bitrate_bps(&self) -> u32 {
        let (Some(first), Some(last)) = (self.buckets.front(), self.buckets.back()) else { return 0 };
        let time = (last.start - first.start).max(0).cast_unsigned();
        if time == 0 {
            return 0;
        }
        let whole = self.buckets.iter().take(self.buckets.len() - 1);
        let bytes: u64 = whole.map(|bucket| bucket.bytes).sum();
        u32::try_from(bytes * 8 * 1000 / time).unwrap_or(u32::MAX)
    }
}

/// Measures one publisher.
#[derive(Debug, Default)]
pub struct Meter {
    video: Sums,
    audio: Sums,
    /// Decoding times of the last key frames, the publisher's milliseconds; of the first picture while there was none.
    keys: VecDeque<u32>,
    /// Frames that were shown later than decoded, of those since the last key frame but one: the longest delay.
    reordered: [i32; 2],
    /// Decoding times of the last frames, likewise.
    times: VecDeque<u32>,
    newest: u32,
    /// Of picture and sound.
    tempo: [Tempo; 2],
}

/// What the meter cannot know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Repairs {
    /// Timestamps that were repaired.
    pub timestamps: u64,
    /// Pipelines that were rebuilt.
    pub rebuilt: u64,
    /// What was not taken out of what arrived.
    pub left_out: LeftOut,
    /// How long one track waits for the other, milliseconds; 0: not at all.
    pub apart_ms: i64,
    /// The picture is re-encoded, for want of IDR pictures.
    pub recoded: bool,
}

impl Meter {
    /// Counts a frame.
    pub fn add(&mut self, frame: &Frame, now: UtcMillis) {
        self.tempo[usize::from(frame.track == Track::Audio)].add(frame.dts_ms, now);
        match frame.track {
            Track::Audio => self.audio.add(frame.data.len(), now),
            Track::Video => {
                self.video.add(frame.data.len(), now);
                self.newest = frame.dts_ms;
                self.times.push_back(frame.dts_ms);
                if self.times.len() > RATE_FRAMES {
                    self.times.pop_front();
                }
                if self.keys.is_empty() && !frame.key {
                    self.keys.push_back(frame.dts_ms);
                }
                if frame.key {
                    self.reordered = [self.reordered[1], 0];
                    self.keys.push_back(frame.dts_ms);
                    if self.keys.len() > KEYS {
                        self.keys.pop_front();
                    }
                }
                self.reordered[1] = self.reordered[1].max(frame.cts_ms);
            }
        }
    }

    /// How long pictures were held back lately for others that refer to them (B-frames), milliseconds; 0 without.
    pub fn held_ms(&self) -> i32 {
        self.reordered[0].max(self.reordered[1])
    }

    /// The picture, once one arrived.
    pub fn video(&self, config: &VideoConfig) -> Option<VideoInfo> {
        self.video.first?;
        Some(VideoInfo {
            codec: config.codec.clone(),
            width: config.width,
            height: config.height,
            fps_milli: self.fps_milli(config.fps_milli),
            bitrate_bps: self.video.bitrate_bps(),
            key_interval_ms: self.key_interval_ms(),
        })
    }

    /// The sound, once some arrived.
    pub fn audio(&self, config: &AudioConfig) -> Option<AudioInfo> {
        self.audio.first?;
        Some(AudioInfo {
            codec: config.codec.clone(),
            rate: config.rate,
            channels: config.channels,
            bitrate_bps: self.audio.bitrate_bps(),
        })
    }

    /// The rate of the sound once it was measured over most of the window.
    pub fn steady_sound_bps(&self) -> Option<u32> {
        let (first, last) = self.audio.buckets.front().zip(self.audio.buckets.back())?;
        (last.start - first.start >= STEADY_MS).then(|| self.audio.bitrate_bps())
    }

    /// By the publisher's clock, so that frames which arrive in bursts are no more of them; 0 while not known.
    fn fps_milli(&self, declared: u32) -> u32 {
        let window = u32::try_from(WINDOW_MS).unwrap_or(u32::MAX);
        let recent = self.times.iter().rev().take_while(|time| self.newest.wrapping_sub(**time) <= window);
        let (frames, oldest) = recent.fold((0_u64, self.newest), |(n, _), time| (n + 1, *time));
        let time = u64::from(self.newest.wrapping_sub(oldest));
        let measured = (frames.saturating_sub(1) * 1_000_000).checked_div(time).unwrap_or_default();
        let measured = u32::try_from(measured).unwrap_or(u32::MAX);
        // A second of it, so that one late frame does not decide.
        if time < 1000 {
            return if declared <= 120_000 { declared } else { 0 };
        }
        let known = USUAL_FPS_MILLI.into_iter().chain([declared]);
        let nearest = known.min_by_key(|rate| rate.abs_diff(measured)).unwrap_or(measured);
        let near = u64::from(nearest.abs_diff(measured)) * 1000 <= u64::from(nearest) * KNOWN_PER_MILLE;
        if near { nearest } else { measured }
    }

    /// Longest distance of two of the last key frames; the one under way counts once it is longer.
    fn key_interval_ms(&self) -> u32 {
        let sane = |ms: u32| if ms < 600_000 { ms } else { 0 }; // a jump of the clock is no distance
        let pairs = self.keys.iter().zip(self.keys.iter().skip(1));
        let closed = pairs.map(|(a, b)| sane(b.wrapping_sub(*a))).max().unwrap_or_default();
        closed.max(self.keys.back().map_or(0, |last| sane(self.newest.wrapping_sub(*last))))
    }

    /// How much of real time arrives, per mille, where it is plainly too little of both tracks, or of the only one.
    fn slow(&self) -> Option<i64> {
        let [video, audio] = self.tempo.each_ref().map(Tempo::slow);
        match (self.video.first, self.audio.first) {
            (Some(_), Some(_)) => video.zip(audio).map(|(video, audio)| video.max(audio)),
            _ => video.or(audio),
        }
    }

    /// What is wrong, worst first.
    pub fn notes(
        &self,
        video: Option<&VideoInfo>,
        audio: Option<&AudioInfo>,
        last_media_at: UtcMillis,
        repairs: Repairs,
        now: UtcMillis,
    ) -> Vec<HealthNote> {
        let mut notes = Vec::new();
        let mut note = |code, value: Option<i64>| notes.push(HealthNote { code, value });
        let silent = now - last_media_at;
        let stalled = silent >= STALLED_MS;
        if stalled {
            note(HealthCode::Stalled, Some(silent));
        }
        let since = self.video.first.into_iter().chain(self.audio.first).min();
        let missed = |sums: &Sums| !stalled && since.is_some_and(|s| now - sums.last.max(s) > MISSED_MS);
        if missed(&self.audio) {
            note(HealthCode::NoAudio, None);
        }
        if missed(&self.video) {
            note(HealthCode::NoVideo, None);
        }
        if let Some(per_mille) = self.slow().filter(|_| !stalled) {
            note(HealthCode::TooSlow, Some(per_mille));
        }
        for (count, code) in left_out(repairs.left_out) {
            if count > 0 {
                note(code, i64::try_from(count).ok());
            }
        }
        if repairs.recoded {
            note(HealthCode::PictureRecoded, None);
        }
        if repairs.rebuilt > 0 {
            note(HealthCode::Rebuilt, i64::try_from(repairs.rebuilt).ok());
        }
        if let Some(video) = video.filter(|video| video.fps_milli > 0 && video.bitrate_bps > 0) {
            if video.key_interval_ms > KEY_INTERVAL_MS {
                note(HealthCode::KeyInterval, Some(video.key_interval_ms.into()));
            }
            if video.bitrate_bps > BITRATE_HIGH_BPS {
                note(HealthCode::BitrateHigh, Some(video.bitrate_bps.into()));
            }
            let pixels = u64::from(video.width) * u64::from(video.height);
            let least = pixels * u64::from(video.fps_milli) / 1000 * BITS_PER_PIXEL_MILLI / 1000;
            if u64::from(video.bitrate_bps) < least {
                note(HealthCode::BitrateLow, Some(video.bitrate_bps.into()));
            }
            if video.fps_milli < FPS_LOW_MILLI {
                note(HealthCode::FpsLow, Some(video.fps_milli.into()));
            }
        }
        if let Some(lines) = video.map(|video| video.width.min(video.height)).filter(|n| *n > SIZE_HIGH_LINES)
        {
            note(HealthCode::SizeHigh, Some(lines.into()));
        }
        if let Some(rate) = audio.map(|audio| audio.rate).filter(|rate| (1..AUDIO_RATE_LOW_HZ).contains(rate))
        {
            note(HealthCode::AudioRateLow, Some(rate.into()));
        }
        let held_ms = self.held_ms();
        if held_ms > 0 {
            note(HealthCode::BFrames, Some(held_ms.into()));
        }
        if repairs.apart_ms > 0 {
            note(HealthCode::TracksApart, Some(repairs.apart_ms));
        }
        if repairs.timestamps > 0 {
            note(HealthCode::TimestampsRepaired, i64::try_from(repairs.timestamps).ok());
        }
        notes
    }
}

/// Each kind of what was left out, and the note on it.
fn left_out(left_out: LeftOut) -> [(u64, HealthCode); 4] {
    let LeftOut { damaged, without_sets, without_format, further, oversized } = left_out;
    [
        (without_sets + without_format, HealthCode::FormatMissing),
        (damaged, HealthCode::FramesDamaged),
        (further, HealthCode::TracksIgnored),
        (oversized, HealthCode::DataIgnored),
    ]
}

#[cfg(test)]
mod tests;
