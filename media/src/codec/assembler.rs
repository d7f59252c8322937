//! NAL units in order become access units: length-prefixed, with the parameter sets taken out into a decoder configuration
//! record. What is missing or damaged makes pictures undecodable until the next one that decoding can start with.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::{CodecError, VideoConfig, entry::recovery, sets::ParameterSets};

/// Largest access unit; a key frame of 4096 × 4096 has less.
pub(crate) const MAX_UNIT_BYTES: usize = 4 << 20;

/// What an access unit came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Assembled {
    /// A whole picture.
    Picture {
        /// An IDR picture.
        key: bool,
        /// Length-prefixed NAL units.
        data: Bytes,
        /// The format, when it is new.
        config: Option<VideoConfig>,
    },
    /// A picture that is not whole, or cannot be decoded because of an earlier one: a key frame is needed.
    Damaged,
}

/// Puts pictures together.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what is known of the picture under way, not states of a machine"
)]
pub(crate) struct Assembler {
    /// The NAL units of the picture under way.
    unit: BytesMut,
    key: bool,
    /// It has a recovery point: what follows can be decoded, now or soon.
    recovers: bool,
    picture: bool,
    damaged: bool,
    /// Something is missing: pictures cannot be decoded until the next key frame.
    broken: bool,
    sets: ParameterSets,
    config: Option<VideoConfig>,
}

impl Assembler {
    /// Starts; nothing can be decoded before the first key frame.
    pub(crate) fn new() -> Self {
        Self { broken: true, ..Self::default() }
    }

    /// Something of the picture under way is missing or damaged.
    pub(crate) fn lost(&mut self) {
        self.damaged = true;
    }

    /// The last pictures went nowhere: the next one that counts is a key frame, with its format.
    pub(crate) fn again(&mut self) {
        (self.broken, self.config) = (true, None);
    }

    /// Takes the next NAL unit; `None`: it is damaged, or the picture becomes too large.
    pub(crate) fn nal(&mut self, nal: &[u8]) -> Option<()> {
        if self.sets.take(nal)? {
            return Some(());
        }
        match nal.first()? & 0x1f {
            9..=12 => return Some(()), // delimiters, ends and filling carry nothing
            5 => (self.key, self.picture) = (true, true),
            1..=4 => self.picture = true,
            6 => self.recovers |= recovery(nal).is_some(),
            _ => {}
        }
        if self.unit.len() + nal.len() + 4 > MAX_UNIT_BYTES {
            return None;
        }
        self.unit.put_u32(u32::try_from(nal.len()).ok()?);
        self.unit.extend_from_slice(nal);
        Some(())
    }

    /// Ends the picture under way. An error is a format that cannot be played.
    pub(crate) fn finish(&mut self) -> Result<Option<Assembled>, CodecError> {
        let data = self.unit.split().freeze();
        let (key, picture) = (self.key, self.picture);
        let starts = key || std::mem::take(&mut self.recovers);
        let damaged = self.damaged;
        (self.key, self.picture, self.damaged) = (false, false, false);
        if damaged {
            self.broken = true;
            return Ok(Some(Assembled::Damaged));
        }
        if !picture {
            return Ok(None);
        }
        if self.broken && !starts {
            return Ok(Some(Assembled::Damaged));
        }
        let mut config = None;
        if starts && (self.sets.is_stale() || self.config.is_none()) {
            let Some(record) = self.sets.record() else {
                self.broken = true;
                return Ok(Some(Assembled::Damaged)); // a key frame without its parameter sets
            };
            let parsed = VideoConfig::parse(record)?;
            self.sets.settle();
            if self.config.as_ref() != Some(&parsed) {
                self.config = Some(parsed.clone());
                config = Some(parsed);
            }
        }
        self.broken = false;
        Ok(Some(Assembled::Picture { key, data, config }))
    }

    /// The format of the pictures, once it is known.
    #[cfg(test)]
    pub(crate) fn config(&self) -> Option<&VideoConfig> {
        self.config.as_ref()
    }
}
