//! The parameter sets of an H.264 stream, wherever they come from, and the decoder configuration record (ISO/IEC 14496-15, 5.3.3.1)
//! they make. Bounded: one sequence parameter set, [`MAX_PPS`] of pictures.

use std::collections::BTreeMap;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::{VideoConfig, bits::Bits};

/// Picture parameter sets of a stream; encoders use one.
const MAX_PPS: usize = 16;

/// The sets a stream has now.
#[derive(Debug, Default)]
pub(crate) struct ParameterSets {
    sps: Option<Bytes>,
    pps: BTreeMap<u32, Bytes>,
    /// They have changed since [`ParameterSets::settle`].
    stale: bool,
}

impl ParameterSets {
    /// Takes a NAL unit that is a parameter set; false: it is none. `None`: it is a damaged one.
    pub(crate) fn take(&mut self, nal: &[u8]) -> Option<bool> {
        match nal.first()? & 0x1f {
            7 => {
                if self.sps.as_deref() != Some(nal) {
                    self.sps = Some(Bytes::copy_from_slice(nal));
                    self.pps.clear();
                    self.stale = true;
                }
            }
            8 => {
                let id = Bits::new(nal.get(1..)?).ue()?;
                if self.pps.get(&id).map(Bytes::as_ref) != Some(nal)
                    && (self.pps.contains_key(&id) || self.pps.len() < MAX_PPS)
                {
                    self.pps.insert(id, Bytes::copy_from_slice(nal));
                    self.stale = true;
                }
            }
            _ => return Some(false),
        }
        Some(true)
    }

    /// Those of a configuration that came by itself.
    pub(crate) fn replace(&mut self, config: &VideoConfig) {
        *self = Self::default();
        for set in config.parameter_sets() {
            self.take(&set);
        }
        self.stale = false;
    }

    /// Whether they have changed since they were last made into a configuration.
    pub(crate) fn is_stale(&self) -> bool {
        self.stale
    }

    /// A configuration was made of them.
    pub(crate) fn settle(&mut self) {
        self.stale = false;
    }

    /// The decoder configuration record of them, for lengths of four bytes; `None`: some are missing.
    pub(crate) fn record(&self) -> Option<Bytes> {
        let sps = self.sps.as_ref().filter(|_| !self.pps.is_empty())?;
        let [profile, compatible, level] = *sps.get(1..)?.first_chunk::<3>()?;
        let mut record = BytesMut::from(&[1, profile, compatible, level, 0xff, 0xe1][..]);
        record.put_u16(u16::try_from(sps.len()).ok()?);
        record.extend_from_slice(sps);
        record.put_u8(u8::try_from(self.pps.len()).ok()?);
        for pps in self.pps.values() {
            record.put_u16(u16::try_from(pps.len()).ok()?);
            record.extend_from_slice(pps);
        }
        if matches!(profile, 100 | 110 | 122 | 144) {
            record.extend_from_slice(&[0xfd, 0xf8, 0xf8, 0]); // 4:2:0, 8 bit: anything else is refused
        }
        Some(record.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::h264::tests::RECORD_720P;

    #[test]
    fn the_sets_of_a_record_make_the_same_configuration_and_only_a_change_makes_them_stale() {
        let config = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
        let mut sets = ParameterSets::default();
        sets.replace(&config);
        let made = VideoConfig::parse(sets.record().expect("both are there")).expect("readable");
        assert_eq!(
            (made.width, made.height, made.codec),
            (config.width, config.height, config.codec.clone())
        );
        for set in config.parameter_sets() {
            assert_eq!(sets.take(&set), Some(true));
        }
        assert!(!sets.is_stale());
        assert_eq!(sets.take(&[0x67, 0x42, 0, 0x1f, 9]), Some(true));
        assert!(sets.is_stale() && sets.record().is_none(), "the picture's set belongs to the old one");
        assert_eq!((sets.take(&[0x65, 1]), sets.take(&[0x68])), (Some(false), None));
    }
}
