//! What reads bytes of strangers, for tests/fuzz and the test that runs its corpus. Nothing else calls it.
//!
//! Each target must come back, without a panic, for any bytes. Targets that take several packets read them as records.

use std::{
    net::Ipv4Addr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use tokio::{runtime::Runtime, sync::mpsc};
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use yunke_protocol::{DeviceClass, Lease, LeaseKey, Purpose, Stretch};

use crate::{
    container::{flv::TagReader, ts::Demuxer},
    ingest::{rtmp::converse, rtp::receiver::Receiver},
    live::{
        access::Access,
        core::{directives::Directives, frontier::Frontier, names::Name},
        stream::Playlist,
    },
    unit::Track,
    webrtc::{
        Ports, WebRtc,
        publisher::{Peers as _, WIRE},
        routes,
        rtp::{Packet, Report},
        signalling::{
            fragment::Fragment,
            offer::{Offer, Role},
        },
    },
};

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 8] = [
    ("offer", offer),
    ("fragment", fragment),
    ("rtmp", rtmp),
    ("flv", flv),
    ("ts", ts),
    ("rtp", rtp),
    ("stun", stun),
    ("playlist", playlist),
];

/// A publisher that cannot be made in so long hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// An offer: read, and answered by the real WebRTC, which must then end all it started.
pub fn offer(bytes: &[u8]) {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let _ = text(bytes).map(|text| Offer::parse(text, Role::Viewer));
    let parsed = text(bytes).and_then(|text| Offer::parse(text, Role::Publisher).ok());
    let Some(offer) = parsed else { return };
    let runtime = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
    });
    runtime.block_on(async {
        let ports = Ports::bind((Ipv4Addr::LOCALHOST, 0).into()).await.expect("free ports");
        let tasks = TaskTracker::new();
        let peers = WebRtc::new(ports, &[], tasks.clone()).expect("it is bound");
        let (wire, _wires) = mpsc::channel(WIRE);
        let answered = tokio::time::timeout(PATIENCE, peers.answer(&offer, wire)).await;
        drop(answered.expect("an answer or a refusal in time"));
        tasks.close();
        tokio::time::timeout(PATIENCE, tasks.wait()).await.expect("all tasks of the peer to end");
    });
}

/// A piece of a description, by PATCH.
pub fn fragment(bytes: &[u8]) {
    let _ = text(bytes).map(Fragment::parse);
}

/// An encoder's conversation.
pub fn rtmp(bytes: &[u8]) {
    converse::run(bytes);
}

/// FLV tags. Record: 0 for sound, then the tag.
pub fn flv(bytes: &[u8]) {
    let (mut tags, mut units) = (TagReader::default(), Vec::new());
    for (at, record) in (0_u32..).zip(records(bytes)) {
        let Some((kind, tag)) = record.split_first() else { continue };
        let tag = Bytes::copy_from_slice(tag);
        let _ = if *kind == 0 { tags.audio(at, tag, &mut units) } else { tags.video(at, tag, &mut units) };
        assert!(units.len() <= 2, "a format and a frame");
        units.clear();
    }
}

/// A transport stream, as SRT brings it: in pieces of seven packets, and whole.
pub fn ts(bytes: &[u8]) {
    for piece in [7 * 188, bytes.len().max(1)] {
        let (mut stream, mut units) = (Demuxer::default(), Vec::new());
        let refused = bytes.chunks(piece).any(|piece| stream.push(piece, &mut units).is_err());
        assert!(refused || units.len() <= bytes.len(), "a unit takes at least a byte");
    }
}

/// RTP packets of a picture. Record: flags (1: marker, 2: a sender report, 4: a second later), step of the sequence number,
/// step of the timestamp in 256 ticks, then the payload.
pub fn rtp(bytes: &[u8]) {
    let (sounds, _rest) = mpsc::channel(1);
    let mut receiver = Receiver::new(true, sounds);
    let (mut sequence, mut timestamp, mut now_us, mut units) = (65_500_u16, u32::MAX - 10_000, 0, Vec::new());
    for record in records(bytes) {
        let Some((&[flags, step, ticks], payload)) = record.split_first_chunk::<3>() else { continue };
        sequence = sequence.wrapping_add_signed(step.cast_signed().into());
        timestamp = timestamp.wrapping_add_signed(i32::from(ticks.cast_signed()) << 8);
        now_us += if flags & 4 == 0 { 1_000 } else { 1_000_000 };
        if flags & 2 != 0 {
            receiver.report(Report { track: Track::Video, wall_us: now_us, timestamp });
            continue;
        }
        let payload = Bytes::copy_from_slice(payload);
        let packet = Packet { track: Track::Video, sequence, timestamp, marker: flags & 1 != 0, payload };
        if receiver.packet(packet, now_us, &mut units).is_err() {
            return;
        }
        let _ = receiver.wants_key(now_us);
        units.clear();
    }
}

/// A datagram of a stranger.
pub fn stun(bytes: &[u8]) {
    let named = bytes.windows(4).any(|window| window == b"name");
    assert!(named || !routes::knock(bytes), "only who knows a name gets past the tables");
}

/// A reader's path and query. `LEASE/` at the beginning stands for a lease and its lesson.
pub fn playlist(bytes: &[u8]) {
    let Some(asked) = text(bytes) else { return };
    let key = LeaseKey::derive(b"of the fuzzer alone");
    let lesson = Uuid::nil();
    let (purpose, device) = (Purpose::Watch, DeviceClass::Phone);
    let replay = Some(Stretch::WHOLE);
    let lease = Lease { id: lesson, lesson, purpose, device, expires_at: 10_000, replay }.sign(&key);
    let asked =
        asked.strip_prefix("LEASE/").map_or(asked.to_owned(), |rest| format!("{lease}/{lesson}/{rest}"));
    let (path, query) = asked.split_once('?').unwrap_or((&asked, ""));
    let access = Access::new(key, Arc::new(|| 1_000));
    if let Ok((request, stretch)) = access.check_replay(path) {
        assert!(stretch == Stretch::WHOLE && !request.file.contains('/'), "as the lease says");
    }
    if let Ok(request) = access.check(path) {
        let name = Name::parse(request.file);
        assert!(name.is_none_or(|name| name.to_string() == request.file), "there is no second spelling");
        assert!(name.is_none() || Playlist::parse(request.file).is_none(), "one name, one file");
    }
    let Ok(directives) = Directives::parse(query) else { return };
    let whole = vec![Some(7), Some(0), None, Some(u32::MAX)];
    for first_msn in [0, u64::MAX - 10] {
        let frontier = Frontier {
            first_msn,
            whole: whole.clone(),
            open_parts: 2,
            part_limit: 10,
            ready: true,
            ended: false,
        };
        let _ = frontier.resolve(directives);
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Two bytes of length, then as many bytes.
fn records(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (record, rest) = rest.split_at(rest.len().min(u16::from_be_bytes(*length).into()));
        bytes = rest;
        Some(record)
    })
}
