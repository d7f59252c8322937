//! Viewers by WHEP with ICE, DTLS and SRTP of their own.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use tokio::time::{Instant, sleep};
use uuid::Uuid;
use yunke_protocol::{Phase, Purpose};
use yunke_viewer::{ASKED_AT_MOST, How, PICTURE, REPAIR, Refused, Viewer};

use crate::support::{AAC, KEY, Media, Publisher, SOUND, Server};

/// Longest wait for anything here; generous, as test machines are busy.
const PATIENCE: Duration = Duration::from_secs(40);
/// A good offer, but for its picture.
const VP8: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\n\
    a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n";

fn http() -> Client {
    Client::builder().no_proxy().build().expect("a client")
}

/// Where a new lease of this lesson watches.
fn address(media: &Media, lesson: Uuid) -> Url {
    let url = media.url(lesson, Purpose::Watch, "whep", "");
    url.trim_end_matches('/').parse().expect("an address")
}

/// 1.5 Mbit/s with a key frame a second, as an encoder for WebRTC makes it.
fn publisher(media: &Media) -> Publisher {
    let picture = ["-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30", "-re"];
    let coded = ["-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-b:v", "1500k"];
    let noise = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-vf", "noise=alls=30:allf=t"];
    Publisher::start(media, KEY, &[&picture, SOUND, &noise, &coded, AAC])
}

/// Lets a viewer in as soon as the lesson is there for viewers.
async fn join(media: &Media, lesson: Uuid, how: How) -> Viewer {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let error = match Viewer::join(&http(), &address(media, lesson), how).await {
            Ok(viewer) => return viewer,
            Err(error) => error,
        };
        let early = error.downcast_ref::<Refused>().is_some_and(|refused| refused.status == 409);
        assert!(early && Instant::now() < deadline, "{error:?}\n{}", media.log());
        sleep(Duration::from_millis(50)).await;
    }
}

/// Status, code, and whether it says when to come again.
async fn refused(url: &Url) -> (u16, String, bool) {
    let answer = Viewer::join(&http(), url, How::default()).await;
    let refused = answer.err().expect("a refusal").downcast::<Refused>().expect("by the endpoint");
    let body: serde_json::Value = serde_json::from_str(&refused.body).expect("a problem");
    let code = body["code"].as_str().expect("a code").to_owned();
    (refused.status.as_u16(), code, refused.retry_after.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_may_not_or_cannot_watch_is_told_so() {
    let server = Server::start().await;
    let media = Media::start_with(&server, &[("YUNKE_MEDIA_WHEP_SESSIONS", "1")]).await;
    let is = |status: u16, code: &str, retry| (status, code.to_owned(), retry);
    assert_eq!(refused(&address(&media, server.lesson)).await, is(409, "no_publisher", true));
    let mut foreign = address(&media, server.lesson);
    foreign.set_path(&foreign.path().replace(&server.lesson.to_string(), &Uuid::now_v7().to_string()));
    assert_eq!(refused(&foreign).await, is(403, "lease_other_lesson", false));

    server.order(Phase::Live);
    let _publisher = publisher(&media);
    let viewer = join(&media, server.lesson, How::default()).await;
    viewer.first_packet().await.expect("media");
    assert_eq!(refused(&address(&media, server.lesson)).await, is(503, "full", true));
    let offer =
        http().post(address(&media, server.lesson)).header("content-type", "application/sdp").body(VP8);
    let answer = offer.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::NOT_ACCEPTABLE);
    let said = answer.text().await.expect("text");
    assert!(said.contains("VP8"), "{said}");
    viewer.leave().await.expect("its place is free");
    join(&media, server.lesson, How::default()).await.leave().await.expect("and was taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_on_the_way_is_sent_again() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    server.order(Phase::Live);
    let _publisher = publisher(&media);
    let bad = How { whole: true, lose_one_in: 33, ..How::default() };
    let on_the_stream = join(&media, server.lesson, bad).await;
    let by_repair = join(&media, server.lesson, How { repair: true, ..bad }).await;
    // Every 33rd of those that came as pictures was lost. What comes again on the stream itself counts among them, and may come as
    // often as it is asked for.
    for (viewer, repaired, least) in
        [(&on_the_stream, false, 20 * (33 - u64::from(ASKED_AT_MOST))), (&by_repair, true, 20 * 33)]
    {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let tracks = viewer.taken();
            let picture = tracks.into_iter().find(|track| track.payload_type == PICTURE);
            let lost = viewer.counts().lost_on_purpose();
            let so_far = picture.map(|picture| (picture.different(), picture.missing()));
            if lost >= 20 && so_far.is_some_and(|(different, missing)| different >= least && missing == 0) {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "{lost} lost, {so_far:?} taken and missing, repaired: {repaired}"
            );
            sleep(Duration::from_millis(10)).await;
        }
        let again = viewer.counts().all().into_iter().find(|stream| stream.payload_type == REPAIR);
        assert_eq!(again.is_some_and(|stream| stream.packets >= 20), repaired);
    }
    on_the_stream.leave().await.expect("goodbye");
    by_repair.leave().await.expect("goodbye");
}
