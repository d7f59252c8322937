//! What the tests stand on: the stand-in server, the service as a process of its own, publishers and players.

use std::{
    process::Stdio,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse as _, routing::post};
use bytes::Bytes;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;
use yunke_protocol::{
    DeviceClass, FileKey, FilePass, FileRight, Lease, LeaseKey, LessonOrder, LessonSnapshot, Orders, Phase,
    PublishGrant, PublishRefusal, PublishRequest, Purpose, RefusalCode, Snapshot, Stretch, paths,
};

const SECRET: &str = "a-secret-for-tests-only";
pub(crate) const KEY: &str = "good-key";
/// Longest wait for anything here; generous, as test machines are busy.
const PATIENCE: Duration = Duration::from_secs(40);

/// What the stand-in server wants and has heard.
#[derive(Debug)]
struct Desk {
    version: u64,
    order: LessonOrder,
    key: String,
    heard: Option<Snapshot>,
    answers: bool,
}

/// The stand-in server: one lesson, one key.
pub(crate) struct Server {
    desk: Arc<Mutex<Desk>>,
    url: String,
    pub(crate) lesson: Uuid,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let lesson = Uuid::now_v7();
        let order =
            LessonOrder { lesson, phase: Phase::Rehearsal, key_version: 1, zero_at: None, gaps: Vec::new() };
        let desk =
            Arc::new(Mutex::new(Desk { version: 1, order, key: KEY.to_owned(), heard: None, answers: true }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let routes = Router::new()
            .route(paths::PUBLISH, post(publish))
            .route(paths::SNAPSHOT, post(snapshot))
            .with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { desk, url, lesson }
    }

    pub(crate) fn order(&self, phase: Phase) {
        let mut desk = self.desk.lock().expect("whole");
        desk.order.phase = phase;
        desk.version += 1;
    }

    /// Another stream key from now on.
    pub(crate) fn rotate(&self, key: &str) {
        let mut desk = self.desk.lock().expect("whole");
        key.clone_into(&mut desk.key);
        desk.order.key_version += 1;
        desk.version += 1;
    }

    fn orders(&self) -> Orders {
        let desk = self.desk.lock().expect("whole");
        Orders { version: desk.version, clock: None, lessons: vec![desk.order.clone()] }
    }

    /// Whether it answers, or fails like one that is being restarted.
    pub(crate) fn answer(&self, answers: bool) {
        self.desk.lock().expect("whole").answers = answers;
    }

    pub(crate) fn heard(&self) -> Option<LessonSnapshot> {
        let desk = self.desk.lock().expect("whole");
        desk.heard.as_ref()?.lessons.iter().find(|lesson| lesson.lesson == self.lesson).cloned()
    }

    /// Waits until what was heard of the lesson is as it should be.
    pub(crate) async fn until(&self, what: &str, is: impl Fn(&LessonSnapshot) -> bool) -> LessonSnapshot {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let heard = self.heard();
            if let Some(lesson) = heard.as_ref().filter(|lesson| is(lesson)) {
                return lesson.clone();
            }
            assert!(Instant::now() < deadline, "waited in vain until {what}; heard {heard:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

type Shared = State<Arc<Mutex<Desk>>>;

async fn publish(State(desk): Shared, Json(request): Json<PublishRequest>) -> axum::response::Response {
    let desk = desk.lock().expect("whole");
    if !desk.answers {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    } else if request.stream_key == desk.key {
        Json(PublishGrant { lesson: desk.order.clone(), by_pass: false }).into_response()
    } else {
        let message = "this stream key belongs to no lesson".to_owned();
        (StatusCode::FORBIDDEN, Json(PublishRefusal { code: RefusalCode::WrongKey, message })).into_response()
    }
}

async fn snapshot(State(desk): Shared, Json(heard): Json<Snapshot>) -> axum::response::Response {
    let mut desk = desk.lock().expect("whole");
    if !desk.answers {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if let Some(lesson) = heard.lessons.iter().find(|lesson| lesson.lesson == desk.order.lesson) {
        desk.order.zero_at = desk.order.zero_at.or(lesson.zero_at);
        if !lesson.gaps.is_empty() {
            desk.order.gaps.clone_from(&lesson.gaps);
        }
    }
    desk.heard = Some(heard);
    Json(Orders { version: desk.version, clock: None, lessons: vec![desk.order.clone()] }).into_response()
}

/// The service.
pub(crate) struct Media {
    process: Child,
    pub(crate) http: String,
    pub(crate) rtmp: String,
    dir: Arc<tempfile::TempDir>,
    http_client: reqwest::Client,
}

impl Media {
    pub(crate) async fn start(server: &Server) -> Self {
        Self::start_with(server, &[]).await
    }

    /// With something set differently.
    pub(crate) async fn start_with(server: &Server, set: &[(&str, &str)]) -> Self {
        Self::start_in(server, Arc::new(tempfile::tempdir().expect("a temporary directory")), set).await
    }

    async fn start_in(server: &Server, dir: Arc<tempfile::TempDir>, set: &[(&str, &str)]) -> Self {
        let addresses = dir.path().join("addresses");
        let _ = std::fs::remove_file(&addresses);
        let log =
            std::fs::File::options().create(true).append(true).open(dir.path().join("log")).expect("a log");
        let process = Command::new(env!("CARGO_BIN_EXE_yunke-media"))
            .arg("--addresses-file")
            .arg(&addresses)
            .env("YUNKE_MEDIA_SHARED_SECRET", SECRET)
            .env("YUNKE_MEDIA_HTTP", "127.0.0.1:0")
            .env("YUNKE_MEDIA_RTMP", "127.0.0.1:0")
            .env("YUNKE_MEDIA_WEBRTC", "127.0.0.1:0")
            .env("YUNKE_MEDIA_SRT", "127.0.0.1:0")
            .env("YUNKE_MEDIA_SERVER_URL", &server.url)
            .env("YUNKE_MEDIA_STORE_DIR", dir.path().join("store"))
            .envs(set.iter().copied())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the service starts");
        let deadline = Instant::now() + PATIENCE;
        let text = loop {
            if let Ok(text) = std::fs::read_to_string(&addresses) {
                break text;
            }
            assert!(Instant::now() < deadline, "the service did not come up");
            sleep(Duration::from_millis(10)).await;
        };
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("an address");
            line.trim_start_matches('=').to_owned()
        };
        let http_client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { process, http: value("http"), rtmp: value("rtmp"), dir, http_client }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// `kill -9`, then a new one on the same data.
    pub(crate) async fn kill_and_restart(mut self, server: &Server) -> Self {
        self.process.kill().await.expect("killed");
        Self::start_in(server, self.dir, &[]).await
    }

    /// Ends it as an operator does; says how long it took.
    pub(crate) async fn stop(&mut self) -> Duration {
        let asked = Instant::now();
        signal(self.pid(), "TERM").await;
        let ended = timeout(PATIENCE, self.process.wait()).await.expect("it ends").expect("it ran");
        assert!(ended.success(), "{ended} {}", self.log());
        asked.elapsed()
    }

    pub(crate) fn url(&self, lesson: Uuid, purpose: Purpose, kind: &str, file: &str) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let lease = Lease {
            id: Uuid::now_v7(),
            lesson,
            purpose,
            device: DeviceClass::Phone,
            expires_at: i64::try_from(since.as_millis()).expect("fits") + 3_600_000,
            replay: (kind == "replay").then_some(Stretch::WHOLE),
        };
        let token = lease.sign(&LeaseKey::derive(SECRET.as_bytes()));
        let stretch = if kind == "replay" { "0-/" } else { "" };
        format!("http://{}/{kind}/{token}/{lesson}/{stretch}{file}", self.http)
    }

    pub(crate) fn live(&self, lesson: Uuid, file: &str) -> String {
        self.url(lesson, Purpose::Watch, "live", file)
    }

    pub(crate) async fn get(&self, url: &str) -> (u16, String) {
        let response = self.http_client.get(url).send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a body"))
    }

    /// Brings the orders at once, as the server does when something changed; answers what the service then has.
    pub(crate) async fn bring(&self, server: &Server) -> LessonSnapshot {
        let url = format!("http://{}{}", self.http, paths::ORDERS);
        let refused = self.http_client.put(&url).bearer_auth("not the secret").json(&server.orders()).send();
        assert_eq!(refused.await.expect("an answer").status(), 401);
        let response = self.http_client.put(&url).bearer_auth(SECRET).json(&server.orders()).send().await;
        let snapshot: Snapshot = response.expect("an answer").json().await.expect("a snapshot");
        snapshot.lessons.into_iter().find(|lesson| lesson.lesson == server.lesson).expect("the lesson")
    }

    /// Waits until a playlist is as it should be.
    pub(crate) async fn until(&self, url: &str, what: &str, is: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (status, text) = self.get(url).await;
            if status == 200 && is(&text) {
                return text;
            }
            assert!(
                Instant::now() < deadline,
                "waited in vain until {what}; {status} {text}\n{}",
                self.log()
            );
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Calls a control route as the server does.
    pub(crate) async fn control(&self, method: reqwest::Method, path: &str, body: &Value) -> (u16, Value) {
        let call = self.http_client.request(method, format!("http://{}{path}", self.http));
        let response = call.bearer_auth(SECRET).json(body).send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    /// Asks a control route until the answer is as it should be.
    pub(crate) async fn control_until(&self, path: &str, is: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (status, told) = self.control(reqwest::Method::GET, path, &Value::Null).await;
            if is(&told) {
                return told;
            }
            assert!(Instant::now() < deadline, "waited in vain; {status} {told}\n{}", self.log());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The address of a file of the lesson.
    pub(crate) fn file(&self, lesson: Uuid, right: FileRight, name: &str) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let expires_at = i64::try_from(since.as_millis()).expect("fits") + 3_600_000;
        let token = FilePass { right, lesson, expires_at }.sign(&FileKey::derive(SECRET.as_bytes()));
        format!("http://{}/file/{token}/{name}", self.http)
    }

    /// A GET with one more header; status, headers and body.
    pub(crate) async fn fetch(
        &self,
        url: &str,
        header: (&str, &str),
    ) -> (u16, reqwest::header::HeaderMap, Bytes) {
        let response = self.http_client.get(url).header(header.0, header.1).send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, response.bytes().await.expect("a body"))
    }

    /// Sends a piece of a file as a page does.
    pub(crate) async fn piece(&self, url: &str, offset: usize, bytes: &[u8]) -> (u16, Value) {
        let call = self.http_client.patch(url).header("upload-offset", offset.to_string());
        let response = call.body(bytes.to_vec()).send().await.expect("an answer");
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    /// A folder of this service's test.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Resident memory in MiB, and CPU time so far in seconds.
    pub(crate) fn cost(&self) -> (u64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a figure");
        let rss = rss.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") / 1024;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("it runs");
        let fields: Vec<&str> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
        let ticks = |n: usize| fields[n].parse::<f64>().expect("a number");
        (rss, (ticks(11) + ticks(12)) / 100.0)
    }
}

/// Waits until there is something.
pub(crate) async fn wait<T>(what: &str, there_is: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = there_is() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(Duration::from_millis(2)).await;
    }
}

/// Sends a signal by name.
pub(crate) async fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().await;
    assert!(sent.expect("kill exists").success());
}

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

/// What ffprobe sees at an address.
pub(crate) async fn probe(url: &str, entries: &str) -> String {
    let run = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", entries, "-of", "compact=nk=0:p=0", url])
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, run).await.expect("ffprobe ends").expect("ffprobe is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs ffmpeg on files; what it printed. Fails the test if ffmpeg fails.
pub(crate) async fn ffmpeg(arguments: &[&str]) -> String {
    let mut run = Command::new("ffmpeg");
    run.args(["-hide_banner", "-nostdin", "-y"]).args(arguments).kill_on_drop(true);
    let output = timeout(PATIENCE, run.output()).await.expect("ffmpeg ends").expect("ffmpeg is installed");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
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
