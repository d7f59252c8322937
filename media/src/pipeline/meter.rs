//! What arrives from a publisher, measured over the last few seconds, and what is wrong with it in words for the lecturer.
//! Pure: the time of arrival is given.

use std::collections::VecDeque;

use yunke_protocol::{AudioInfo, HealthCode, HealthNote, UtcMillis, VideoInfo};

use crate::ingest::{AudioConfig, Frame, Track, VideoConfig};

/// Seconds that count.
const WINDOW_MS: i64 = 5_000;
/// Length of a bucket: the window has ten, whatever the frame rate.
const BUCKET_MS: i64 = 500;
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
/// Under this a picture jerks.
const FPS_LOW_MILLI: u32 = 15_000;

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    start: UtcMillis,
    frames: u64,
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
                bucket.frames += 1;
                bucket.bytes += bytes as u64;
            }
            _ => self.buckets.push_back(Bucket { start: now, frames: 1, bytes: bytes as u64 }),
        }
        while self.buckets.front().is_some_and(|bucket| now - bucket.start > WINDOW_MS) {
            self.buckets.pop_front();
        }
    }

    /// Frames and bytes per 1000 s; the bucket under way is left out while there are others.
    fn rates(&self) -> (u64, u64) {
        let (Some(first), Some(last)) = (self.buckets.front(), self.buckets.back()) else { return (0, 0) };
        let time = (last.start - first.start).max(0).cast_unsigned();
        if time == 0 {
            return (0, 0);
        }
        let whole = self.buckets.iter().take(self.buckets.len() - 1);
        let (frames, bytes) = whole.fold((0, 0), |(f, b), bucket| (f + bucket.frames, b + bucket.bytes));
        (frames * 1_000_000 / time, bytes * 1_000_000 / time)
    }
}

/// Measures one publisher.
#[derive(Debug, Default)]
pub struct Meter {
    video: Sums,
    audio: Sums,
    /// Decoding times of the last key frames, the publisher's milliseconds.
    keys: VecDeque<u32>,
    newest: u32,
}

/// What the meter cannot know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Repairs {
    /// Timestamps that were repaired.
    pub timestamps: u64,
    /// Pipelines that were rebuilt.
    pub rebuilt: u64,
}

impl Meter {
    /// Counts a frame.
    pub fn add(&mut self, frame: &Frame, now: UtcMillis) {
        match frame.track {
            Track::Audio => self.audio.add(frame.data.len(), now),
            Track::Video => {
                self.video.add(frame.data.len(), now);
                self.newest = frame.dts_ms;
                if frame.key {
                    self.keys.push_back(frame.dts_ms);
                    if self.keys.len() > KEYS {
                        self.keys.pop_front();
                    }
                }
            }
        }
    }

    /// The picture, once one arrived.
    pub fn video(&self, config: &VideoConfig) -> Option<VideoInfo> {
        self.video.first?;
        let (fps_milli, byte_rate) = self.video.rates();
        Some(VideoInfo {
            codec: config.codec.clone(),
            width: config.width,
            height: config.height,
            fps_milli: u32::try_from(fps_milli).unwrap_or(u32::MAX),
            bitrate_bps: u32::try_from(byte_rate * 8 / 1000).unwrap_or(u32::MAX),
            key_interval_ms: self.key_interval_ms(),
        })
    }

    /// The sound, once some arrived.
    pub fn audio(&self, config: &AudioConfig) -> Option<AudioInfo> {
        self.audio.first?;
        let (_, byte_rate) = self.audio.rates();
        Some(AudioInfo {
            codec: config.codec.clone(),
            rate: config.rate,
            channels: config.channels,
            bitrate_bps: u32::try_from(byte_rate * 8 / 1000).unwrap_or(u32::MAX),
        })
    }

    /// Longest distance of two of the last key frames; the one under way counts once it is longer.
    fn key_interval_ms(&self) -> u32 {
        let sane = |ms: u32| if ms < 600_000 { ms } else { 0 }; // a jump of the clock is no distance
        let pairs = self.keys.iter().zip(self.keys.iter().skip(1));
        let closed = pairs.map(|(a, b)| sane(b.wrapping_sub(*a))).max().unwrap_or_default();
        closed.max(self.keys.back().map_or(0, |last| sane(self.newest.wrapping_sub(*last))))
    }

    /// What is wrong, worst first.
    pub fn notes(
        &self,
        video: Option<&VideoInfo>,
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
        if repairs.rebuilt > 0 {
            note(HealthCode::Rebuilt, i64::try_from(repairs.rebuilt).ok());
        }
        if let Some(video) = video.filter(|video| video.fps_milli > 0) {
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
        if repairs.timestamps > 0 {
            note(HealthCode::TimestampsRepaired, i64::try_from(repairs.timestamps).ok());
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::ingest::avc::tests::RECORD_720P;

    fn fed(seconds: u32, key_every: u32, bytes: usize) -> Meter {
        let mut meter = Meter::default();
        for n in 0..seconds * 25 {
            let dts_ms = n * 40;
            let data = Bytes::from(vec![0; bytes]);
            let frame = Frame { track: Track::Video, dts_ms, cts_ms: 0, key: n % key_every == 0, data };
            meter.add(&frame, dts_ms.into());
        }
        meter
    }

    fn info(meter: &Meter) -> VideoInfo {
        let config = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
        meter.video(&config).expect("frames came")
    }

    #[test]
    fn rates_of_a_steady_picture() {
        let video = info(&fed(10, 50, 10_000));
        assert!((24_500..=25_500).contains(&video.fps_milli), "{}", video.fps_milli);
        assert!((1_960_000..=2_040_000).contains(&video.bitrate_bps), "{}", video.bitrate_bps);
        assert_eq!(video.key_interval_ms, 2000);
    }

    #[test]
    fn a_picture_without_sound_and_rare_key_frames_is_noted() {
        let meter = fed(10, 250, 10_000);
        let video = info(&meter);
        let codes: Vec<_> = meter
            .notes(Some(&video), 9_960, Repairs::default(), 10_000)
            .iter()
            .map(|note| (note.code, note.value))
            .collect();
        assert_eq!(codes, [(HealthCode::NoAudio, None), (HealthCode::KeyInterval, Some(9960))]);
    }

    #[test]
    fn silence_comes_first_and_is_not_called_missing_sound() {
        let meter = fed(10, 50, 10_000);
        let notes = meter.notes(None, 9_960, Repairs { timestamps: 3, rebuilt: 1 }, 20_000);
        let codes: Vec<_> = notes.iter().map(|note| note.code).collect();
        assert_eq!(codes, [HealthCode::Stalled, HealthCode::Rebuilt, HealthCode::TimestampsRepaired]);
    }
}
