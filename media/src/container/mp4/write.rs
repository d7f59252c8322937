//! Writes the head of the file: `ftyp`, `moov` and the beginning of `mdat` (ISO/IEC 14496-12). Pure.

use super::{
    fields::{be, be64, full, put, whole},
    table::SampleTable,
};
use crate::unit::Track;

/// Ticks a second of the movie's own times.
const MOVIE_SCALE: u32 = 90_000;
/// No rotation, no scaling.
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
/// ISO 639-2 `und`, packed.
const LANGUAGE: u16 = 0x55c4;

/// The head of a file whose media has so many bytes.
pub(crate) fn head(tracks: &[(Track, SampleTable)], media_bytes: u64) -> Vec<u8> {
    let ftyp = whole(*b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41");
    // The places of samples have a fixed size, so that the head is as long with the right ones as with these.
    let length = ftyp.len() + moov(tracks, 0).len() + 16;
    let moov = moov(tracks, length as u64);
    let mdat = [&1_u32.to_be_bytes()[..], b"mdat", &(media_bytes + 16).to_be_bytes()].concat();
    [ftyp, moov, mdat].concat()
}

fn moov(tracks: &[(Track, SampleTable)], head: u64) -> Vec<u8> {
    let length = tracks.iter().map(|(_, track)| begins(track) + shown(track)).max().unwrap_or(0);
    let next = u32::try_from(tracks.len() + 1).unwrap_or(u32::MAX);
    let mvhd = [
        be64(&[0, 0]),
        be(&[MOVIE_SCALE]),
        be64(&[length]),
        be(&[0x1_0000, 0x100_0000, 0, 0]),
        be(&MATRIX),
        be(&[0; 6]),
        be(&[next]),
    ];
    let mut body = full(*b"mvhd", 1, 0, &mvhd.concat());
    for (id, (kind, table)) in (1..).zip(tracks) {
        put(&mut body, &trak(id, *kind, table, head));
    }
    whole(*b"moov", &body)
}

fn trak(id: u32, kind: Track, track: &SampleTable, head: u64) -> Vec<u8> {
    let sound = kind == Track::Audio;
    let volume = if sound { 0x100_0000 } else { 0 };
    let tkhd = [
        be64(&[0, 0]),
        be(&[id, 0]),
        be64(&[begins(track) + shown(track)]),
        be(&[0, 0, 0, volume]),
        be(&MATRIX),
        track.size.to_vec(),
    ];
    let mdhd = [
        be64(&[0, 0]),
        be(&[track.timescale]),
        be64(&[track.duration()]),
        LANGUAGE.to_be_bytes().to_vec(),
        vec![0; 2],
    ];
    let (handler, name) = if sound { (b"soun", &b"Sound\0"[..]) } else { (b"vide", &b"Picture\0"[..]) };
    let hdlr = [&[0; 4][..], handler, &[0; 12], name].concat();
    let media_head = if sound { full(*b"smhd", 0, 0, &[0; 4]) } else { full(*b"vmhd", 0, 1, &[0; 8]) };
    let dref = full(*b"dref", 0, 0, &[&1_u32.to_be_bytes()[..], &full(*b"url ", 0, 1, &[])].concat());
    let minf = [media_head, whole(*b"dinf", &dref), track.boxes(head)].concat();
    let mdia = [full(*b"mdhd", 1, 0, &mdhd.concat()), full(*b"hdlr", 0, 0, &hdlr), whole(*b"minf", &minf)];
    // Flags: enabled, in the movie.
    let body = [full(*b"tkhd", 1, 3, &tkhd.concat()), edits(track), whole(*b"mdia", &mdia.concat())];
    whole(*b"trak", &body.concat())
}

/// When the track begins, movie ticks.
fn begins(track: &SampleTable) -> u64 {
    let us = u64::try_from(track.begins_us).unwrap_or(0);
    us.saturating_mul(u64::from(MOVIE_SCALE)) / 1_000_000
}

/// How long it is shown, movie ticks.
fn shown(track: &SampleTable) -> u64 {
    let ticks = u128::from(track.shown.unwrap_or_else(|| track.duration())) * u128::from(MOVIE_SCALE)
        / u128::from(track.timescale.max(1));
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// `edts`: the track begins when its first sample is presented.
fn edits(track: &SampleTable) -> Vec<u8> {
    const EMPTY: u64 = u64::MAX;
    let mut list = Vec::new();
    if begins(track) > 0 {
        list.push([begins(track), EMPTY]);
    }
    list.push([shown(track), u64::try_from(track.first_presented).unwrap_or(0)]);
    let mut body = be(&[u32::try_from(list.len()).unwrap_or(0)]);
    for edit in list {
        put(&mut body, &be64(&edit));
        put(&mut body, &be(&[0x1_0000]));
    }
    whole(*b"edts", &full(*b"elst", 1, 0, &body))
}
