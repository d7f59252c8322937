//! What the disk gives is not trusted, and what is written adds up. Files of real recordings are in tests/service/jobs.rs.

use proptest::prelude::*;

use super::{
    fields::{full, whole},
    read::{self, Chunk, Init, Sample},
    table::SampleTable,
    write::head,
};
use crate::unit::Track;

/// An initialization section as our muxer writes it, as far as it is read.
fn section() -> Vec<u8> {
    let tkhd = full(*b"tkhd", 0, 3, &[0; 80]);
    let mdhd = full(*b"mdhd", 0, 0, &[&[0; 8][..], &1000_u32.to_be_bytes(), &[0; 8]].concat());
    let stsd = full(*b"stsd", 0, 0, &[&1_u32.to_be_bytes()[..], &whole(*b"avc1", &[0; 78])].concat());
    let minf = whole(*b"minf", &whole(*b"stbl", &stsd));
    let trak = whole(*b"trak", &[tkhd, whole(*b"mdia", &[mdhd, minf].concat())].concat());
    let trex = full(*b"trex", 0, 0, &[0; 20]);
    let moov = whole(*b"moov", &[trak, whole(*b"mvex", &trex)].concat());
    [whole(*b"ftyp", b"cmfc"), moov].concat()
}

/// A chunk with samples of these sizes and durations.
fn chunk(start: u32, samples: &[(u32, u32)]) -> Vec<u8> {
    let run = |offset: usize| {
        let mut body = u32::try_from(samples.len()).expect("few").to_be_bytes().to_vec();
        body.extend(u32::try_from(offset).expect("small").to_be_bytes());
        for (size, duration) in samples {
            body.extend([duration.to_be_bytes(), size.to_be_bytes()].concat());
        }
        let traf = [
            full(*b"tfhd", 0, 0x2_0000, &[0, 0, 0, 1]),
            full(*b"tfdt", 0, 0, &start.to_be_bytes()),
            full(*b"trun", 0, 0x301, &body),
        ];
        whole(*b"moof", &[full(*b"mfhd", 0, 0, &[0; 4]), whole(*b"traf", &traf.concat())].concat())
    };
    let bytes = vec![7; samples.iter().map(|(size, _)| *size as usize).sum()];
    let moof = run(run(0).len() + 8);
    [moof, whole(*b"mdat", &bytes)].concat()
}

#[test]
fn a_segment_of_two_chunks_is_read() {
    let init = read::init(&section()).expect("a section");
    assert_eq!(init.timescale, 1000);
    let segment = [chunk(5000, &[(10, 40), (20, 40)]), chunk(5080, &[(30, 40)])].concat();
    let chunks = read::segment(&segment, &init).expect("a segment");
    assert_eq!(chunks.len(), 2);
    assert_eq!((chunks[1].start, chunks[1].samples[0].size), (5080, 30));
    for chunk in &chunks {
        let size: u32 = chunk.samples.iter().map(|sample| sample.size).sum();
        let at = usize::try_from(chunk.offset).expect("small");
        assert!(segment[at..at + size as usize].iter().all(|byte| *byte == 7));
    }
}

#[test]
fn times_go_on_over_a_seam_and_hold_over_a_hole() {
    let init = read::init(&section()).expect("a section");
    let sample = Sample { duration: 40, size: 10, presented_after: 0, sync: true };
    let of = |start| vec![Chunk { offset: 100, start, samples: vec![sample; 50] }];
    let mut track = SampleTable::new(&init, 0);
    track.add(&init, &of(10_000), 0, 0);
    track.add(&init, &of(12_000), 2_001_000, 600);
    assert_eq!(track.duration(), 4000, "a millisecond is rounding");
    track.add(&init, &of(70_000), 4_500_000, 1200);
    assert_eq!(track.duration(), 6500, "half a second without picture is held");
    track.add(&init, &of(90_000), 6_400_000, 1800);
    assert_eq!(track.duration(), 8400, "what overlaps shortens what was before");
    let head = head(&[(Track::Video, track)], 2400);
    assert_eq!(head[head.len() - 16..head.len() - 8], *b"\0\0\0\x01mdat");
}

fn any_init() -> Init {
    read::init(&section()).expect("a section")
}

proptest! {
    #[test]
    fn garbage_is_damaged_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read::init(&bytes);
        let _ = read::segment(&bytes, &any_init());
    }

    #[test]
    fn a_flipped_byte_is_never_a_panic(at in 0_usize..10_000, by in 1_u8..=255) {
        let mut bytes = [chunk(5000, &[(10, 40), (20, 40)]), chunk(5080, &[(30, 40)])].concat();
        let at = at % bytes.len();
        bytes[at] ^= by;
        if let Ok(chunks) = read::segment(&bytes, &any_init()) {
            for chunk in chunks {
                let size: u64 = chunk.samples.iter().map(|sample| u64::from(sample.size)).sum();
                prop_assert!(chunk.offset + size <= bytes.len() as u64);
            }
        }
        let mut bytes = section();
        let at = at % bytes.len();
        bytes[at] ^= by;
        let _ = read::init(&bytes);
    }
}
