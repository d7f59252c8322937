//! The service as a process of its own, and its HTTP interface as players and the server use it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;
use yunke_protocol::{
    DeviceClass, FileKey, FilePass, FileRight, Lease, LeaseKey, LessonSnapshot, Purpose, Snapshot, Stretch,
    paths,
};

use super::{
    server::{SECRET, Server},
    tools::{PATIENCE, signal},
};

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

/// The token of a lease with this id.
pub(crate) fn lease(id: Uuid, lesson: Uuid, purpose: Purpose, expires_at: i64) -> String {
    let lease = Lease { id, lesson, purpose, device: DeviceClass::Phone, expires_at, replay: None };
    lease.sign(&LeaseKey::derive(SECRET.as_bytes()))
}
