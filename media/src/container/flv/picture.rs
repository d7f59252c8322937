//! H.264 in FLV tags: the configuration that comes by itself, the parameter sets that come among the pictures instead, and start codes
//! where lengths should be. What leaves here has lengths of four bytes and no parameter sets in it.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::{
    codec::{VideoConfig, entry::recovery, nal, sets::ParameterSets},
    container::ContainerError,
};

/// Reads the pictures of one publisher.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    /// Bytes of a length, as the configuration says; 0: none has said.
    length_bytes: usize,
    /// The configuration that came by itself, as it came.
    header: Option<Bytes>,
    /// It was repeated after others had come among the pictures.
    repeated: bool,
    sets: ParameterSets,
    config: Option<VideoConfig>,
    missing: u64,
}

/// A picture.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) key: bool,
    pub(super) data: Bytes,
    /// Its format, when it is new.
    pub(super) config: Option<VideoConfig>,
}

/// What a tag has of a picture.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    Picture(Picture),
    /// Nothing to play: sets or other information alone, or a picture before there is a format.
    Nothing,
    /// Its NAL units do not add up.
    Damaged,
}

impl Pictures {
    /// Key frames that came without the parameter sets they need.
    pub(super) fn without_sets(&self) -> u64 {
        self.missing
    }

    /// Reads a configuration; `None` when it says nothing new.
    pub(super) fn header(&mut self, record: Bytes) -> Result<Option<VideoConfig>, ContainerError> {
        if record.is_empty() {
            return Ok(None);
        }
        if self.header.as_ref() == Some(&record) {
            // Some repeat it with every key frame. It takes back what came in between if the key frame has no sets itself.
            self.repeated = true;
            return Ok(None);
        }
        self.read_header(record)
    }

    fn read_header(&mut self, record: Bytes) -> Result<Option<VideoConfig>, ContainerError> {
        self.repeated = false;
        let config = if nal::begins_with_code(&record) {
            nal::between_codes(&record).for_each(|set| {
                self.sets.take(set);
            });
            let Some(made) = self.sets.record() else { return Ok(None) };
            self.sets.settle();
            VideoConfig::parse(made)?
        } else if VideoConfig::is_empty_record(&record) {
            self.length_bytes = usize::from(record[4] & 3) + 1;
            self.header = Some(record);
            return Ok(None);
        } else {
            let config = VideoConfig::parse(record.clone())?;
            self.length_bytes = config.length_bytes();
            self.sets.replace(&config);
            config.with_long_lengths()
        };
        self.header = Some(record);
        let known = self.config.replace(config.clone());
        Ok((known.as_ref() != Some(&config)).then_some(config))
    }

    /// Reads an access unit.
    pub(super) fn read(&mut self, data: Bytes) -> Result<Read, ContainerError> {
        let length_bytes = if self.length_bytes == 0 { 4 } else { self.length_bytes };
        let by_length = nal::sized(&data, length_bytes);
        let mut as_it_is = by_length.is_some() && length_bytes == 4;
        let nals = match by_length {
            Some(nals) => nals,
            None if nal::begins_with_code(&data) => nal::between_codes(&data).collect(),
            None => return Ok(Read::Damaged),
        };
        let mut kept = Vec::with_capacity(nals.len());
        let (mut key, mut picture, mut recovers) = (false, false, false);
        for nal in nals {
            let kind = nal[0] & 0x1f;
            picture |= matches!(kind, 1..=5);
            key |= kind == 5;
            recovers |= kind == 6 && self.config.is_none() && recovery(nal).is_some();
            self.repeated &= kind != 7;
            // Sets go into the configuration; delimiters and ends carry nothing. Filling is the encoder's constant bit rate.
            if self.sets.take(nal) == Some(false) && !matches!(kind, 9..=11) {
                kept.push(nal);
            } else {
                as_it_is = false;
            }
        }
        if !picture {
            return Ok(Read::Nothing);
        }
        let config = if key || recovers { self.renewed()? } else { None };
        if self.config.is_none() {
            self.missing += u64::from(key);
            return Ok(Read::Nothing);
        }
        let data = if as_it_is { data } else { joined(&kept) };
        Ok(Read::Picture(Picture { key, data, config }))
    }

    /// The format that begins with this key frame, if it is another one.
    fn renewed(&mut self) -> Result<Option<VideoConfig>, ContainerError> {
        if std::mem::take(&mut self.repeated)
            && let Some(record) = self.header.clone()
        {
            return self.read_header(record);
        }
        if !self.sets.is_stale() {
            return Ok(None);
        }
        let Some(record) = self.sets.record() else { return Ok(None) };
        let config = VideoConfig::parse(record)?;
        self.sets.settle();
        if self.config.as_ref() == Some(&config) {
            return Ok(None);
        }
        self.config = Some(config.clone());
        Ok(Some(config))
    }
}

/// NAL units behind lengths of four bytes.
fn joined(nals: &[&[u8]]) -> Bytes {
    let mut data = BytesMut::with_capacity(nals.iter().map(|nal| nal.len() + 4).sum());
    for nal in nals {
        data.put_u32(u32::try_from(nal.len()).unwrap_or(u32::MAX)); // messages have less than 16 MB
        data.extend_from_slice(nal);
    }
    data.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::h264::tests::{RECORD_720P, RECORD_SMALL};

    fn sets_of(record: &'static [u8]) -> Vec<Bytes> {
        VideoConfig::parse(Bytes::from_static(record)).expect("a real record").parameter_sets()
    }

    fn sized(nals: &[&[u8]]) -> Bytes {
        joined(nals)
    }

    fn coded(nals: &[&[u8]]) -> Bytes {
        nals.iter().flat_map(|nal| [&[0, 0, 0, 1][..], nal].concat()).collect()
    }

    fn picture(read: Result<Read, ContainerError>) -> Picture {
        match read {
            Ok(Read::Picture(picture)) => picture,
            other => panic!("a picture, not {other:?}"),
        }
    }

    #[test]
    fn sets_among_the_pictures_are_a_format_with_lengths_or_start_codes() {
        let sets = sets_of(RECORD_720P);
        let all: [&[u8]; 4] = [&[9, 0xf0], &sets[0], &sets[1], &[0x65, 7, 8]];
        for data in [sized(&all), coded(&all)] {
            let mut pictures = Pictures::default();
            let first = picture(pictures.read(data));
            let config = first.config.expect("the format comes with it");
            assert_eq!((first.key, &first.data[..]), (true, &[0, 0, 0, 3, 0x65, 7, 8][..]));
            assert_eq!((config.width, config.height), (1280, 720));
            assert_eq!(picture(pictures.read(coded(&[&[0x41, 1]]))).data[..], [0, 0, 0, 2, 0x41, 1]);
        }
    }

    #[test]
    fn another_size_among_the_pictures_begins_with_its_key_frame() {
        let mut pictures = Pictures::default();
        let header = pictures.header(Bytes::from_static(RECORD_720P)).expect("readable");
        assert_eq!(header.map(|config| config.width), Some(1280));
        let (large, small) = (sets_of(RECORD_720P), sets_of(RECORD_SMALL));
        let again = picture(pictures.read(sized(&[&large[0], &large[1], &[0x65, 1]])));
        assert_eq!(again.config, None, "the same sets once more");
        assert_eq!(pictures.read(sized(&[&small[0], &small[1]])), Ok(Read::Nothing));
        assert_eq!(picture(pictures.read(sized(&[&[0x41, 1]]))).config, None, "it still is the old one's");
        let turned = picture(pictures.read(sized(&[&[0x65, 1]])));
        assert_eq!(turned.config.map(|config| (config.width, config.height)), Some((320, 180)));
        for _ in 0..2 {
            assert_eq!(
                pictures.header(Bytes::from_static(RECORD_720P)),
                Ok(None),
                "repeated, for those who come"
            );
            assert_eq!(picture(pictures.read(sized(&[&small[0], &small[1], &[0x65, 1]]))).config, None);
        }
        pictures.header(Bytes::from_static(RECORD_720P)).expect("readable");
        let back = picture(pictures.read(sized(&[&[0x65, 1]])));
        assert_eq!(
            back.config.map(|config| config.width),
            Some(1280),
            "nothing but it says how large this is"
        );
    }

    #[test]
    fn a_header_without_sets_or_with_start_codes_is_read() {
        let mut pictures = Pictures::default();
        assert_eq!(pictures.header(Bytes::from_static(&[1, 0x64, 0, 0x1f, 0xfd, 0xe0, 0])), Ok(None));
        assert_eq!(pictures.read(Bytes::from_static(&[0, 2, 0x65, 1])), Ok(Read::Nothing));
        assert_eq!(pictures.without_sets(), 1);
        let sets = sets_of(RECORD_SMALL);
        let mut data = BytesMut::new();
        for nal in [&sets[0][..], &sets[1], &[0x65, 1]] {
            data.put_u16(u16::try_from(nal.len()).expect("short"));
            data.extend_from_slice(nal);
        }
        let first = picture(pictures.read(data.freeze()));
        assert_eq!(&first.data[..], [0, 0, 0, 2, 0x65, 1], "lengths of two bytes become four");
        let mut pictures = Pictures::default();
        let header = pictures.header(coded(&[&sets[0], &sets[1]])).expect("readable");
        assert_eq!(header.map(|config| config.height), Some(180));
    }

    #[test]
    fn what_does_not_add_up_is_damaged_and_information_alone_is_nothing() {
        let mut pictures = Pictures::default();
        pictures.header(Bytes::from_static(RECORD_720P)).expect("readable");
        assert_eq!(pictures.read(Bytes::from_static(&[9, 9, 9, 9, 9])), Ok(Read::Damaged));
        assert_eq!(pictures.read(sized(&[&[6, 5, 1, 0]])), Ok(Read::Nothing));
        let plain = sized(&[&[0x41, 1]]);
        assert_eq!(picture(pictures.read(plain.clone())).data.as_ptr(), plain.as_ptr(), "not copied");
    }
}
