//! What a player of one rendition may rely on, from one playlist to the next.

use std::collections::HashMap;

use super::{
    super::{
        GRACE, HOLD_BACK, TARGET_DURATION, WINDOW,
        directives::Directives,
        frontier::Resolution,
        names::{self, Name},
        playlist,
        ring::Ring,
        segment::Open,
        track::{Lookup, Track},
    },
    parse::{self, Playlist, parse},
    script::EPOCH,
};
use crate::live::event::Rendition;

/// What a player of one rendition remembers of earlier playlists.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) playlist: Option<Playlist>,
    /// Segment number → what it was when first listed, and its discontinuity number.
    pub(super) segments: HashMap<u64, (parse::Segment, u64)>,
    /// Part name → media time when its tag was last listed.
    pub(super) parts: HashMap<String, i64>,
    pub(super) hints: Vec<(String, bool)>,
    pub(super) satisfied: Vec<(u64, u32)>,
    pub(super) recorded: Vec<u64>,
}

pub(super) fn check(ring: &Ring, rendition: Rendition, memory: &mut Memory) {
    let track = ring.track(rendition).expect("announced");
    let text = playlist::full(ring, track);
    let list = parse(&text).expect("a playlist");
    fixed_values(&list);
    served(ring, track, &list);
    continues(ring, track, &list, memory);
    delta(ring, track, &list, memory);
    reloads(ring, track, memory);
    memory.playlist = Some(list);
}

fn fixed_values(list: &Playlist) {
    assert_eq!(list.target_duration, TARGET_DURATION.as_secs());
    assert!((list.part_target - 0.3).abs() < 1e-9);
    let control = |name: &str| list.control[name].parse::<f64>().expect("a number");
    assert!(control("PART-HOLD-BACK") >= 3.0 * list.part_target - 1e-9);
    assert!(control("HOLD-BACK") >= 12.0 && control("CAN-SKIP-UNTIL") >= 24.0);
    assert_eq!(list.control["CAN-BLOCK-RELOAD"], "YES");
    for segment in &list.segments {
        assert!(segment.duration.round() <= 4.0, "{segment:?}");
        assert!(segment.duration > 0.0 && segment.pdt.is_some());
        let parts: f64 = segment.parts.iter().map(|part| part.duration).sum();
        assert!(segment.parts.is_empty() || (parts - segment.duration).abs() < 0.02, "{segment:?}");
    }
    let parts = || list.segments.iter().map(|segment| &segment.parts).chain([&list.open]);
    assert!(parts().flatten().all(|part| part.duration <= list.part_target + 1e-9));
    if list.independent {
        assert!(parts().filter_map(|parts| parts.first()).all(|part| part.independent));
    }
}

/// Everything announced can be had, and is what the segment is made of.
fn served(ring: &Ring, track: &Track, list: &Playlist) {
    let get = |uri: &str| match ring.find(Name::parse(uri).expect("our own name")) {
        Lookup::There(served) => served.bytes,
        other => panic!("{uri} is announced, but {other:?}"),
    };
    let mut to_end: f64 = list.segments.iter().map(|segment| segment.duration).sum();
    to_end += list.open.iter().map(|part| part.duration).sum::<f64>();
    for segment in &list.segments {
        to_end -= segment.duration;
        if segment.gap {
            assert!(segment.parts.is_empty());
            continue;
        }
        let whole = get(&segment.uri);
        let parts: Vec<u8> = segment.parts.iter().flat_map(|part| get(&part.uri)).collect();
        assert!(segment.parts.is_empty() || parts == whole);
        let from_boundary = to_end - HOLD_BACK.as_secs_f64();
        let listed = from_boundary < 0.0 && !list.ended;
        assert!(from_boundary.abs() < 0.05 || listed != segment.parts.is_empty(), "{to_end}");
        get(segment.map.as_ref().expect("the parser checks it"));
    }
    for part in &list.open {
        get(&part.uri);
    }
    if let Some(hint) = &list.hint {
        assert_eq!(ring.find(Name::parse(hint).expect("our own name")), Lookup::Coming);
    }
    assert_eq!(list.hint.is_none(), ring.in_outage() || ring.ended());
    assert_eq!(list.ended, ring.ended());
    let others = ring.tracks().iter().filter(|other| other.rendition() != track.rendition());
    let begun = others.clone().filter(|other| other.open().is_some() || !other.listed().is_empty());
    assert!(ring.ended() || list.reports.len() == begun.count(), "every other one that has begun");
    for report in &list.reports {
        let own = |other: &&Track| report["URI"] == names::playlist(other.rendition());
        let other = others.clone().find(own).expect("one of the others");
        let newest = other.open().map_or_else(|| other.next_msn() - 1, |open| open.msn);
        assert_eq!(report["LAST-MSN"], newest.to_string());
    }
}

/// What was once said stays true.
fn continues(ring: &Ring, track: &Track, list: &Playlist, memory: &mut Memory) {
    let media_time = track.edge().unwrap_or(EPOCH);
    if let Some(before) = &memory.playlist {
        assert!(list.first_msn >= before.first_msn);
        assert!(list.discontinuity_sequence >= before.discontinuity_sequence);
        let next = |list: &Playlist| list.first_msn + list.segments.len() as u64;
        assert!(next(list) >= next(before));
        let evicted = list.first_msn - before.first_msn;
        let sum = |list: &Playlist| list.segments.iter().map(|segment| segment.duration).sum::<f64>();
        assert!(evicted == 0 || sum(list) >= HOLD_BACK.as_secs_f64() - 0.02);
        assert!(sum(list) <= (WINDOW + TARGET_DURATION).as_secs_f64());
    }
    let times: Vec<i64> = track.listed().iter().map(|s| s.pdt).chain(track.open().map(Open::pdt)).collect();
    assert!(times.windows(2).all(|pair| pair[0] <= pair[1] + 100), "time runs backwards: {times:?}");
    let mut discontinuity = list.discontinuity_sequence;
    for (msn, segment) in (list.first_msn..).zip(&list.segments) {
        discontinuity += u64::from(segment.discontinuity);
        let segment = parse::Segment { parts: vec![], ..segment.clone() };
        let known = memory.segments.entry(msn).or_insert_with(|| (segment.clone(), discontinuity));
        assert_eq!(known, &(segment, discontinuity));
    }
    for part in list.segments.iter().flat_map(|segment| &segment.parts).chain(&list.open) {
        memory.parts.insert(part.uri.clone(), media_time);
    }
    let keep = i64::try_from(GRACE.as_millis()).expect("small");
    memory.parts.retain(|_, last_listed| media_time - *last_listed < keep);
    for uri in memory.parts.keys() {
        let found = ring.find(Name::parse(uri).expect("our own name"));
        assert!(matches!(found, Lookup::There(_)), "{uri} was announced and must be there for a while");
    }
    if let Some((hint, come)) = memory.hints.last_mut() {
        *come |= matches!(ring.find(Name::parse(hint).expect("our own name")), Lookup::There(_));
    }
    if let Some(hint) = &list.hint
        && memory.hints.last().is_none_or(|(last, _)| last != hint)
    {
        assert!(
            memory.hints.last().is_none_or(|(_, come)| *come),
            "a hint came true before the next was given"
        );
        memory.hints.push((hint.clone(), false));
    }
}

/// A delta update gives the player the whole playlist.
fn delta(ring: &Ring, track: &Track, list: &Playlist, memory: &Memory) {
    let Some(text) = playlist::delta(ring, track) else { return };
    let update = parse(&text).expect("a playlist");
    assert!(update.skipped > 0 && !list.ended);
    let rest: f64 = update.segments.iter().map(|segment| segment.duration).sum();
    assert!(rest >= 24.0 - 0.02, "nothing nearer to the end than CAN-SKIP-UNTIL is skipped: {rest}");
    if let Some(before) = &memory.playlist {
        let player = update.merged_onto(before).expect("one event later a player has all that is skipped");
        assert!(&player == list, "{text}\n{player:?}\n{list:?}");
    }
}

/// What is answered now is there, stays answered, and what is waited for is never refused later.
fn reloads(ring: &Ring, track: &Track, memory: &mut Memory) {
    let frontier = ring.frontier(track);
    let ask = |msn, part| frontier.resolve(Directives { msn: Some(msn), part, skip: false });
    for &(msn, part) in &memory.satisfied {
        assert!(ask(msn, Some(part)) != Resolution::Wait || ring.ended(), "{msn}.{part} was there");
    }
    memory.satisfied.clear();
    let next = frontier.next_msn();
    for msn in next.saturating_sub(3)..next + 4 {
        let whole = ask(msn, None);
        assert_eq!(whole == Resolution::Now, (msn < next && !frontier.is_empty()) || ring.ended());
        assert_eq!(matches!(whole, Resolution::Bad(_)), msn > next + 1 && !ring.ended());
        for part in 0..16 {
            if ask(msn, Some(part)) == Resolution::Now && !ring.ended() {
                assert!(msn < next || (msn == next && part < frontier.open_parts));
                memory.satisfied.push((msn, part));
            }
        }
    }
}
