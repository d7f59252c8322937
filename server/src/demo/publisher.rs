//! The demo's publisher: ffmpeg sends a test picture with a clock and a voice by RTMP, like an encoder.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::process::{Child, Command};

use super::people::{LIVE_TITLE, SPEECH};
use crate::state::AppState;

/// First and longest pause before ffmpeg is started again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// How long ffmpeg may take to end.
const END_LIMIT: Duration = Duration::from_millis(1500);

/// Fonts with Chinese characters, best first.
const FONTS: [&str; 4] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
];

/// Publishes until the server stops.
pub(super) async fn keep_publishing(app: AppState, key: String) {
    let folder = app.config.data_dir.join("demo");
    if let Err(error) = prepare(&folder).await {
        tracing::error!(error, "the demo cannot publish");
        return;
    }
    let mut pause = PAUSE.0;
    loop {
        // Nobody listens before the media service is up; trying would only fill the log.
        while !app.media.is_up(app.source.now()) {
            let mut news = app.media.subscribe();
            tokio::select! {
                () = app.stopping.cancelled() => return,
                _ = news.changed() => {}
            }
        }
        let begun = tokio::time::Instant::now();
        match publish(&folder, app.media.rtmp_port(), &key) {
            Ok(mut child) => tokio::select! {
                () = app.stopping.cancelled() => {
                    end(child).await;
                    return;
                }
                status = child.wait() => tracing::warn!(?status, "the demo's publisher ended"),
            },
            Err(error) => tracing::error!(%error, "ffmpeg could not be started; is it installed?"),
        }
        pause = if begun.elapsed() > PAUSE.1 { PAUSE.0 } else { (pause * 2).min(PAUSE.1) };
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// The voice, spoken once, and the title, in files: nothing has to be quoted.
async fn prepare(folder: &Path) -> Result<(), String> {
    tokio::fs::create_dir_all(folder).await.map_err(|error| error.to_string())?;
    tokio::fs::write(folder.join("title.txt"), LIVE_TITLE).await.map_err(|error| error.to_string())?;
    let speech = folder.join("speech.wav");
    if speech.is_file() {
        return Ok(());
    }
    let text = folder.join("speech.txt");
    tokio::fs::write(&text, SPEECH).await.map_err(|error| error.to_string())?;
    let draft = folder.join("speech.draft.wav");
    let status = Command::new("espeak-ng")
        .args(["-v", "cmn", "-s", "150", "-g", "4", "-f"])
        .arg(&text)
        .arg("-w")
        .arg(&draft)
        .stdin(Stdio::null())
        .status()
        .await
        .map_err(|error| format!("espeak-ng: {error}; is it installed?"))?;
    if !status.success() {
        return Err(format!("espeak-ng: {status}"));
    }
    tokio::fs::rename(&draft, &speech).await.map_err(|error| error.to_string())
}

fn publish(folder: &Path, port: u16, key: &str) -> std::io::Result<Child> {
    let voice = folder.join("speech.wav");
    Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin"])
        .args(["-re", "-f", "lavfi", "-i", "color=c=0xFBF6EF:size=1280x720:rate=20"])
        .args(["-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=20"])
        .args(["-re", "-stream_loop", "-1", "-i"])
        .arg(&voice)
        .arg("-filter_complex")
        .arg(picture(folder))
        .args(["-map", "[picture]", "-map", "2:a"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "main"])
        .args(["-pix_fmt", "yuv420p", "-b:v", "1800k", "-maxrate", "2000k", "-bufsize", "2000k"])
        .args(["-g", "40", "-keyint_min", "40", "-sc_threshold", "0", "-bf", "0"])
        .args(["-c:a", "aac", "-b:a", "96k", "-ar", "48000", "-ac", "2"])
        .args(["-f", "flv", "-flvflags", "no_duration_filesize"])
        .arg(format!("rtmp://127.0.0.1:{port}/live/{key}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // Its messages repeat the address with the key.
        .stderr(Stdio::null())
        .kill_on_drop(true)
        // Beijing time on the burnt-in clock, as on the pages; in this form it needs no tzdata.
        .env("TZ", "CST-8")
        .process_group(0)
        .spawn()
}

/// Title and clock on a warm ground, and moving bars that show whether the picture runs.
fn picture(folder: &Path) -> String {
    let font = FONTS.iter().map(PathBuf::from).find(|font| font.is_file());
    let font = font.map_or_else(String::new, |font| format!("fontfile={}:", font.display()));
    let title = folder.join("title.txt");
    format!(
        "[0:v][1:v]overlay=x=W-w-64:y=H-h-64,\
         drawbox=x=0:y=0:w=iw:h=12:color=0xC8372D:t=fill,\
         drawtext={font}text='%{{localtime\\:%T}}':x=64:y=130:fontsize=96:fontcolor=0xC8372D,\
         drawtext={font}textfile={title}:x=64:y=270:fontsize=52:fontcolor=0x222222,\
         drawtext={font}text='青禾学习中心':x=64:y=H-120:fontsize=40:fontcolor=0x555555[picture]",
        title = escape(&title.to_string_lossy()),
    )
}

/// A path inside a filter description.
fn escape(path: &str) -> String {
    path.chars().fold(String::new(), |mut text, c| {
        if matches!(c, '\\' | '\'' | ':' | ',' | ';' | '[' | ']') {
            text.push_str("\\\\");
        }
        text.push(c);
        text
    })
}

async fn end(mut child: Child) {
    if let Some(pid) =
        child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(END_LIMIT, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}
