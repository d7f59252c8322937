//! Reads recorded files (ISO/IEC 14496-12), as far as the table of samples needs it. They are our own, but a disk may lie:
//! whatever does not add up is an error, never a panic, and nothing is reserved on the word of a count.

/// Samples of a run at most; a segment of 4 s has 200.
const MAX_RUN: u32 = 100_000;

/// The file is not what our muxer writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a recorded file: {0}")]
pub(crate) struct Damaged(&'static str);

type Result<T> = std::result::Result<T, Damaged>;

/// What an initialization section says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Init {
    /// Ticks a second.
    pub(crate) timescale: u32,
    /// Width and height as `tkhd` has them: 16.16 fixed point.
    pub(crate) size: [u8; 8],
    /// The sample entry (`avc1`, `mp4a`) as a whole box.
    pub(crate) entry: Vec<u8>,
    /// `trex`: duration, size, flags.
    defaults: Defaults,
}

impl Init {
    /// Of a track without a picture, whose samples all say what they are.
    pub(super) fn plain(timescale: u32, entry: Vec<u8>) -> Self {
        Self { timescale, size: [0; 8], entry, defaults: Defaults::default() }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Defaults {
    duration: u32,
    size: u32,
    flags: u32,
}

/// A chunk of a segment: samples that lie one behind the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Where the first sample lies in the segment.
    pub(crate) offset: u64,
    /// Decode time of the first sample, ticks.
    pub(crate) start: u64,
    /// The samples.
    pub(crate) samples: Vec<Sample>,
}

/// A sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Ticks until the next one is decoded.
    pub(crate) duration: u32,
    /// Bytes.
    pub(crate) size: u32,
    /// Presented so many ticks after it is decoded.
    pub(crate) presented_after: i32,
    /// Can be decoded by itself.
    pub(crate) sync: bool,
}

/// A box: its type, where it starts, the whole of it and what is in it.
struct Found<'a> {
    kind: &'a [u8],
    at: usize,
    whole: &'a [u8],
    body: &'a [u8],
}

fn boxes(bytes: &[u8]) -> impl Iterator<Item = Result<Found<'_>>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let found = word(rest, 0).ok().and_then(|size| {
            let whole = rest.get(..size as usize)?;
            Some(Found { kind: whole.get(4..8)?, at, whole, body: whole.get(8..)? })
        });
        at = found.as_ref().map_or(bytes.len(), |found| at + found.whole.len());
        Some(found.ok_or(Damaged("a box goes past the end")))
    })
}

fn find(bytes: &[u8], kind: [u8; 4]) -> Result<&[u8]> {
    for found in boxes(bytes) {
        let found = found?;
        if found.kind == kind {
            return Ok(found.body);
        }
    }
    Err(Damaged("a box is missing"))
}

fn word(bytes: &[u8], at: usize) -> Result<u32> {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    four.map(|four| u32::from_be_bytes(*four)).ok_or(Damaged("a box is too short"))
}

/// Reads `ftyp` + `moov` of one track.
pub(crate) fn init(bytes: &[u8]) -> Result<Init> {
    let moov = find(bytes, *b"moov")?;
    let trak = find(moov, *b"trak")?;
    let tkhd = find(trak, *b"tkhd")?;
    let size = tkhd.last_chunk::<8>().ok_or(Damaged("a box is too short"))?;
    let mdia = find(trak, *b"mdia")?;
    let mdhd = find(mdia, *b"mdhd")?;
    let timescale = word(mdhd, if mdhd.first() == Some(&1) { 20 } else { 12 })?;
    if timescale == 0 {
        return Err(Damaged("no timescale"));
    }
    let stsd = find(find(find(mdia, *b"minf")?, *b"stbl")?, *b"stsd")?;
    let entry = boxes(stsd.get(8..).unwrap_or_default()).next().ok_or(Damaged("no sample entry"))??;
    let trex = find(find(moov, *b"mvex")?, *b"trex")?;
    let defaults = Defaults { duration: word(trex, 12)?, size: word(trex, 16)?, flags: word(trex, 20)? };
    Ok(Init { timescale, size: *size, entry: entry.whole.to_vec(), defaults })
}

/// Reads the chunks of a segment of the track that `init` describes.
pub(crate) fn segment(bytes: &[u8], init: &Init) -> Result<Vec<Chunk>> {
    let mut chunks = Vec::new();
    for found in boxes(bytes) {
        let found = found?;
        if found.kind == b"moof" {
            chunk(find(found.body, *b"traf")?, found.at, bytes.len() as u64, init, &mut chunks)?;
        }
    }
    if chunks.is_empty() { Err(Damaged("no samples")) } else { Ok(chunks) }
}

fn chunk(traf: &[u8], moof_at: usize, end: u64, init: &Init, chunks: &mut Vec<Chunk>) -> Result<()> {
    let tfhd = find(traf, *b"tfhd")?;
    let flags = word(tfhd, 0)?;
    let mut at = 8;
    let mut optional = |flag: u32, bytes: usize, default: u32| -> Result<u32> {
        if flags & flag == 0 {
            return Ok(default);
        }
        at += bytes;
        word(tfhd, at - 4)
    };
    optional(0x1, 8, 0)?;
    optional(0x2, 4, 0)?;
    let defaults = Defaults {
        duration: optional(0x8, 4, init.defaults.duration)?,
        size: optional(0x10, 4, init.defaults.size)?,
        flags: optional(0x20, 4, init.defaults.flags)?,
    };
    let tfdt = find(traf, *b"tfdt")?;
    let low = word(tfdt, 4)?.into();
    let mut start: u64 = if tfdt.first() == Some(&1) { low << 32 | u64::from(word(tfdt, 8)?) } else { low };
    for found in boxes(traf) {
        let found = found?;
        if found.kind != b"trun" {
            continue;
        }
        let run = run(found.body, defaults)?;
        let offset =
            (moof_at as u64).checked_add_signed(run.offset).ok_or(Damaged("an offset is negative"))?;
        let size: u64 = run.samples.iter().map(|sample| u64::from(sample.size)).sum();
        if offset.checked_add(size).is_none_or(|last| last > end) {
            return Err(Damaged("samples go past the end"));
        }
        let next = start + run.samples.iter().map(|sample| u64::from(sample.duration)).sum::<u64>();
        chunks.push(Chunk { offset, start, samples: run.samples });
        start = next;
    }
    Ok(())
}

struct Run {
    offset: i64,
    samples: Vec<Sample>,
}

fn run(trun: &[u8], defaults: Defaults) -> Result<Run> {
    let flags = word(trun, 0)?;
    let count = word(trun, 4)?;
    if count > MAX_RUN {
        return Err(Damaged("too many samples"));
    }
    let mut at = 8;
    let mut next = |flag: u32, default: u32| -> Result<u32> {
        if flags & flag == 0 {
            return Ok(default);
        }
        at += 4;
        word(trun, at - 4)
    };
    // Without it the samples would follow those of the run before; our muxer always writes it.
    if flags & 0x1 == 0 {
        return Err(Damaged("a run without an offset"));
    }
    let offset = i64::from(next(0x1, 0)?.cast_signed());
    let first = next(0x4, defaults.flags)?;
    let mut samples = Vec::new();
    for n in 0..count {
        let duration = next(0x100, defaults.duration)?;
        let size = next(0x200, defaults.size)?;
        let own = next(0x400, if n == 0 { first } else { defaults.flags })?;
        let presented_after = next(0x800, 0)?.cast_signed();
        if size == 0 && flags & 0x200 == 0 {
            return Err(Damaged("samples without a size"));
        }
        samples.push(Sample { duration, size, presented_after, sync: own & 0x1_0000 == 0 });
    }
    Ok(Run { offset, samples })
}
