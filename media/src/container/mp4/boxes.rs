//! ISO base media boxes, as far as we must look into what the muxer gives: where the initialization section ends, and (in
//! tests) what media time a chunk says it has. Lengths that do not add up end the reading, never panic.

/// `ftyp` + `moov` (may be empty), and the rest.
pub(crate) fn split_init(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some((kind, size)) = header(&bytes[at..]) {
        if kind != b"ftyp" && kind != b"moov" && kind != b"free" {
            break;
        }
        at += size;
    }
    bytes.split_at(at)
}

/// Type and whole size of the box at the start; sizes that go past the end are no box.
fn header(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (size, rest) = bytes.split_first_chunk::<4>()?;
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    (8..=bytes.len()).contains(&size).then_some((rest.get(..4)?, size))
}

#[cfg(test)]
pub(crate) use tests::{measure, timescale};

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "seconds of a test")]
mod tests {
    use super::*;

    /// What a chunk says of itself.
    pub(crate) struct Chunk {
        start: u64,
        duration: u64,
        timescale: f64,
    }

    impl Chunk {
        pub(crate) fn start_seconds(&self) -> f64 {
            self.start as f64 / self.timescale
        }
        pub(crate) fn seconds(&self) -> f64 {
            self.duration as f64 / self.timescale
        }
    }

    fn find<'a>(bytes: &'a [u8], kind: &[u8]) -> Option<&'a [u8]> {
        let mut rest = bytes;
        while let Some((found, size)) = header(rest) {
            if found == kind {
                return Some(&rest[8..size]);
            }
            rest = &rest[size..];
        }
        None
    }

    fn word(bytes: &[u8], at: usize) -> u32 {
        u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
    }

    /// The timescale of an initialization section.
    pub(crate) fn timescale(init: &[u8]) -> Option<f64> {
        let mdhd = find(find(find(find(init, b"moov")?, b"trak")?, b"mdia")?, b"mdhd")?;
        Some(word(mdhd, if mdhd[0] == 1 { 20 } else { 12 }).into())
    }

    /// Reads `tfdt`, `tfhd` and `trun`.
    pub(crate) fn measure(bytes: &[u8], timescale: f64) -> Option<Chunk> {
        let traf = find(find(bytes, b"moof")?, b"traf")?;
        let tfdt = find(traf, b"tfdt")?;
        let low = word(tfdt, 4).into();
        let start = if tfdt[0] == 1 { low << 32 | u64::from(word(tfdt, 8)) } else { low };
        let tfhd = find(traf, b"tfhd")?;
        let flags = word(tfhd, 0) & 0xff_ffff;
        let at = 8 + if flags & 1 != 0 { 8 } else { 0 } + if flags & 2 != 0 { 4 } else { 0 };
        let default = if flags & 8 != 0 { word(tfhd, at) } else { 0 };
        let trun = find(traf, b"trun")?;
        let flags = word(trun, 0) & 0xff_ffff;
        let mut at = 8 + if flags & 1 != 0 { 4 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
        let mut duration = 0;
        for _ in 0..word(trun, 4) {
            duration += u64::from(if flags & 0x100 != 0 { word(trun, at) } else { default });
            at += (flags >> 8 & 0xf).count_ones() as usize * 4;
        }
        Some(Chunk { start, duration, timescale })
    }

    #[test]
    fn the_init_is_split_off_and_garbage_has_none() {
        let init = [&16_u32.to_be_bytes()[..], b"ftyp", &[0; 8], &8_u32.to_be_bytes(), b"moov"].concat();
        let chunk = [&8_u32.to_be_bytes()[..], b"moof"].concat();
        assert_eq!(split_init(&[&init[..], &chunk].concat()), (&init[..], &chunk[..]));
        assert_eq!(split_init(&chunk), (&[][..], &chunk[..]));
        assert_eq!(split_init(b"\0\0\0\x01ftyp").0.len(), 0);
        assert_eq!(split_init(b"\xff\xff\xff\xffmoov").0.len(), 0);
    }
}
