//! Bytes of strangers at the RTMP port: nothing crashes, nothing grows, lessons go on.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};
use yunke_protocol::Phase;

use crate::support::{KEY, Media, Publisher, Server};

/// What a service with one lesson may take, whatever comes.
const MAX_MIB: u64 = 120;

/// Random numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % n as u64).expect("small")
    }
}

async fn throw(media: &Media, bytes: &[u8]) {
    let Ok(mut socket) = TcpStream::connect(&media.rtmp).await else { return };
    let (mut read, mut write) = socket.split();
    let send = async {
        let _ = write.write_all(bytes).await;
        let _ = write.shutdown().await;
    };
    let drain = async { while read.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {} };
    let _ = timeout(Duration::from_millis(300), async { tokio::join!(send, drain) }).await;
}

/// What ffmpeg really sends to a publish that is granted: a few seconds, taken down between it and the service.
async fn capture(media: &Media) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let target = media.rtmp.clone();
    let taken = tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("ffmpeg connects");
        let service = TcpStream::connect(target).await.expect("connects");
        let (mut from, mut back) = client.into_split();
        let (mut answers, mut to) = service.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut answers, &mut back).await });
        let mut all = Vec::new();
        let mut piece = [0; 4096];
        while all.len() < 120_000 {
            let Ok(n @ 1..) = from.read(&mut piece).await else { break };
            all.extend_from_slice(&piece[..n]);
            if to.write_all(&piece[..n]).await.is_err() {
                break;
            }
        }
        all
    });
    let publisher = Publisher::both_to(&address);
    let all = timeout(Duration::from_secs(40), taken).await.expect("in time").expect("taken");
    publisher.kill().await;
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_the_port_crashes_nothing_and_grows_nothing() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    let captured = capture(&media).await;
    assert!(captured.len() > 60_000, "{}", captured.len());
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);

    throw(&media, b"GET / HTTP/1.1\r\nHost: lesson\r\n\r\n").await;
    throw(&media, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await;
    for _ in 0..50 {
        let noise: Vec<u8> = (0..dice.below(5000)).map(|_| dice.roll().to_le_bytes()[0]).collect();
        throw(&media, &noise).await;
        throw(&media, &[&[3][..], &[0; 3072], &noise].concat()).await;
    }
    // Long messages announced on many chunk streams, none of them finished.
    let mut greedy = [&[3][..], &[0; 3072]].concat();
    for id in 3..60_u8 {
        greedy.extend([id, 0, 0, 0, 0x3f, 0xff, 0xff, 9, 1, 0, 0, 0]);
        greedy.extend([0; 128]);
    }
    for _ in 0..50 {
        throw(&media, &greedy).await;
    }
    // What a real encoder sent, with some bytes changed: before, in and after the publish.
    for round in 0..150 {
        let mut bytes = captured.clone();
        for _ in 0..=dice.below(20) {
            let at = if round % 2 == 0 { 3073 + dice.below(1500) } else { dice.below(bytes.len()) };
            bytes[at] = dice.roll().to_le_bytes()[0];
        }
        bytes.truncate(1 + dice.below(captured.len()));
        throw(&media, &bytes).await;
    }
    let (mib, _) = media.cost();
    println!("{mib} MiB after the garbage");
    assert!(mib < MAX_MIB, "{mib} MiB");
    assert!(!media.log().contains("panicked"), "{}", media.log());
    assert!(!media.log().contains(KEY), "a stream key was logged");

    server.until("the last of them has left", |lesson| lesson.publisher.is_none()).await;
    server.order(Phase::Live);
    let _publisher = Publisher::both(&media);
    server.until("a lesson goes well", |lesson| lesson.edge_ms.is_some_and(|edge| edge > 2_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_are_closed_and_do_not_keep_a_lecturer_out() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    let mut silent = Vec::new();
    for n in 0..400 {
        let mut socket = TcpStream::connect(&media.rtmp).await.expect("connects");
        if n % 2 == 0 {
            socket.write_all(&[3, 0, 0]).await.expect("written");
        }
        silent.push(socket);
    }
    server.order(Phase::Live);
    let _publisher = Publisher::both(&media);
    server.until("a lesson goes well", |lesson| lesson.edge_ms.is_some_and(|edge| edge > 2_000)).await;
    let opened = Instant::now();
    for socket in &mut silent {
        let left = Duration::from_secs(20).saturating_sub(opened.elapsed());
        let closed = timeout(left, socket.read(&mut [0; 1])).await;
        assert!(matches!(closed, Ok(Ok(0) | Err(_))), "a silent connection stays open");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lesson_and_its_small_sound_cost() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    server.order(Phase::Live);
    let _publisher = Publisher::hd(&media);
    server.until("it is live", |lesson| lesson.edge_ms.is_some_and(|edge| edge > 2_000)).await;
    let ((_, before), since) = (media.cost(), Instant::now());
    sleep(Duration::from_secs(8)).await; // the time it measures over
    let (mib, after) = media.cost();
    let share = (after - before) / since.elapsed().as_secs_f64() * 100.0;
    println!(
        "720p30 at 2 Mbit/s and its low-bitrate audio rendition: {share:.1} % of a core, {mib} MiB (this build)"
    );
    assert!(mib < 100, "{mib} MiB"); // half of it are libav's files
    assert!(share < 30.0, "{share} %"); // unoptimized; the target is measured by `make bench`
}
