//! Invariants of the ring, whatever a pipeline pushes: what every player may rely on, in every playlist it could be shown.

mod parse;
mod player;
mod script;

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use self::{
    player::{Memory, check},
    script::{Pipeline, Step, start, steps},
};
use super::{
    multivariant::{self, Offer},
    playlist,
    ring::Ring,
};
use crate::live::event::{Completed, Content, Event, Part, Rendition};

const FIRST_MSN: u64 = 40;
const RENDITIONS: [Rendition; Rendition::ALL.len()] = Rendition::ALL;

/// Renditions stay aligned: the same number has the same discontinuity number.
fn aligned([video, others @ ..]: &[Memory; Rendition::ALL.len()]) {
    for (msn, (_, discontinuity)) in &video.segments {
        for (_, other) in others.iter().filter_map(|other| other.segments.get(msn)) {
            assert_eq!(discontinuity, other, "segment {msn}");
        }
    }
}

fn record(memories: &mut [Memory; Rendition::ALL.len()], completed: &[Completed]) {
    for segment in completed {
        let recorded = &mut memories[segment.rendition as usize].recorded;
        assert_eq!(segment.msn, FIRST_MSN + recorded.len() as u64, "each segment is reported once, in order");
        recorded.push(segment.msn);
        if let Content::Media { bytes, .. } = &segment.content {
            assert!(!bytes.is_empty());
        }
    }
}

fn run(steps: &[Step]) -> Ring {
    let mut ring = Ring::new(start(FIRST_MSN));
    let mut pipeline = Pipeline::default();
    let mut memories = RENDITIONS.map(|_| Memory::default());
    for event in pipeline.begin() {
        ring.apply(event);
    }
    for step in steps {
        for event in pipeline.events(step) {
            let completed = ring.apply(event);
            record(&mut memories, &completed);
        }
        for rendition in RENDITIONS {
            check(&ring, rendition, &mut memories[rendition as usize]);
        }
        aligned(&memories);
    }
    ring
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_player_can_rely_on_every_playlist(steps in steps()) {
        run(&steps);
    }
}

fn lesson(seconds: u64) -> Vec<Step> {
    let part = |rendition, last| Step::Part { rendition, ms: 286, last, key: true };
    (0..seconds / 2)
        .flat_map(|_| (0..7).flat_map(move |n| RENDITIONS.map(|rendition| part(rendition, n == 6))))
        .collect()
}

#[test]
fn an_hour_is_held_in_a_minute_of_memory() {
    let ring = run(&lesson(150));
    for track in ring.tracks() {
        assert!(track.bytes() <= 45 * 7 * 40, "{}", track.bytes());
        assert_eq!(track.listed().len(), 30);
    }
}

#[test]
fn the_multivariant_playlist_offers_picture_with_sound_and_sound_alone() {
    let ring = run(&lesson(10));
    let text = multivariant::render(&ring, Offer::Everything).expect("known by now");
    assert_eq!(
        text,
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n\
         #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"Sound\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio.m3u8\"\n\
         #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound48\",NAME=\"Sound\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"1\",URI=\"audio48.m3u8\"\n\
         #EXT-X-STREAM-INF:BANDWIDTH=2516,AVERAGE-BANDWIDTH=2516,CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO=\"sound\"\n\
         video.m3u8\n\
         #EXT-X-STREAM-INF:BANDWIDTH=856000,AVERAGE-BANDWIDTH=2516,CODECS=\"avc1.64001e,mp4a.40.2\",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO=\"sound48\"\n\
         video360.m3u8\n\
         #EXT-X-STREAM-INF:BANDWIDTH=56000,AVERAGE-BANDWIDTH=1258,CODECS=\"mp4a.40.2\",AUDIO=\"sound48\"\n\
         audio48.m3u8\n"
    );
    let listen = multivariant::render(&ring, Offer::SoundOnly).expect("known by now");
    let variants: Vec<&str> = listen.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(variants, ["audio48.m3u8", "audio.m3u8"], "the smallest first");
}

#[test]
fn nothing_is_offered_before_each_rendition_is_there_or_plainly_missing() {
    let only_video = |segments: usize| -> Vec<Step> {
        (0..segments)
            .map(|_| Step::Part { rendition: Rendition::Video, ms: 290, last: true, key: true })
            .collect()
    };
    assert_eq!(multivariant::render(&run(&only_video(1)), Offer::Everything), None);
    let ring = run(&only_video(3));
    assert!(multivariant::render(&ring, Offer::Everything).is_some());
    let audio = ring.track(Rendition::Audio).expect("announced");
    assert!(playlist::full(&ring, audio).contains("#EXT-X-GAP"));
}

fn of(rendition: Rendition, segments: usize) -> impl Iterator<Item = Step> {
    (0..segments).map(move |_| Step::Part { rendition, ms: 290, last: true, key: true })
}

#[test]
fn what_is_made_here_is_not_waited_for() {
    let both = |segments| of(Rendition::Video, segments).chain(of(Rendition::Audio, segments));
    let mut ring = Ring::new(start(FIRST_MSN));
    let mut pipeline = Pipeline::default();
    let is_transcoded =
        |event: &Event| matches!(event, Event::Init(rendition, _) if rendition.is_transcoded());
    let inits = pipeline.begin().into_iter().filter(|event| !is_transcoded(event));
    let parts: Vec<Event> = both(1).flat_map(|step| pipeline.events(&step)).collect();
    for event in inits.chain(parts) {
        ring.apply(event);
    }
    let text = multivariant::render(&ring, Offer::Everything).expect("picture and sound are there");
    assert!(!text.contains("audio48") && !text.contains("video360"), "{text}");
    // It has begun: it is offered at the rate it will not exceed, before a segment of it is whole.
    let mut begun: Vec<Event> = pipeline.begin().into_iter().filter(is_transcoded).collect();
    for rendition in [Rendition::VideoLow, Rendition::AudioLow] {
        begun.extend(pipeline.events(&Step::Part { rendition, ms: 290, last: false, key: true }));
    }
    for event in begun {
        ring.apply(event);
    }
    let text = multivariant::render(&ring, Offer::Everything).expect("still there");
    assert!(text.contains("BANDWIDTH=56000,AVERAGE-BANDWIDTH=56000"), "{text}");
    assert!(text.contains("BANDWIDTH=856000,AVERAGE-BANDWIDTH=856000"), "{text}");
}

#[test]
fn a_small_sound_that_stops_has_gaps_while_the_others_go_on() {
    let mut steps = lesson(10);
    for _ in 0..6 {
        steps.extend(of(Rendition::Video, 1).chain(of(Rendition::Audio, 1)));
    }
    let ring = run(&steps);
    let low = ring.track(Rendition::AudioLow).expect("announced");
    let text = playlist::full(&ring, low);
    assert!(text.matches("#EXT-X-GAP").count() >= 4 && !text.contains("ENDLIST"), "{text}");
    let video = ring.track(Rendition::Video).expect("announced");
    for (gap, beside) in low.listed().iter().zip(video.listed()).filter(|(low, _)| low.init().is_none()) {
        assert_eq!((gap.msn, gap.pdt), (beside.msn, beside.pdt));
    }
}

#[test]
fn what_is_not_made_any_more_is_not_offered_to_who_comes_now() {
    let offered = |steps: &[Step]| {
        multivariant::render(&run(steps), Offer::Everything)
            .expect("picture and sound are there")
            .contains("video360")
    };
    let all = |n| Rendition::ALL.into_iter().flat_map(move |rendition| of(rendition, n));
    let mut steps: Vec<Step> = (0..3).flat_map(|_| all(1)).collect();
    assert!(offered(&steps));
    // One segment late is late; two are given up.
    let without = || all(1).filter(|step| !matches!(step, Step::Part { rendition: Rendition::VideoLow, .. }));
    steps.extend(without().chain(without()));
    assert!(!offered(&steps));
    steps.extend([Step::Outage, Step::Elapse { ms: 7_100 }]);
    steps.extend(all(1));
    assert!(offered(&steps), "it is back with the publisher");
    steps.extend([Step::Outage, Step::Elapse { ms: 7_100 }]);
    assert!(offered(&steps), "an outage is everybody's");
}

#[test]
fn an_outage_becomes_gaps_that_meet_the_media_exactly() {
    let mut steps = lesson(10);
    steps.extend([Step::Outage, Step::Elapse { ms: 7100 }]);
    steps.extend(lesson(4));
    let ring = run(&steps);
    let video = ring.track(Rendition::Video).expect("announced");
    let ends = video.listed().iter().map(|s| s.pdt + i64::try_from(s.duration.as_millis()).expect("small"));
    let starts = video.listed().iter().skip(1).map(|segment| segment.pdt);
    assert!(ends.zip(starts).all(|(end, start)| end == start));
    let gaps: i64 = video
        .listed()
        .iter()
        .filter(|segment| segment.init().is_none())
        .map(|segment| i64::try_from(segment.duration.as_millis()).expect("small"))
        .sum();
    assert_eq!(gaps, 7100);
    let text = playlist::full(&ring, video);
    assert_eq!(text.matches("#EXT-X-DISCONTINUITY\n").count(), 1);
}

#[test]
fn a_publisher_that_is_back_at_once_leaves_a_gap_of_that_length() {
    let mut ring = run(&lesson(6));
    let edge = ring.edge().expect("there is media");
    ring.apply(Event::Discontinuity);
    for rendition in RENDITIONS {
        let part = Part {
            bytes: Bytes::from_static(b"back"),
            duration: Duration::from_millis(300),
            pdt: edge + 700,
            independent: true,
            segment: 0,
            last_of_segment: true,
        };
        ring.apply(Event::Part(rendition, part));
    }
    for track in ring.tracks() {
        let last: Vec<_> = track.listed().iter().rev().take(2).collect();
        assert_eq!((last[1].pdt, last[1].duration.as_millis(), last[1].discontinuity), (edge, 700, true));
        assert_eq!((last[0].pdt, last[0].discontinuity), (edge + 700, false));
        assert_eq!(last[0].msn, last[1].msn + 1);
    }
}

#[test]
fn a_segment_without_a_key_frame_takes_the_promise_back() {
    let mut steps = lesson(4);
    assert!(
        playlist::full(&run(&steps), run(&steps).track(Rendition::Video).expect("announced"))
            .contains("INDEPENDENT-SEGMENTS")
    );
    steps.push(Step::Part { rendition: Rendition::Video, ms: 300, last: false, key: false });
    let ring = run(&steps);
    let text = playlist::full(&ring, ring.track(Rendition::Video).expect("announced"));
    assert!(!text.contains("INDEPENDENT-SEGMENTS"));
}
