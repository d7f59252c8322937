//! Sound files of the library: a version of an episode is announced, uploaded, encoded and delivered by the media node.
//!
//! A version is immutable: another file for the same episode is another version.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Largest original file: 8 GiB, a video course of some hours. The server's own limit may be lower.
pub const MAX_AUDIO_BYTES: u64 = 8 << 30;
/// Longest file name, in bytes of UTF-8.
pub const MAX_AUDIO_NAME_BYTES: usize = 255;
/// Versions that may be asked about at a time.
pub const MAX_AUDIO_VERSIONS: usize = 200;
/// Points of [`AudioFacts::waveform`]; a shorter sound has fewer.
pub const WAVEFORM_POINTS: usize = 800;

/// A file that is going to be uploaded. The same plan again is no new upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudioPlan {
    /// The episode it is the sound of: leases are for it.
    pub item: Uuid,
    /// Size of the file; 1 to [`MAX_AUDIO_BYTES`].
    pub bytes: u64,
    /// Its name on the uploader's disk; shown, never trusted. At most [`MAX_AUDIO_NAME_BYTES`].
    pub name: String,
    /// Cut silence at both ends.
    pub trim_silence: bool,
    /// Keep it in stereo, at twice the bitrate.
    pub music: bool,
}

/// How far a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AudioStage {
    /// Bytes are missing.
    Receiving,
    /// Whole; it waits for other work, or for a live lesson.
    Queued,
    /// Being encoded.
    Running,
    /// Can be played.
    Ready,
    /// Cannot be encoded; the code says why.
    Failed,
}

/// What is done with a version that is running, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AudioStep {
    /// What is it, and what is written in it.
    Probe,
    /// Decoded once and measured.
    Loudness,
    /// Encoded and measured again.
    Encode,
    /// The picture of its loudness.
    Waveform,
    /// The cover is taken out.
    Cover,
}

/// A version as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AudioStatus {
    /// Its id.
    pub version: Uuid,
    /// The episode.
    pub item: Uuid,
    /// How far it is.
    pub stage: AudioStage,
    /// What is done, while it is running.
    pub step: Option<AudioStep>,
    /// Of the work as a whole, while it is running.
    pub percent: Option<u8>,
    /// Bytes that lie on the node's disk: where the upload goes on.
    pub received: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Why it failed, such as `not_audio`; the page has the words.
    pub code: Option<String>,
    /// Once it is ready.
    pub facts: Option<AudioFacts>,
}

/// What is known of a version that is ready.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AudioFacts {
    /// Length of what is played, by decoding: trimmed silence is not in it.
    pub length_ms: i64,
    /// SHA-256 of the original file, hex: the same file again is recognised by it.
    pub sha256: String,
    /// Integrated loudness after encoding, LUFS; none for what is silent or too short to be measured.
    pub loudness_lufs: Option<f64>,
    /// True peak after encoding, dBTP; none for digital silence.
    pub true_peak_dbtp: Option<f64>,
    /// What it was lifted (or lowered) by.
    pub gain_db: f64,
    /// Silence cut at the start: chapters and transcripts of the original move by so much.
    pub trimmed_start_ms: i64,
    /// The file's header claims more than there is, or parts of it could not be read.
    pub incomplete: bool,
    /// What was uploaded.
    pub source: AudioSource,
    /// Base64 of at most [`WAVEFORM_POINTS`] bytes: the peak of each stretch of equal length, 0 to 255.
    pub waveform: String,
    /// What can be played, best first.
    pub renditions: Vec<AudioRendition>,
    /// The picture in the file; its bytes are fetched apart.
    pub cover: Option<AudioCover>,
    /// What is written in the file.
    pub tags: AudioTags,
}

/// What was uploaded, as its decoder says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AudioSource {
    /// Such as `mp3`, `mp4`, `wav`.
    pub container: String,
    /// Such as `mp3`, `aac`, `pcm_s16le`.
    pub codec: String,
    /// Hz.
    pub rate_hz: u32,
    /// Channels.
    pub channels: u32,
    /// Bits per sample, of what is not compressed with loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
}

/// A file that can be played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AudioRendition {
    /// The last piece of its address: `aac.m4a` or `opus.webm`.
    pub name: String,
    /// With its codec, as `canPlayType` wants it.
    pub mime: String,
    /// Size.
    pub bytes: u64,
    /// Mean bitrate.
    pub kbps: u32,
    /// Of the file, hex; also its `ETag`.
    pub sha256: String,
}

/// A picture taken out of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AudioCover {
    /// Size.
    pub bytes: u64,
    /// By its content: `image/jpeg`, `image/png`, `image/webp` or `image/gif`.
    pub mime: String,
}

/// What is written in a file, in Unicode whatever it was coded in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AudioTags {
    /// Title of the track.
    pub title: Option<String>,
    /// Title of the series.
    pub album: Option<String>,
    /// Speaker.
    pub artist: Option<String>,
    /// Kind.
    pub genre: Option<String>,
    /// Number within the series.
    pub track: Option<u32>,
    /// Number of the disc or volume.
    pub disc: Option<u32>,
    /// As written: `2024`, `2024-05-01`.
    pub year: Option<String>,
    /// Text.
    pub lyrics: Option<String>,
    /// Ascending, within the length; their times are those of what is played.
    pub chapters: Vec<AudioChapter>,
}

/// Where a chapter begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AudioChapter {
    /// From the start of what is played.
    pub at_ms: i64,
    /// Its title.
    pub title: String,
}

impl AudioStatus {
    /// A version of which so much has arrived.
    pub fn receiving(version: Uuid, plan: &AudioPlan, received: u64) -> Self {
        Self {
            version,
            item: plan.item,
            stage: AudioStage::Receiving,
            step: None,
            percent: None,
            received,
            bytes: plan.bytes,
            code: None,
            facts: None,
        }
    }

    /// A version whose records cannot be read: for whom it was is not known.
    pub fn damaged(version: Uuid) -> Self {
        Self {
            version,
            item: Uuid::nil(),
            stage: AudioStage::Failed,
            step: None,
            percent: None,
            received: 0,
            bytes: 0,
            code: Some("damaged".to_owned()),
            facts: None,
        }
    }

    /// A whole version at this stage.
    pub fn whole(version: Uuid, plan: &AudioPlan, stage: AudioStage) -> Self {
        Self { stage, ..Self::receiving(version, plan, plan.bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_as_the_contract_has_it() {
        let plan = AudioPlan {
            item: Uuid::from_u128(1),
            bytes: 10,
            name: "第一讲.mp3".to_owned(),
            trim_silence: false,
            music: false,
        };
        let running = AudioStatus {
            step: Some(AudioStep::Loudness),
            percent: Some(7),
            ..AudioStatus::whole(Uuid::from_u128(2), &plan, AudioStage::Running)
        };
        let json = serde_json::to_value(&running).expect("plain data");
        assert_eq!((&json["stage"], &json["step"]), (&"running".into(), &"loudness".into()));
        assert_eq!((&json["received"], &json["code"]), (&10.into(), &serde_json::Value::Null));
        assert_eq!(serde_json::from_value::<AudioStatus>(json).expect("as written"), running);
    }
}
