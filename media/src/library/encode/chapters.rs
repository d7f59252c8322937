//! Chapters of M4A and MP4 files: a track of text that another track names as its chapters (`QuickTime`), else Nero's list.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use yunke_protocol::AudioChapter;

use super::{
    bits::be32,
    moov::{boxes, find, moov},
    text::repaired,
};

/// Chapters of a file.
const CHAPTERS: usize = 500;
/// Longest title, bytes of the file and characters of ours.
const TITLE_BYTES: u64 = 4 << 10;
const TITLE_CHARS: usize = 500;

/// Those of a file, ascending; none, if it has none that can be read.
pub(super) fn chapters(file: &Path) -> Vec<AudioChapter> {
    let read = || -> Option<Vec<AudioChapter>> {
        let mut file = File::open(file).ok()?;
        let all = moov(&mut file).ok()??;
        let moov = find(&all, &[b"moov"])?;
        track(moov, &mut file).filter(|chapters| !chapters.is_empty()).or_else(|| nero(moov))
    };
    let mut chapters = read().unwrap_or_default();
    chapters.sort_by_key(|chapter| chapter.at_ms);
    chapters.dedup_by_key(|chapter| chapter.at_ms);
    chapters
}

fn title(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    repaired(&text).chars().take(TITLE_CHARS).collect()
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|two| two.first_chunk().map(|two| unit(*two)));
    char::decode_utf16(units).map_while(Result::ok).collect()
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..).filter(|rest| rest.len() >= 4).map(be32)
}

/// Of a box with a version, which has longer times since version 1: the number behind so many of them.
fn behind_times(bytes: &[u8], times: usize) -> Option<u32> {
    number(bytes, 4 + times * if bytes.first() == Some(&1) { 8 } else { 4 })
}

fn track(moov: &[u8], file: &mut File) -> Option<Vec<AudioChapter>> {
    let traks = || boxes(moov).filter(|(kind, _)| kind == b"trak").map(|(_, body)| body);
    let named = traks().find_map(|trak| number(find(trak, &[b"tref", b"chap"])?, 0))?;
    let is_named = |trak: &&[u8]| {
        find(trak, &[b"tkhd"]).and_then(|tkhd| behind_times(tkhd, 2)).is_some_and(|id| id == named)
    };
    let text = traks().find(is_named)?;
    let mdia = find(text, &[b"mdia"])?;
    let timescale = i64::from(behind_times(find(mdia, &[b"mdhd"])?, 2)?.max(1));
    let stbl = find(mdia, &[b"minf", b"stbl"])?;
    let times = times(find(stbl, &[b"stts"])?)?;
    let places = places(stbl)?;
    let late = late_ms(moov, text);
    let mut chapters = Vec::new();
    for (time, (at, size)) in times.into_iter().zip(places) {
        let mut sample = Vec::new();
        file.seek(SeekFrom::Start(at)).ok()?;
        file.take(size.min(TITLE_BYTES)).read_to_end(&mut sample).ok()?;
        let length = sample.first_chunk().map_or(0, |two| usize::from(u16::from_be_bytes(*two)));
        let text = sample.get(2..).unwrap_or_default();
        let title = title(text.get(..length).unwrap_or(text));
        chapters.push(AudioChapter { at_ms: late + time * 1000 / timescale, title });
    }
    Some(chapters)
}

/// A track may begin later than the file: an edit of nothing comes first.
fn late_ms(moov: &[u8], trak: &[u8]) -> i64 {
    let late = || {
        let elst = find(trak, &[b"edts", b"elst"])?;
        let timescale = i64::from(behind_times(find(moov, &[b"mvhd"])?, 2)?.max(1));
        // Of short times: how long, from where; -1 is nowhere.
        let (version, count) = (elst.first()?, number(elst, 4)?);
        let nothing = *version == 0 && count > 0 && number(elst, 12)? == u32::MAX;
        nothing.then(|| number(elst, 8).map(|length| i64::from(length) * 1000 / timescale))?
    };
    late().unwrap_or(0)
}

/// When the samples begin, ticks.
fn times(stts: &[u8]) -> Option<Vec<i64>> {
    let (mut times, mut now) = (Vec::new(), 0_i64);
    for entry in 0..usize::try_from(number(stts, 4)?).ok()?.min(CHAPTERS) {
        let (count, length) = (number(stts, 8 + entry * 8)?, number(stts, 12 + entry * 8)?);
        for _ in 0..count {
            if times.len() == CHAPTERS {
                return Some(times);
            }
            times.push(now);
            now += i64::from(length);
        }
    }
    Some(times)
}

/// Where the samples lie, and how long they are.
fn places(stbl: &[u8]) -> Option<Vec<(u64, u64)>> {
    let (sizes, runs_of) = (find(stbl, &[b"stsz"])?, find(stbl, &[b"stsc"])?);
    let (short, long) = (find(stbl, &[b"stco"]), find(stbl, &[b"co64"]));
    let chunk = |n: usize| match (short, long) {
        (Some(short), _) => number(short, 8 + n * 4).map(u64::from),
        (None, Some(long)) => {
            Some(u64::from(number(long, 8 + n * 8)?) << 32 | u64::from(number(long, 12 + n * 8)?))
        }
        (None, None) => None,
    };
    let all = usize::try_from(number(sizes, 8)?).ok()?.min(CHAPTERS);
    let size = |n: usize| match number(sizes, 4)? {
        0 => number(sizes, 12 + n * 4).map(u64::from),
        same => Some(u64::from(same)),
    };
    // From its first chunk on each entry says how many samples a chunk has.
    let runs = usize::try_from(number(runs_of, 4)?).ok()?.min(CHAPTERS);
    let run =
        |n: usize| Some((number(runs_of, 8 + n * 12)?, number(runs_of, 12 + n * 12)?)).filter(|_| n < runs);
    let (mut places, mut entry) = (Vec::new(), 0);
    for n in 0.. {
        let Some(mut at) = chunk(n).filter(|_| places.len() < all) else { break };
        while run(entry + 1).is_some_and(|(first, _)| u64::from(first) <= n as u64 + 1) {
            entry += 1;
        }
        for _ in 0..run(entry)?.1 {
            if places.len() == all {
                break;
            }
            let size = size(places.len())?;
            places.push((at, size));
            at = at.saturating_add(size);
        }
    }
    Some(places)
}

/// `chpl`: for each chapter its time in 100 ns, and its title with its length in front.
fn nero(moov: &[u8]) -> Option<Vec<AudioChapter>> {
    let chpl = find(moov, &[b"udta", b"chpl"])?;
    let mut rest = chpl.get(if chpl.first() == Some(&0) { 4 } else { 8 }..)?;
    let (count, entries) = rest.split_first()?;
    rest = entries;
    let mut chapters = Vec::new();
    for _ in 0..*count {
        let Some((time, more)) = rest.split_first_chunk() else { break };
        let Some((length, more)) = more.split_first() else { break };
        let Some((text, more)) = more.split_at_checked(usize::from(*length)) else { break };
        let at_ms = i64::try_from(u64::from_be_bytes(*time) / 10_000).unwrap_or(i64::MAX);
        chapters.push(AudioChapter { at_ms, title: title(text) });
        rest = more;
    }
    Some(chapters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8], body: &[&[u8]]) -> Vec<u8> {
        let body = body.concat();
        let size = u32::try_from(body.len() + 8).expect("small").to_be_bytes();
        [&size[..], kind, &body].concat()
    }

    fn read(bytes: &[u8]) -> Vec<(i64, String)> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("a");
        std::fs::write(&file, bytes).expect("written");
        chapters(&file).into_iter().map(|chapter| (chapter.at_ms, chapter.title)).collect()
    }

    fn nero_list(version: u8) -> Vec<u8> {
        let reserved: &[u8] = if version == 0 { &[] } else { &[0; 4] };
        let entry = |ms: u64, title: &str| {
            [&(ms * 10_000).to_be_bytes()[..], &[u8::try_from(title.len()).expect("short")], title.as_bytes()]
                .concat()
        };
        let list =
            [&[version, 0, 0, 0][..], reserved, &[2], &entry(0, "引子"), &entry(61_500, "开端")].concat();
        boxed(b"moov", &[&boxed(b"udta", &[&boxed(b"chpl", &[&list])])])
    }

    #[test]
    fn neros_list_is_read_in_both_versions() {
        for version in [0, 1] {
            let told = read(&nero_list(version));
            assert_eq!(told, [(0, "引子".to_owned()), (61_500, "开端".to_owned())], "{version}");
        }
    }

    #[test]
    fn what_does_not_add_up_ends_the_reading() {
        let whole = nero_list(1);
        for end in 0..whole.len() {
            read(&whole[..end]);
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut other = whole.clone();
                other[at] = value;
                read(&other);
            }
        }
    }

    #[test]
    fn a_title_may_be_in_wide_characters() {
        assert_eq!(title(&[0xfe, 0xff, 0x5f, 0x15, 0x5b, 0x50]), "引子");
        assert_eq!(title(&[0xff, 0xfe, 0x15, 0x5f]), "引");
        assert_eq!(title("第一章".as_bytes()), "第一章");
        assert_eq!(title(&[0xb5, 0xda, 0xd2, 0xbb, 0xd5, 0xc2]), "第一章", "GBK");
    }
}
