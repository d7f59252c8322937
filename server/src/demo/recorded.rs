//! Replays of the demo's past lessons, so that a fresh demo has some to try: what the live lesson recorded in its first minute,
//! over and over, until each lesson is full. Files are linked, not copied, and nothing is encoded: it costs a fraction of a
//! second and hardly any room. A real lesson's recording is never touched.

use std::{
    collections::HashSet,
    fs,
    io::Result,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use uuid::Uuid;
use yunke_store::{LessonFilter, LessonPhase, MediaReport, Page};

use super::people::PAST;
use crate::{problem::source_chain, state::AppState};

/// So much of the live lesson is taken, at most a segment more, in milliseconds.
const TAKEN_MS: i64 = 60_000;

/// How often it is looked whether so much is there, and how many times.
const LOOK_EVERY: Duration = Duration::from_secs(10);
const LOOKS: usize = 60;

/// Past lessons of a demo.
const ALL: Page = Page { offset: 0, limit: 100 };

/// A past lesson without a replay.
#[derive(Debug, Clone, Copy)]
struct Past {
    lesson: Uuid,
    starts: i64,
    length_ms: i64,
}

/// Waits for the first minute of the live lesson, and makes replays of it.
pub(super) async fn give_replays(app: AppState, lecturer: Uuid, live: Uuid) {
    let filter = LessonFilter {
        lecturer_id: Some(lecturer),
        phases: vec![LessonPhase::Ended],
        ..LessonFilter::default()
    };
    let ended = match app.store.lessons(&filter, ALL).await {
        Ok(ended) => ended,
        Err(error) => {
            return tracing::warn!(error = source_chain(&error), "the demo's past lessons have no replays");
        }
    };
    let past: Vec<Past> = ended
        .into_iter()
        .filter(|lesson| !lesson.replay_ready && PAST.iter().any(|(title, ..)| *title == lesson.title))
        .filter_map(|lesson| {
            Some(Past { lesson: lesson.id, starts: lesson.started_at?, length_ms: lesson.length_ms? })
        })
        .collect();
    if past.is_empty() {
        return;
    }
    let folder = app.config.data_dir.join("media").join("lessons");
    for _ in 0..LOOKS {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let (from, wanted) = (folder.clone(), past.clone());
        let made = tokio::task::spawn_blocking(move || make_all(&from, live, &wanted)).await;
        match made {
            Ok(Ok(true)) => break,
            Ok(Ok(false)) => {}
            Ok(Err(error)) => return tracing::warn!(%error, "the demo's past lessons have no replays"),
            Err(_) => return,
        }
    }
    for Past { lesson, starts, length_ms } in past {
        let report = MediaReport {
            lesson_id: lesson,
            zero_at: Some(starts),
            edge_ms: length_ms,
            gaps: Vec::new(),
            length_ms: Some(length_ms),
            replay_ready: folder.join(lesson.to_string()).join("index.json").is_file(),
        };
        // A node of no name, as for the evidence.
        let kept = app.store.store_media("demo", app.source.id(), 1, &[report], app.source.now()).await;
        if let Err(error) = kept {
            tracing::warn!(error = source_chain(&error), "a replay of the demo is not offered");
        }
        app.lesson_changed(lesson);
    }
}

/// Makes all replays; `false`: too little is recorded yet.
fn make_all(folder: &Path, live: Uuid, past: &[Past]) -> Result<bool> {
    let Some(source) = Source::read(&folder.join(live.to_string()))? else { return Ok(false) };
    for lesson in past {
        source.repeat(&folder.join(lesson.lesson.to_string()), lesson)?;
    }
    Ok(true)
}

/// A stretch of a recording in which each segment follows the other.
struct Source {
    folder: PathBuf,
    inits: Vec<Value>,
    entries: Vec<Value>,
    first_msn: i64,
    segments: i64,
    from_at: i64,
    length_ms: i64,
}

impl Source {
    /// The first minute of a recording under way; `None`: there is less.
    fn read(folder: &Path) -> Result<Option<Self>> {
        let page = match fs::read(folder.join("index").join("00000000.json")) {
            Ok(page) => page,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut index: Value = serde_json::from_slice(&page)?;
        let zero_at = number(&index, "zero_at");
        let entries = list(&mut index, "entries");
        let video: Vec<(i64, i64)> = entries
            .iter()
            .filter(|entry| entry["rendition"] == "video" && entry["media"].is_object())
            .map(|entry| (number(entry, "msn"), number(entry, "pdt")))
            .filter(|(_, pdt)| *pdt >= zero_at)
            .collect();
        let Some(&(first_msn, from_at)) = video.first() else { return Ok(None) };
        let Some(&(end_msn, end_at)) = video.iter().find(|(_, pdt)| pdt - from_at >= TAKEN_MS) else {
            return Ok(None);
        };
        let taken = |entry: &Value| {
            (first_msn..end_msn).contains(&number(entry, "msn")) && entry["media"].is_object()
        };
        Ok(Some(Self {
            folder: folder.to_owned(),
            inits: list(&mut index, "inits"),
            entries: entries.into_iter().filter(taken).collect(),
            first_msn,
            segments: end_msn - first_msn,
            from_at,
            length_ms: end_at - from_at,
        }))
    }

    /// Writes a recording that is this one again and again.
    fn repeat(&self, folder: &Path, past: &Past) -> Result<()> {
        for init in &self.inits {
            let (rendition, stream) = (text(init, "rendition"), number(init, "stream"));
            let name = format!("{stream}-init{}.mp4", number(init, "number"));
            link(&self.folder.join(rendition).join(&name), &folder.join(rendition), &name)?;
        }
        let mut entries = Vec::new();
        // The order of time, in each rendition.
        let rounds = past.length_ms.div_euclid(self.length_ms) + 1;
        for round in 0..rounds {
            let mut begun: HashSet<&str> = HashSet::new();
            for entry in &self.entries {
                let pdt = past.starts + number(entry, "pdt") - self.from_at + round * self.length_ms;
                if pdt >= past.starts + past.length_ms {
                    continue;
                }
                let rendition = text(entry, "rendition");
                let msn = number(entry, "msn") - self.first_msn + round * self.segments;
                let stream = number(&entry["media"], "stream");
                let from = self.folder.join(rendition).join(format!("{stream}-{}.m4s", number(entry, "msn")));
                link(&from, &folder.join(rendition), &format!("{stream}-{msn}.m4s"))?;
                let mut entry = entry.clone();
                entry["msn"] = msn.into();
                entry["pdt"] = pdt.into();
                // Its clock jumps back there.
                entry["discontinuity"] = (begun.insert(rendition) && round > 0).into();
                entries.push(entry);
            }
        }
        let index = serde_json::json!({
            "lesson": past.lesson,
            "zero_at": past.starts,
            "length_ms": past.length_ms,
            "inits": self.inits,
            "entries": entries,
        });
        let draft = folder.join("index.json.draft");
        fs::write(&draft, serde_json::to_vec(&index)?)?;
        fs::rename(draft, folder.join("index.json"))
    }
}

/// The same file under another name.
fn link(from: &Path, folder: &Path, name: &str) -> Result<()> {
    fs::create_dir_all(folder)?;
    let to = folder.join(name);
    match fs::hard_link(from, &to) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        // A file system without links.
        Err(_) => fs::copy(from, to).map(|_| ()),
        Ok(()) => Ok(()),
    }
}

fn number(of: &Value, name: &str) -> i64 {
    of[name].as_i64().unwrap_or_default()
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

fn list(of: &mut Value, name: &str) -> Vec<Value> {
    match of[name].take() {
        Value::Array(list) => list,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rendition: &str, msn: i64, pdt: i64) -> Value {
        let media = serde_json::json!({ "stream": 7, "init": 0, "bytes": 3, "independent": true });
        serde_json::json!({ "rendition": rendition, "msn": msn, "pdt": pdt, "duration_us": 2_000_000, "media": media })
    }

    #[test]
    fn a_minute_becomes_a_lesson() {
        let home = tempfile::tempdir().expect("a folder");
        let live = home.path().join("live");
        let inits: Vec<Value> = ["video", "audio"]
            .map(|rendition| serde_json::json!({ "rendition": rendition, "stream": 7, "number": 0, "format": {} }))
            .to_vec();
        let mut entries = Vec::new();
        for msn in 10..45 {
            for rendition in ["video", "audio"] {
                fs::create_dir_all(live.join(rendition)).expect("a folder");
                fs::write(live.join(rendition).join(format!("7-{msn}.m4s")), "abc").expect("written");
                fs::write(live.join(rendition).join("7-init0.mp4"), "i").expect("written");
                entries.push(entry(rendition, msn, 1_000_000 + (msn - 10) * 2_000));
            }
        }
        fs::create_dir_all(live.join("index")).expect("a folder");
        let page = serde_json::json!({ "zero_at": 1_000_000, "inits": inits, "entries": entries });
        fs::write(live.join("index/00000000.json"), page.to_string()).expect("written");
        let past = Past { lesson: Uuid::from_u128(1), starts: 5_000_000, length_ms: 150_000 };
        let source = Source::read(&live).expect("read").expect("a minute");
        assert_eq!((source.length_ms, source.segments), (60_000, 30));
        let folder = home.path().join("past");
        source.repeat(&folder, &past).expect("made");
        let index: Value =
            serde_json::from_slice(&fs::read(folder.join("index.json")).expect("there")).expect("JSON");
        let made = index["entries"].as_array().expect("a list");
        assert_eq!(made.len(), 150);
        let video: Vec<&Value> = made.iter().filter(|entry| entry["rendition"] == "video").collect();
        for (n, entry) in (0_i64..).zip(&video) {
            assert_eq!((number(entry, "msn"), number(entry, "pdt")), (n, 5_000_000 + n * 2_000));
            assert_eq!(entry["discontinuity"], n == 30 || n == 60, "{n}");
            assert!(folder.join("video").join(format!("7-{n}.m4s")).is_file(), "{n}");
        }
        assert!(folder.join("audio/7-init0.mp4").is_file());
        assert!(Source::read(&home.path().join("none")).expect("read").is_none());
    }
}
