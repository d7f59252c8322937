//! What a part costs the origin (rendering both playlists, compressing them), and what a reader costs it (its lease, its
//! directives, the decision).

use std::{hint::black_box, time::Duration};

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use uuid::Uuid;
use yunke_media::live::{
    core::{directives::Directives, playlist, ring::Ring},
    event::{Event, Format, Init, Part, Rendition, StreamStart},
};
use yunke_protocol::{DeviceClass, Lease, LeaseKey, Purpose};

const EPOCH: i64 = 1_795_311_792_000;

/// A stream of two renditions, `parts` parts of 286 ms old.
fn ring(parts: u64) -> Ring {
    let mut ring = Ring::new(StreamStart {
        stream: 0x18c,
        first_msn: 0,
        discontinuities: 0,
        renditions: vec![Rendition::Video, Rendition::Audio],
        part_target: Duration::from_millis(300),
    });
    let video = Format::Video { codec: "avc1.64001f".into(), width: 1280, height: 720, fps_milli: 30_000 };
    let audio = Format::Audio { codec: "mp4a.40.2".into(), rate: 48_000, channels: 2 };
    for (rendition, format) in [(Rendition::Video, video), (Rendition::Audio, audio)] {
        ring.apply(Event::Init(rendition, Init { bytes: Bytes::from_static(b"init"), format }));
    }
    for n in 0..parts {
        ring.apply(part(Rendition::Video, n, 72_000));
        ring.apply(part(Rendition::Audio, n, 4_600));
    }
    ring
}

fn part(rendition: Rendition, n: u64, bytes: usize) -> Event {
    let pdt = EPOCH + i64::try_from(n).expect("small") * 286;
    let part = Part {
        bytes: Bytes::from(vec![7; bytes]),
        duration: Duration::from_millis(286),
        pdt,
        independent: n.is_multiple_of(7) || rendition == Rendition::Audio,
        segment: n / 7,
        last_of_segment: n % 7 == 6,
    };
    Event::Part(rendition, part)
}

fn per_part(c: &mut Criterion) {
    let full = ring(40 * 7);
    let track = full.track(Rendition::Video).expect("it has a picture");
    c.bench_function("part/render full playlist", |b| b.iter(|| playlist::full(black_box(&full), track)));
    c.bench_function("part/render delta update", |b| b.iter(|| playlist::delta(black_box(&full), track)));
    c.bench_function("part/frontier", |b| b.iter(|| full.frontier(black_box(track))));
    c.bench_function("part/apply 2 s of video and audio", |b| {
        let mut ring = ring(40 * 7);
        let mut n = 40 * 7;
        b.iter(|| {
            for _ in 0..7 {
                ring.apply(part(Rendition::Video, n, 72_000));
                ring.apply(part(Rendition::Audio, n, 4_600));
                n += 1;
            }
        });
    });
}

fn per_reader(c: &mut Criterion) {
    let full = ring(40 * 7 + 3);
    let frontier = full.frontier(full.track(Rendition::Video).expect("it has a picture"));
    let next = frontier.next_msn();
    let query = format!("_HLS_msn={next}&_HLS_part=3&_HLS_skip=YES");
    c.bench_function("reader/directives and decision", |b| {
        b.iter(|| frontier.resolve(Directives::parse(black_box(&query)).expect("well-formed")));
    });
    let key = LeaseKey::derive(b"a secret of sixteen bytes");
    let lease = Lease {
        id: Uuid::from_u128(7),
        lesson: Uuid::from_u128(9),
        purpose: Purpose::Watch,
        device: DeviceClass::Phone,
        expires_at: EPOCH + 60_000,
        replay: None,
    };
    let token = lease.sign(&key);
    c.bench_function("reader/lease", |b| b.iter(|| Lease::verify(black_box(&token), &key, EPOCH)));
}

criterion_group!(benches, per_part, per_reader);
criterion_main!(benches);
