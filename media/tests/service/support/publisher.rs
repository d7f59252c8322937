//! Publishers: ffmpeg, and an RTMP client of a few lines for what ffmpeg cannot send.

use std::process::Stdio;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};

use super::{media::Media, server::KEY, tools::PATIENCE};

/// What ffmpeg publishes.
pub(crate) const PICTURE: &[&str] =
    &["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=30", "-pix_fmt", "yuv420p", "-c:v", "libx264"];
pub(crate) const X264: &[&str] =
    &["-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-b:v", "300k"];
pub(crate) const SOUND: &[&str] = &["-f", "lavfi", "-i", "sine=440:sample_rate=48000"];
pub(crate) const AAC: &[&str] = &["-c:a", "aac", "-b:a", "64k"];

/// A publishing ffmpeg.
pub(crate) struct Publisher(Child);

impl Publisher {
    pub(crate) fn start(media: &Media, key: &str, arguments: &[&[&str]]) -> Self {
        Self::start_to(&media.rtmp, key, arguments)
    }

    fn start_to(rtmp: &str, key: &str, arguments: &[&[&str]]) -> Self {
        let process = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-nostdin"])
            .args(arguments.concat())
            .args(["-f", "flv"])
            .arg(format!("rtmp://{rtmp}/live/{key}"))
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        Self(process.expect("ffmpeg is installed"))
    }

    /// Picture and sound in real time.
    pub(crate) fn both(media: &Media) -> Self {
        Self::both_to(&media.rtmp)
    }

    /// The same to any address.
    pub(crate) fn both_to(rtmp: &str) -> Self {
        let arguments = [&["-re"], &PICTURE[..4], &["-re"], SOUND, &PICTURE[4..], X264, AAC];
        Self::start_to(rtmp, KEY, &arguments)
    }

    /// 720p30 at 2 Mbit/s.
    pub(crate) fn hd(media: &Media) -> Self {
        let picture = ["-re", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30", "-re"];
        let coded =
            ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"];
        let rate = ["-g", "60", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "1M"];
        Self::start(media, KEY, &[&picture, SOUND, &coded, &rate, AAC])
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id().expect("it runs")
    }

    /// Kills it: the connection is closed by the system.
    pub(crate) async fn kill(mut self) {
        self.0.kill().await.expect("killed");
    }

    /// Waits for its own end; what it printed.
    pub(crate) async fn complaint(mut self) -> String {
        let mut said = String::new();
        let mut stderr = self.0.stderr.take().expect("piped");
        timeout(PATIENCE, stderr.read_to_string(&mut said)).await.expect("it ends by itself").expect("text");
        said
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.0.try_wait().expect("known").is_none()
    }
}

/// An RTMP client of a few lines, for what ffmpeg cannot send.
pub(crate) struct RawPublisher(TcpStream);

impl RawPublisher {
    /// Connects and asks to publish.
    pub(crate) async fn start(media: &Media, key: &str) -> Self {
        let mut socket = TcpStream::connect(&media.rtmp).await.expect("connects");
        let hello = [&[3][..], &[0; 2 * 1536]].concat();
        socket.write_all(&hello).await.expect("written");
        socket.read_exact(&mut [0; 1 + 2 * 1536]).await.expect("a handshake");
        let mut this = Self(socket);
        let text = |text: &str| {
            let length = u16::try_from(text.len()).expect("short").to_be_bytes();
            [&[2][..], &length, text.as_bytes()].concat()
        };
        let number = |number: f64| [&[0][..], &number.to_be_bytes()].concat();
        let app = [&[3][..], &[0, 3], b"app", &text("live"), &[0, 0, 9]].concat();
        this.message(20, 0, &[text("connect"), number(1.0), app].concat()).await;
        this.message(20, 0, &[text("createStream"), number(2.0), vec![5]].concat()).await;
        this.message(20, 0, &[text("publish"), number(3.0), vec![5], text(key), text("live")].concat()).await;
        this
    }

    /// Sends a message in one piece per 128 bytes.
    pub(crate) async fn message(&mut self, kind: u8, timestamp: u32, payload: &[u8]) {
        let id = kind.clamp(3, 20);
        let mut bytes = vec![id];
        bytes.extend(&timestamp.to_be_bytes()[1..]);
        bytes.extend(&u32::try_from(payload.len()).expect("small").to_be_bytes()[1..]);
        bytes.extend([kind, 1, 0, 0, 0]);
        for (n, piece) in payload.chunks(128).enumerate() {
            if n > 0 {
                bytes.push(0xc0 | id);
            }
            bytes.extend(piece);
        }
        let _ = self.0.write_all(&bytes).await; // a refused one may find its connection closed
    }

    /// Reads until the end or until this word has come; all that was read.
    pub(crate) async fn read_until(&mut self, word: &str) -> String {
        let mut all = Vec::new();
        let read = async {
            let mut piece = [0; 4096];
            while let Ok(n @ 1..) = self.0.read(&mut piece).await {
                all.extend_from_slice(&piece[..n]);
                if all.windows(word.len()).any(|window| window == word.as_bytes()) {
                    break;
                }
            }
        };
        timeout(PATIENCE, read).await.expect("an answer in time");
        String::from_utf8_lossy(&all).into_owned()
    }
}
