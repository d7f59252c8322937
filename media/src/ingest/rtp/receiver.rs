//! One publisher's packets, from arrival to the units a lesson takes.

use tokio::sync::mpsc;

use super::{
    clock::Clock,
    h264::{self, Depacketizer, Event},
    keys::{KeyFrames, Why},
    missing::Tally,
    reorder::{Ordered, Patience, Reorder},
    transcode::{self, Sound},
    trip::Trip,
};
use crate::{
    ingest::Refusal,
    transcode::audio::AudioTranscoder,
    unit::{Frame, Opus, Track, Unit},
    webrtc::rtp::{Again, Packet, Report, clock_rate},
};

/// A picture that is not whole costs all up to the next key frame, so that much is done for it; players of HLS are further
/// behind than this, and nothing waits while nothing is missing.
pub(super) const VIDEO_PATIENCE: Patience = Patience { tries: 6, least_us: 300_000, most_us: 1_000_000 };
/// A packet of sound is 20 ms of silence.
const AUDIO_PATIENCE: Patience = Patience { tries: 4, least_us: 150_000, most_us: 500_000 };
/// A step of the sound's time beyond this makes a new chain: filling it with silence would take hours.
const SOUND_JUMP_US: i64 = 1_000_000;
/// Chains that broke, of one publisher; then it is sent away.
const MAX_REBUILDS: u32 = 20;

/// Makes units of packets. Pure but for the sound chain behind it.
#[derive(Debug)]
pub struct Receiver {
    clock: Clock,
    trip: Trip,
    video: Reorder,
    audio: Reorder,
    pictures: Depacketizer,
    keys: KeyFrames,
    has_video: bool,
    sound: Option<AudioTranscoder>,
    /// Where the last packet of it lies.
    last_sound_us: Option<i64>,
    rebuilds: u32,
    sounds: mpsc::Sender<Sound>,
}

impl Receiver {
    /// `sounds` gets the AAC frames; hand them back with [`Receiver::sound`].
    pub fn new(has_video: bool, sounds: mpsc::Sender<Sound>) -> Self {
        Self {
            clock: Clock::default(),
            trip: Trip::default(),
            video: Reorder::new(VIDEO_PATIENCE),
            audio: Reorder::new(AUDIO_PATIENCE),
            pictures: Depacketizer::new(),
            keys: KeyFrames::default(),
            has_video,
            sound: None,
            last_sound_us: None,
            rebuilds: 0,
            sounds,
        }
    }

    /// What became of a track's packets.
    pub fn tally(&self, track: Track) -> Tally {
        match track {
            Track::Video => self.video.tally(),
            Track::Audio => self.audio.tally(),
        }
    }

    /// How long what is asked for takes, microseconds.
    pub fn trip_us(&self) -> i64 {
        self.trip.mean_us()
    }

    /// How far the last sender reports would move the sound, microseconds.
    pub fn sound_off_us(&self) -> Option<i64> {
        self.clock.off_us()
    }

    /// Takes a packet that arrived now.
    pub fn packet(&mut self, packet: Packet, now_us: i64, units: &mut Vec<Unit>) -> Result<(), Refusal> {
        match packet.track {
            Track::Video => {
                let begins_key = h264::begins_key(&packet.payload);
                if self.video.push(packet, now_us, &mut self.trip) && begins_key {
                    self.keys.comes(now_us);
                }
            }
            Track::Audio => _ = self.audio.push(packet, now_us, &mut self.trip),
        }
        self.advance(now_us, units)
    }

    /// What to ask the sender for now; it counts as asked.
    pub fn again(&mut self, now_us: i64) -> impl Iterator<Item = Again> {
        let asked = [
            Again { track: Track::Video, sequences: self.video.ask(now_us, &self.trip) },
            Again { track: Track::Audio, sequences: self.audio.ask(now_us, &self.trip) },
        ];
        asked.into_iter().filter(|again| !again.sequences.is_empty())
    }

    /// When to come back at the latest, to [`Receiver::advance`] and to ask; `None` while nothing is missing.
    pub fn due_us(&self, now_us: i64) -> Option<i64> {
        let due = [self.video.due_us(now_us, &self.trip), self.audio.due_us(now_us, &self.trip)];
        due.into_iter().flatten().min()
    }

    /// Takes a sender report.
    pub fn report(&mut self, report: Report) {
        self.clock.report(report);
    }

    /// Lets time pass: what was waited for long enough is lost.
    pub fn advance(&mut self, now_us: i64, units: &mut Vec<Unit>) -> Result<(), Refusal> {
        while let Some(ordered) = self.video.pop(now_us, &self.trip) {
            match ordered {
                Ordered::Packet(packet) => self.picture(&packet, now_us, units)?,
                Ordered::Lost(_) => {
                    self.pictures.lost();
                    self.keys.need();
                }
            }
        }
        while let Some(ordered) = self.audio.pop(now_us, &self.trip) {
            if let Ordered::Packet(packet) = ordered {
                self.opus(packet, now_us, units)?;
            }
        }
        Ok(())
    }

    /// Somebody cannot go on without a key frame.
    pub fn need_key(&mut self) {
        self.keys.need();
    }

    /// Whether to ask for a key frame now, and why; if so, it counts as asked.
    pub fn wants_key(&mut self, now_us: i64) -> Option<Why> {
        if self.has_video { self.keys.ask(now_us) } else { None }
    }

    fn picture(&mut self, packet: &Packet, now_us: i64, units: &mut Vec<Unit>) -> Result<(), Refusal> {
        for event in self.pictures.push(packet.timestamp, packet.marker, &packet.payload)? {
            let Event::Picture(picture) = event else {
                self.keys.need();
                continue;
            };
            let ticks = self.clock.ticks(Track::Video, picture.timestamp, now_us);
            self.keys.came(picture.key, ticks.saturating_mul(1_000_000) / clock_rate(Track::Video));
            let Some(time_us) = self.clock.time_us(Track::Video, ticks) else { continue };
            units.extend(picture.config.map(Unit::VideoConfig));
            let frame = Frame {
                track: Track::Video,
                dts_ms: millis(time_us),
                cts_ms: 0,
                key: picture.key,
                data: picture.data,
            };
            units.push(Unit::Frame(frame));
        }
        Ok(())
    }

    fn opus(&mut self, packet: Packet, now_us: i64, units: &mut Vec<Unit>) -> Result<(), Refusal> {
        if packet.payload.is_empty() {
            return Ok(());
        }
        let ticks = self.clock.ticks(Track::Audio, packet.timestamp, now_us);
        let Some(time_us) = self.clock.time_us(Track::Audio, ticks) else { return Ok(()) };
        let data = packet.payload.clone();
        units.push(Unit::Opus(Opus { time_ms: millis(time_us), ticks, data }));
        let last = self.last_sound_us.replace(time_us);
        if last.is_some_and(|last| (time_us - last).abs() > SOUND_JUMP_US) {
            self.sound = None;
        }
        let pushed = match &self.sound {
            Some(chain) => chain.push(time_us, packet.payload),
            None => transcode::start(time_us, self.sounds.clone())
                .and_then(|chain| self.sound.insert(chain).push(time_us, packet.payload)),
        };
        if let Err(problem) = pushed {
            self.sound = None;
            self.rebuilds += 1;
            metrics::counter!("yunke_media_sound_chains_rebuilt_total").increment(1);
            tracing::warn!(%problem, "the sound chain is made anew");
            if self.rebuilds > MAX_REBUILDS {
                return Err(Refusal::media("the sound cannot be decoded: it is not Opus"));
            }
        }
        Ok(())
    }

    /// The units of an AAC frame that came out of the chain.
    pub fn sound(sound: Sound, units: &mut Vec<Unit>) {
        units.extend(sound.config.map(Unit::AudioConfig));
        let Sound { at_us, data, .. } = sound;
        let frame = Frame { track: Track::Audio, dts_ms: millis(at_us), cts_ms: 0, key: true, data };
        units.push(Unit::Frame(frame));
    }
}

/// Milliseconds, wrapping at 2³² as units have them.
fn millis(time_us: i64) -> u32 {
    u32::try_from((time_us + 500).div_euclid(1000).rem_euclid(1 << 32)).unwrap_or_default()
}
