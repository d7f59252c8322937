//! The table of a track's samples, gathered segment by segment and written as boxes (ISO/IEC 14496-12 §8.6, 8.7). Pure.
//!
//! Times are run-length coded as they come, so that two hours of picture and sound take about 3 MB.

use super::{
    fields::{full, put, whole},
    read::{Chunk, Init, Sample},
};

/// A segment whose time differs less than this from where the track is goes on without a seam: program dates are milliseconds.
const SEAM_US: i64 = 5_000;

/// A track under way.
#[derive(Debug)]
pub(crate) struct SampleTable {
    /// Ticks a second, of the first initialization section.
    pub(crate) timescale: u32,
    /// Width and height, of the first.
    pub(crate) size: [u8; 8],
    /// Where the first sample is presented in the file, microseconds.
    pub(crate) begins_us: i64,
    /// Presentation minus decode time of the first sample, ticks.
    pub(crate) first_presented: i64,
    /// So many ticks of it are shown; none: all.
    pub(crate) shown: Option<u64>,
    entries: Vec<Vec<u8>>,
    durations: Vec<(u32, u32)>,
    presented: Vec<(u32, i32)>,
    sizes: Vec<u32>,
    syncs: Vec<u32>,
    chunks: Vec<ChunkPosition>,
    /// Decode time of the last sample, and its duration as far as is known.
    last: (i64, i64),
}

#[derive(Debug)]
struct ChunkPosition {
    offset: u64,
    samples: u32,
    entry: u32,
}

impl SampleTable {
    /// Of a track that starts with this section, at this time of the file.
    pub(crate) fn new(init: &Init, begins_us: i64) -> Self {
        Self {
            timescale: init.timescale,
            size: init.size,
            begins_us,
            first_presented: 0,
            shown: None,
            entries: Vec::new(),
            durations: Vec::new(),
            presented: Vec::new(),
            sizes: Vec::new(),
            syncs: Vec::new(),
            chunks: Vec::new(),
            last: (0, 0),
        }
    }

    /// Samples so far.
    pub(crate) fn samples(&self) -> usize {
        self.sizes.len()
    }

    /// Adds a segment: `at_us` is where its first sample is presented in the file, `offset` where its bytes lie behind the head.
    pub(crate) fn add(&mut self, init: &Init, chunks: &[Chunk], at_us: i64, offset: u64) {
        let Some((zero, first)) =
            chunks.first().and_then(|chunk| Some((chunk.start, chunk.samples.first()?)))
        else {
            return;
        };
        let timescale = self.timescale;
        let scale = |ticks: i64| times(ticks, timescale, init.timescale);
        let ticks = |us: i64| times(us, timescale, 1_000_000);
        let lag = scale(first.presented_after.into());
        if self.sizes.is_empty() {
            self.first_presented = lag;
        }
        let wanted = ticks(at_us - self.begins_us) + self.first_presented - lag;
        let due = self.last.0 + self.last.1;
        let base = if (wanted - due).abs() <= ticks(SEAM_US) { due } else { wanted };
        let entry = self.entry(&init.entry);
        for chunk in chunks {
            let mut at = i64::try_from(chunk.start.saturating_sub(zero)).unwrap_or(i64::MAX / 4);
            for sample in &chunk.samples {
                let decoded = base.saturating_add(scale(at));
                let presented = i32::try_from(scale(sample.presented_after.into())).unwrap_or(0);
                self.sample(*sample, decoded, scale(sample.duration.into()), presented);
                at = at.saturating_add(sample.duration.into());
            }
            let samples = u32::try_from(chunk.samples.len()).unwrap_or(u32::MAX);
            self.chunks.push(ChunkPosition { offset: offset + chunk.offset, samples, entry });
        }
    }

    /// The number of a sample entry, from 1.
    fn entry(&mut self, entry: &[u8]) -> u32 {
        let known = self.entries.iter().position(|known| known == entry).unwrap_or_else(|| {
            self.entries.push(entry.to_vec());
            self.entries.len() - 1
        });
        u32::try_from(known + 1).unwrap_or(u32::MAX)
    }

    fn sample(&mut self, sample: Sample, decoded: i64, duration: i64, presented: i32) {
        let mut decoded = decoded;
        if !self.sizes.is_empty() {
            // The one before lasts until this one: a hole in one track is held, and nothing is decoded backwards.
            let length = (decoded - self.last.0).max(1);
            decoded = self.last.0 + length;
            repeat(&mut self.durations, u32::try_from(length).unwrap_or(u32::MAX));
        }
        self.last = (decoded, duration.max(1));
        self.sizes.push(sample.size);
        repeat(&mut self.presented, presented);
        if sample.sync {
            self.syncs.push(u32::try_from(self.sizes.len()).unwrap_or(u32::MAX));
        }
    }

    /// Length in ticks.
    pub(crate) fn duration(&self) -> u64 {
        u64::try_from(self.last.0 + self.last.1).unwrap_or(0)
    }

    /// `stbl`, for a file whose media begins at `head`.
    pub(crate) fn boxes(&self, head: u64) -> Vec<u8> {
        let mut body = Vec::new();
        let entries = self.entries.iter().fold(count(self.entries.len()), |mut all, entry| {
            all.extend_from_slice(entry);
            all
        });
        put(&mut body, &full(*b"stsd", 0, 0, &entries));
        let mut durations = self.durations.clone();
        repeat(&mut durations, u32::try_from(self.last.1).unwrap_or(1));
        put(&mut body, &full(*b"stts", 0, 0, &pairs(durations.iter().map(|(n, ticks)| [*n, *ticks]))));
        if self.presented.iter().any(|(_, ticks)| *ticks != 0) {
            let table = pairs(self.presented.iter().map(|(n, ticks)| [*n, ticks.cast_unsigned()]));
            put(&mut body, &full(*b"ctts", 1, 0, &table));
        }
        if self.syncs.len() != self.sizes.len() {
            put(&mut body, &full(*b"stss", 0, 0, &words(self.syncs.iter().copied())));
        }
        put(&mut body, &full(*b"stsc", 0, 0, &self.chunk_runs()));
        put(&mut body, &full(*b"stsz", 0, 0, &[&[0; 4], &words(self.sizes.iter().copied())[..]].concat()));
        let mut places = count(self.chunks.len());
        places.extend(self.chunks.iter().flat_map(|chunk| (head + chunk.offset).to_be_bytes()));
        put(&mut body, &full(*b"co64", 0, 0, &places));
        whole(*b"stbl", &body)
    }

    /// The body of `stsc`: where the number of samples or the sample entry changes.
    fn chunk_runs(&self) -> Vec<u8> {
        let mut runs: Vec<[u32; 3]> = Vec::new();
        for (n, chunk) in (1_u32..).zip(&self.chunks) {
            if runs.last().is_none_or(|run| run[1..] != [chunk.samples, chunk.entry]) {
                runs.push([n, chunk.samples, chunk.entry]);
            }
        }
        let mut body = count(runs.len());
        body.extend(runs.iter().flatten().flat_map(|n| n.to_be_bytes()));
        body
    }
}

/// `n` × `by` ÷ `over`, without overflow on the way.
fn times(n: i64, by: u32, over: u32) -> i64 {
    i64::try_from(i128::from(n) * i128::from(by) / i128::from(over.max(1))).unwrap_or(i64::MAX / 4)
}

fn repeat<T: PartialEq>(runs: &mut Vec<(u32, T)>, value: T) {
    match runs.last_mut() {
        Some((times, last)) if *last == value => *times += 1,
        _ => runs.push((1, value)),
    }
}

fn count(n: usize) -> Vec<u8> {
    u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes().to_vec()
}

fn words(all: impl ExactSizeIterator<Item = u32>) -> Vec<u8> {
    let mut out = count(all.len());
    out.extend(all.flat_map(u32::to_be_bytes));
    out
}

fn pairs(all: impl ExactSizeIterator<Item = [u32; 2]>) -> Vec<u8> {
    let mut out = count(all.len());
    out.extend(all.flatten().flat_map(u32::to_be_bytes));
    out
}
