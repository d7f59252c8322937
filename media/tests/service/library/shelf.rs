//! A service with a library, as the server, pages and listeners see it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    process::Command,
    time::{Instant, sleep},
};
use uuid::Uuid;
use yunke_protocol::{AudioStage, AudioStatus, FileKey, FilePass, FileRight, Purpose, paths};

use crate::support::{self, LONG_PATIENCE, Media, SECRET, Server, ffmpeg};

/// Longest wait for an episode; test machines are busy, and encoding is nice.
const PATIENCE: Duration = LONG_PATIENCE;

pub(super) struct Shelf {
    pub(super) server: Server,
    pub(super) media: Media,
    pub(super) item: Uuid,
    client: reqwest::Client,
}

pub(super) struct Answer {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Shelf {
    pub(super) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub(super) async fn start_with(set: &[(&str, &str)]) -> Self {
        let server = Server::start().await;
        let media = Media::start_with(&server, set).await;
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { server, media, item: Uuid::now_v7(), client }
    }

    pub(super) async fn kill_and_restart(self) -> Self {
        let media = self.media.kill_and_restart(&self.server).await;
        Self { media, ..self }
    }

    /// Announces a version of so many bytes, with what else the plan says.
    pub(super) async fn plan(&self, version: Uuid, bytes: usize, with: Value) -> (u16, Value) {
        let mut plan = json!({
            "item": self.item, "bytes": bytes, "name": "第一讲.mp3", "trim_silence": false, "music": false,
        });
        for (name, value) in with.as_object().into_iter().flatten() {
            plan[name] = value.clone();
        }
        self.media.control(Method::PUT, &paths::of_version(paths::AUDIO, version), &plan).await
    }

    pub(super) async fn announce(&self, bytes: usize, with: Value) -> Uuid {
        let version = Uuid::now_v7();
        let (status, told) = self.plan(version, bytes, with).await;
        assert_eq!((status, &told["stage"]), (200, &json!("receiving")), "{told}");
        version
    }

    pub(super) fn upload_url(&self, version: Uuid) -> String {
        let file = self.media.file(self.item, FileRight::Upload(version), "");
        file.replace("/file/", "/upload/").trim_end_matches('/').to_owned()
    }

    /// Announces and uploads a file.
    pub(super) async fn upload(&self, file: &[u8], with: Value) -> Uuid {
        let version = self.announce(file.len(), with).await;
        let (status, offset) = self.patch(&self.upload_url(version), 0, file).await;
        assert_eq!((status, offset), (204, file.len().to_string()));
        version
    }

    pub(super) async fn plain(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut call = self.client.request(method, url);
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        let response = call.body(body.to_vec()).send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.expect("a body").to_vec() }
    }

    pub(super) async fn tus(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.plain(method, url, &[&[("tus-resumable", "1.0.0")], headers].concat(), body).await
    }

    pub(super) async fn patch(&self, url: &str, offset: usize, bytes: &[u8]) -> (u16, String) {
        let offset = offset.to_string();
        let headers = [("upload-offset", &*offset), ("content-type", "application/offset+octet-stream")];
        let answer = self.tus(Method::PATCH, url, &headers, bytes).await;
        (answer.status, answer.header("upload-offset").to_owned())
    }

    /// A connection on which the beginning of a PATCH was sent, whose body has so many bytes.
    pub(super) async fn begun_patch(&self, url: &str, offset: usize, length: usize) -> TcpStream {
        let path = url.splitn(4, '/').nth(3).expect("a path");
        let mut line = TcpStream::connect(&self.media.http).await.expect("it listens");
        let head = format!(
            "PATCH /{path} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\nupload-offset: {offset}\r\n\
             content-type: application/offset+octet-stream\r\ncontent-length: {length}\r\n\r\n"
        );
        line.write_all(head.as_bytes()).await.expect("sent");
        line
    }

    /// Sends so many bytes of a longer body and hangs up; they are kept.
    pub(super) async fn broken_patch(&self, url: &str, offset: usize, bytes: &[u8], sent: usize) {
        let mut line = self.begun_patch(url, offset, bytes.len()).await;
        line.write_all(&bytes[..sent]).await.expect("sent");
        drop(line);
        self.until_offset(url, offset + sent).await;
    }

    /// Waits until so much of an upload is there.
    pub(super) async fn until_offset(&self, url: &str, wanted: usize) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let there = self.offset(url).await;
            if there == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{there} bytes are there, not {wanted}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Where an upload is.
    pub(super) async fn offset(&self, url: &str) -> usize {
        let head = self.tus(Method::HEAD, url, &[], b"").await;
        head.header("upload-offset").parse().unwrap_or_else(|_| panic!("{}", head.status))
    }

    /// The address of an upload whose pass is over so soon.
    pub(super) fn short_upload_url(&self, version: Uuid, ms: i64) -> String {
        let pass =
            FilePass { right: FileRight::Upload(version), lesson: self.item, expires_at: now_ms() + ms };
        let token = pass.sign(&FileKey::derive(SECRET.as_bytes()));
        format!("http://{}/upload/{token}", self.media.http)
    }

    pub(super) async fn statuses(&self, versions: &[Uuid]) -> Vec<AudioStatus> {
        let list: Vec<String> = versions.iter().map(Uuid::to_string).collect();
        let path = format!("{}?versions={}", paths::AUDIO_LIST, list.join(","));
        let (status, told) = self.media.control(Method::GET, &path, &Value::Null).await;
        assert_eq!(status, 200, "{told}");
        serde_json::from_value(told).expect("statuses")
    }

    /// Waits until a version is ready or has failed.
    pub(super) async fn done(&self, version: Uuid) -> AudioStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.statuses(&[version]).await.pop().expect("known");
            if matches!(status.stage, AudioStage::Ready | AudioStage::Failed) {
                return status;
            }
            assert!(Instant::now() < deadline, "waited in vain; {status:?}\n{}", self.media.log());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The process that encodes.
    pub(super) async fn worker(&self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = Command::new("pgrep")
                .args(["-P", &self.media.pid().to_string(), "-f", "encode-worker"])
                .output()
                .await
                .expect("pgrep is installed");
            if let Ok(pid) = String::from_utf8_lossy(&found.stdout).trim().parse() {
                return pid;
            }
            assert!(Instant::now() < deadline, "no worker\n{}", self.media.log());
            sleep(Duration::from_millis(5)).await;
        }
    }

    pub(super) fn audio_url(&self, lease: Uuid, item: Uuid, version: Uuid, name: &str) -> String {
        let token = support::lease(lease, item, Purpose::Watch, now_ms() + 3_600_000);
        format!("http://{}/audio/{token}/{version}/{name}", self.media.http)
    }

    /// Until the next snapshots have come.
    pub(super) async fn settle(&self) {
        sleep(Duration::from_secs(5)).await;
    }

    /// Stretches of the item that went out to a lease, by the last snapshot.
    pub(super) fn reported(&self, lease: Uuid) -> Vec<(i64, i64)> {
        let replays = self.server.snapshot().and_then(|snapshot| snapshot.replays).unwrap_or_default();
        let of_item = replays.into_iter().filter(|replay| replay.lesson == self.item);
        let deliveries = of_item.flat_map(|replay| replay.deliveries).filter(|one| one.lease == lease);
        deliveries.flat_map(|one| one.intervals).collect()
    }

    /// The bytes of a version's cover.
    pub(super) async fn cover(&self, version: Uuid) -> Vec<u8> {
        let url = format!("http://{}{}", self.media.http, paths::of_version(paths::AUDIO_COVER, version));
        let call = self.client.get(url).bearer_auth(SECRET).send().await.expect("an answer");
        call.bytes().await.expect("a body").to_vec()
    }

    /// Makes a file with ffmpeg in the service's folder and reads it.
    pub(super) async fn made(&self, name: &str, arguments: &[&str]) -> Vec<u8> {
        let path = self.media.folder().join(name);
        ffmpeg(&[&["-v", "error"][..], arguments, &[path.to_str().expect("a path")]].concat()).await;
        std::fs::read(path).expect("made")
    }
}

/// Something like speech: syllables of a voiced sound, a few a second, of so many seconds.
pub(super) async fn speech(shelf: &Shelf, name: &str, seconds: u32, coded: &[&str]) -> Vec<u8> {
    let voice = "aevalsrc='0.3*(sin(2*PI*140*t)+0.6*sin(2*PI*700*t)+0.3*sin(2*PI*2100*t))\
                 *pow(sin(PI*2.3*t),2)*(0.6+0.4*sin(2*PI*0.2*t))':s=44100";
    let length = seconds.to_string();
    let input = ["-f", "lavfi", "-i", voice, "-t", &length];
    shelf.made(name, &[&input[..], coded].concat()).await
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("fits")
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    use sha2::{Digest as _, Sha256};
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
