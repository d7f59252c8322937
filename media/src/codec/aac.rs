//! AAC as RTMP carries it: the `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1).

use bytes::Bytes;

use super::{CodecError, bits::Bits};

const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// The sound's format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioConfig {
    /// The `AudioSpecificConfig` as it came.
    pub record: Bytes,
    /// RFC 6381, such as `mp4a.40.2`.
    pub codec: String,
    /// Hz, of the core codec: a frame lasts `frame_samples / rate`.
    pub rate: u32,
    /// Channels.
    pub channels: u32,
    /// Samples of one frame: 1024, rarely 960.
    pub frame_samples: u32,
}

impl AudioConfig {
    /// How long a frame lasts, nanoseconds.
    pub fn frame_ns(&self) -> u64 {
        u64::from(self.frame_samples) * 1_000_000_000 / u64::from(self.rate.max(1))
    }

    /// Reads an `AudioSpecificConfig`.
    pub fn parse(record: Bytes) -> Result<Self, CodecError> {
        let mut bits = Bits::new(&record);
        let read = |bits: &mut Bits<'_>| -> Option<(u32, u32, u32, bool)> {
            let object = object_type(bits)?;
            let mut rate = rate_of(bits)?;
            let channels = bits.take(4)?;
            let mut core = object;
            if object == 5 || object == 29 {
                // Explicit SBR: the rate given first is the core's, then the doubled one.
                let _doubled = rate_of(bits)?;
                core = object_type(bits)?;
            }
            if rate == 0 {
                rate = 44_100;
            }
            let short = core == 2 && bits.bit().unwrap_or(false);
            Some((object, rate, channels, short))
        };
        let (object, rate, channels, short) = read(&mut bits).ok_or(CodecError::AudioDamaged)?;
        if !matches!(object, 2 | 5 | 29) {
            return Err(CodecError::AudioObject(object));
        }
        if !(1..=7).contains(&channels) || !(7_000..=96_000).contains(&rate) {
            return Err(CodecError::AudioDamaged);
        }
        let channels = if channels == 7 { 8 } else { channels };
        let codec = format!("mp4a.40.{object}");
        Ok(Self { codec, rate, channels, frame_samples: if short { 960 } else { 1024 }, record })
    }
}

fn object_type(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.take(5)? {
        31 => Some(32 + bits.take(6)?),
        object => Some(object),
    }
}

fn rate_of(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.take(4)? {
        15 => bits.take(24),
        index => RATES.get(usize::try_from(index).ok()?).copied(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(record: &'static [u8]) -> Result<AudioConfig, CodecError> {
        AudioConfig::parse(Bytes::from_static(record))
    }

    #[test]
    fn aac_lc_stereo_48k_and_mono_44k() {
        let config = parse(&[0x11, 0x90]).expect("AAC-LC");
        assert_eq!((config.rate, config.channels, config.codec.as_str()), (48_000, 2, "mp4a.40.2"));
        let config = parse(&[0x12, 0x08]).expect("AAC-LC");
        assert_eq!((config.rate, config.channels, config.frame_samples), (44_100, 1, 1024));
    }

    #[test]
    fn he_aac_counts_its_frames_at_the_core_rate() {
        // SBR (5), 24 kHz core, 2 channels, 48 kHz doubled, core AAC-LC
        let config = parse(&[0x2b, 0x11, 0x88, 0x00]).expect("HE-AAC");
        assert_eq!((config.rate, config.codec.as_str()), (24_000, "mp4a.40.5"));
    }

    #[test]
    fn nothing_and_nonsense_are_refused() {
        assert!(parse(&[]).is_err());
        assert!(parse(&[0x11]).is_err());
        assert!(parse(&[0x10 | 7, 0xff]).is_err());
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let _ = AudioConfig::parse(bytes.into());
        }
    }
}
