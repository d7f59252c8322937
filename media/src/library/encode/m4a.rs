//! Writes AAC frames into a file that plays from its beginning on: the head first (fast start), and an edit list that leaves out
//! what the encoder put in front and behind.

use std::{
    fs::File,
    io::{BufWriter, Read as _, Result, Write},
    path::{Path, PathBuf},
};

use crate::{
    container::mp4::{
        read::{Chunk, Init, Sample},
        sound,
        table::SampleTable,
        write,
    },
    library::map::ByteMap,
    unit::Track,
};

/// Samples of a frame, and so many samples the encoder puts in front.
const FRAME: u32 = 1024;
/// Frames of a chunk: about a second.
const CHUNK: usize = 47;

/// A file under way. Memory: four bytes for each frame, 7 MB for ten hours.
pub(super) struct M4a {
    media: BufWriter<File>,
    /// Where the media lies until the head is known.
    beside: PathBuf,
    init: Init,
    rate: u32,
    table: SampleTable,
    chunk: Vec<Sample>,
    /// Bytes of whole chunks, and of the one under way.
    bytes: (u64, u64),
    frames: u64,
    points: Vec<(u64, u64)>,
}

impl M4a {
    /// A track with this `AudioSpecificConfig`; a file beside `path` is used meanwhile.
    pub(super) fn begin(path: &Path, rate: u32, channels: u16, bitrate: u32, config: &[u8]) -> Result<Self> {
        let beside = path.with_extension("media");
        let init = sound::aac(rate, channels, bitrate, config);
        Ok(Self {
            media: BufWriter::with_capacity(256 << 10, File::create(&beside)?),
            beside,
            table: SampleTable::new(&init, 0),
            init,
            rate,
            chunk: Vec::with_capacity(CHUNK),
            bytes: (0, 0),
            frames: 0,
            points: Vec::new(),
        })
    }

    /// Adds a frame.
    pub(super) fn frame(&mut self, frame: &[u8]) -> Result<()> {
        if self.chunk.is_empty() {
            self.points.push((self.frames, self.bytes.0));
        }
        self.media.write_all(frame)?;
        let size = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        self.chunk.push(Sample { duration: FRAME, size, presented_after: 0, sync: true });
        self.bytes.1 += u64::from(size);
        self.frames += 1;
        if self.chunk.len() == CHUNK {
            self.close();
        }
        Ok(())
    }

    fn close(&mut self) {
        if self.chunk.is_empty() {
            return;
        }
        let start = (self.frames - self.chunk.len() as u64) * u64::from(FRAME);
        let samples = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        let at_us = start * 1_000_000 / u64::from(self.rate);
        let chunk = Chunk { offset: 0, start, samples };
        self.table.add(&self.init, &[chunk], i64::try_from(at_us).unwrap_or(i64::MAX), self.bytes.0);
        self.bytes.0 += self.bytes.1;
        self.bytes.1 = 0;
    }

    /// Writes the file: so many samples are played, or as many as there are.
    pub(super) fn finish(mut self, path: &Path, samples: u64) -> Result<ByteMap> {
        self.close();
        self.media.flush()?;
        let (front, rate) = (u64::from(FRAME), u64::from(self.rate));
        let there = (self.frames * front).saturating_sub(front);
        self.table.first_presented = i64::from(FRAME);
        self.table.shown = Some(samples.min(there));
        let head = write::head(&[(Track::Audio, self.table)], self.bytes.0);
        let mut file = File::create(path)?;
        file.write_all(&head)?;
        std::io::copy(&mut File::open(&self.beside)?.take(self.bytes.0), &mut file)?;
        file.sync_data()?;
        std::fs::remove_file(&self.beside)?;
        let begins = head.len() as u64;
        let fit = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let ms = |frame: u64| (frame * front).saturating_sub(front) * 1000 / rate;
        Ok(ByteMap::new(self.points.iter().map(|(frame, byte)| (fit(ms(*frame)), fit(begins + byte)))))
    }
}
