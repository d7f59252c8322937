//! A lesson with a gap, and files to fill it with.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_protocol::{FileRight, Purpose, paths};

use crate::{
    jobs::{BEEP, lesson_with_a_gap, seconds},
    support::{Media, Server, ffmpeg, wait},
};

/// A lesson that is over and has one gap.
pub(super) struct Lesson {
    pub(super) server: Server,
    pub(super) media: Media,
    pub(super) path: String,
    pub(super) zero: i64,
    pub(super) gap: (i64, i64),
}

impl Lesson {
    pub(super) async fn with_a_gap() -> Self {
        let server = Server::start().await;
        let media = Media::start(&server).await;
        lesson_with_a_gap(&server, &media).await;
        let path = paths::of_lesson(paths::FILLS, server.lesson);
        let (_, told) = media.control(Method::GET, &path, &Value::Null).await;
        let at = |value: &Value| value.as_i64().expect("a time");
        assert_eq!(told["gaps"].as_array().map(Vec::len), Some(1), "{told}");
        let gap = (at(&told["gaps"][0]["from_ms"]), at(&told["gaps"][0]["to_ms"]));
        let zero = at(&told["zero_at"]);
        Self { server, media, path, zero, gap }
    }

    pub(super) async fn plan(&self, starts_at: i64, bytes: usize, kind: &str) -> (u16, Value) {
        let plan = json!({ "starts_at": starts_at, "bytes": bytes, "type": kind });
        self.media.control(Method::POST, &self.path, &plan).await
    }

    /// Where the pieces of a fill go.
    pub(super) fn address(&self, fill: Uuid) -> String {
        let url = self.media.file(self.server.lesson, FileRight::Fill(fill), "").replace("/file/", "/fill/");
        url.trim_end_matches('/').to_owned()
    }

    /// Announces a file and sends all of it.
    pub(super) async fn send(&self, bytes: &[u8], kind: &str) -> Uuid {
        let (status, told) = self.plan(self.zero + self.gap.0 - 1_000, bytes.len(), kind).await;
        assert_eq!(status, 200, "{told}");
        let fill = id(&told);
        let (status, told) = self.media.piece(&self.address(fill), 0, bytes).await;
        assert_eq!((status, &told["received"]), (200, &json!(bytes.len())), "{told}");
        fill
    }

    /// What a fill has become, when its work is over.
    pub(super) async fn outcome(&self, fill: Uuid) -> Value {
        let of = |told: &Value| {
            told["fills"].as_array().and_then(|all| all.iter().find(|one| id(one) == fill)).cloned()
        };
        let stage = |one: Value| one["status"]["stage"].as_str().unwrap_or("").to_owned();
        let over =
            |told: &Value| of(told).is_some_and(|one| ["ready", "failed"].contains(&stage(one).as_str()));
        of(&self.media.control_until(&self.path, over).await).expect("just seen")
    }

    pub(super) fn one(&self, fill: Uuid) -> String {
        paths::of_lesson(paths::FILL, self.server.lesson).replace("{fill}", &fill.to_string())
    }

    pub(super) async fn playlist(&self, file: &str) -> String {
        self.media.get(&self.media.url(self.server.lesson, Purpose::Watch, "replay", file)).await.1
    }

    /// Files the replay's picture has and had not when this was its playlist.
    pub(super) async fn filled_files(&self, before: &str) -> Vec<String> {
        let now = self.playlist("video.m3u8").await;
        let files = now.lines().filter_map(|line| {
            let init = line.strip_prefix("#EXT-X-MAP:URI=\"").map(|rest| rest.trim_end_matches('"'));
            init.or((!line.starts_with('#')).then_some(line))
        });
        files.filter(|file| !before.contains(file)).map(str::to_owned).collect()
    }

    /// The status with which a file of the replay is given.
    pub(super) async fn fetched(&self, file: &str) -> u16 {
        let url = self.media.url(self.server.lesson, Purpose::Watch, "replay", file);
        self.media.fetch(&url, ("accept", "*/*")).await.0
    }

    /// Decodes a rendition as players do: what lies behind each initialization section by itself. Seconds of it.
    pub(super) async fn decoded(&self, rendition: &str) -> f64 {
        let text = self.playlist(&format!("{rendition}.m3u8")).await;
        let mut stretches: Vec<Vec<u8>> = Vec::new();
        let mut length = 0.0;
        for line in text.lines() {
            let init = line.strip_prefix("#EXT-X-MAP:URI=\"").map(|rest| rest.trim_end_matches('"'));
            if let Some(seconds) = line.strip_prefix("#EXTINF:") {
                length += seconds.trim_end_matches(',').parse::<f64>().expect("seconds");
            }
            if init.is_some() {
                stretches.push(Vec::new());
            }
            if let Some(name) = init.or((!line.starts_with('#')).then_some(line)) {
                let url = self.media.url(self.server.lesson, Purpose::Watch, "replay", name);
                let (status, _, bytes) = self.media.fetch(&url, ("accept", "*/*")).await;
                assert_eq!(status, 200, "{name}");
                stretches.last_mut().expect("a section comes first").extend_from_slice(&bytes);
            }
        }
        assert!(stretches.len() >= 3, "before the gap, the fill, after it: {text}");
        for (number, bytes) in stretches.iter().enumerate() {
            let file = self.media.folder().join(format!("{rendition}-{number}.mp4"));
            std::fs::write(&file, bytes).expect("written");
            ffmpeg(&["-xerror", "-v", "error", "-i", file.to_str().expect("a path"), "-f", "null", "-"])
                .await;
        }
        length
    }

    /// Seconds between each flash of the replay's filled stretch and its beep, as players lay them: by the segments' own times.
    pub(super) async fn apart_in_the_replay(&self) -> Vec<f64> {
        let mut found = Vec::new();
        for (rendition, filter, word) in [
            ("video", ["-vf", "blackdetect=d=0.05:pix_th=0.5"], "black_end:"),
            ("audio", ["-af", "silencedetect=n=-20dB:d=0.1"], "silence_end: "),
        ] {
            let file = self.media.folder().join(format!("{rendition}-1.mp4"));
            let input = ["-v", "info", "-copyts", "-i", file.to_str().expect("a path")];
            let said = ffmpeg(&[&input[..], &filter, &["-f", "null", "-"]].concat()).await;
            found.push(seconds(&said, word));
        }
        // The last one is the end of the file.
        let flashes = &found[0][..found[0].len() - 1];
        flashes.iter().map(|flash| nearest(&found[1], *flash)).collect()
    }

    /// What stands in the store of a fill.
    pub(super) fn record(&self, fill: Uuid) -> String {
        let path = format!("store/lessons/{}/fills/{fill}.json", self.server.lesson);
        std::fs::read_to_string(self.media.folder().join(path)).unwrap_or_default()
    }

    /// Segments and sections in the store.
    pub(super) fn stored(&self) -> usize {
        let lesson = self.media.folder().join(format!("store/lessons/{}", self.server.lesson));
        let files = |name: &str| std::fs::read_dir(lesson.join(name)).map_or(0, Iterator::count);
        ["video", "audio", "audio48"].map(files).iter().sum()
    }
}

/// How far the nearest of these is from a moment.
pub(super) fn nearest(all: &[f64], moment: f64) -> f64 {
    all.iter().map(|one| (one - moment).abs()).fold(f64::MAX, f64::min)
}

/// The process that works for this one, once it has one.
pub(super) async fn worker_of(media: &Media) -> u32 {
    wait("a worker", || children(media.pid()).first().copied()).await
}

/// A limit of a process, once it is one.
pub(super) async fn limit(pid: u32, name: &str) -> u64 {
    wait(name, || {
        let text = std::fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
        text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
    })
    .await
}

pub(super) fn id(fill: &Value) -> Uuid {
    fill["id"].as_str().unwrap_or_else(|| panic!("no id: {fill}")).parse().expect("a UUID")
}

/// What ffmpeg makes of this, read back.
pub(super) async fn made(media: &Media, name: &str, arguments: &[&str]) -> Vec<u8> {
    let file = media.folder().join(name);
    ffmpeg(&[arguments, &[file.to_str().expect("a path")]].concat()).await;
    std::fs::read(&file).expect("just made")
}

/// What another computer recorded, as browsers write it: no index, no length, a flash and a beep each second.
pub(super) async fn copy(media: &Media) -> Vec<u8> {
    let picture = "color=black:s=320x180:r=30,drawbox=color=white:t=fill:enable='lt(mod(t,1),0.2)'";
    let coded =
        "-t 20 -c:v libvpx -b:v 500k -deadline realtime -cpu-used 8 -g 60 -c:a libopus -f webm -live 1";
    let coded: Vec<&str> = coded.split(' ').collect();
    made(media, "copy.webm", &[&["-f", "lavfi", "-i", picture][..], &BEEP[1..], &coded].concat()).await
}

/// The processes a process has started.
pub(super) fn children(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let of = |thread: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(thread.ok()?.path().join("children")).ok()
    };
    let all: Vec<String> = threads.filter_map(of).collect();
    all.iter().flat_map(|text| text.split_whitespace()).filter_map(|pid| pid.parse().ok()).collect()
}
