//! The local media process: found again, started, watched over, restarted with growing pauses, ended.
//!
//! A media process outlives a server that was killed; the next server adopts it instead of starting a
//! second one. Publishers and viewers never notice.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};

use super::{Addresses, ControlClient, MediaNodes, SNAPSHOT_STALE_MS, nodes::control_url};
use crate::config::{LogFormat, MediaConfig};

/// The program's name.
const PROGRAM: &str = "yunke-media";

/// First and longest pause before a restart.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// A process that ran this long was healthy: the next pause is the first again.
const HEALTHY_AFTER: Duration = Duration::from_secs(30);

/// How long a process may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How often the process is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Looks without an answer or a snapshot after which a process counts as hung.
const DEAF_LOOKS: u32 = 15;

/// How long the process may take to end before it is told harder.
const END_LIMIT: Duration = Duration::from_millis(1500);

/// The running process.
enum Running {
    /// Our child.
    Child(Box<Child>),
    /// One that an earlier server started.
    Adopted,
}

/// Keeps a media process running until the server stops; then ends it.
pub async fn supervise_local(media: MediaNodes, server: SocketAddr) {
    let client = ControlClient::new(media.secret());
    let mut pause = PAUSE.0;
    while !media.core().stopping.is_cancelled() {
        let begun = tokio::time::Instant::now();
        match bring_up(&media, &client, server).await {
            Ok(mut running) => {
                watch(&media, &client, &mut running).await;
                if media.core().stopping.is_cancelled() {
                    end(&media, &client, running).await;
                    return;
                }
                kill(&media, running).await;
            }
            Err(error) => tracing::error!(error, "the media service could not be started"),
        }
        media.set_control(None);
        if begun.elapsed() > HEALTHY_AFTER {
            pause = PAUSE.0;
        }
        tracing::warn!(pause_ms = pause.as_millis(), "the media service is started again after a pause");
        tokio::select! {
            () = media.core().stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(PAUSE.1);
    }
}

async fn bring_up(media: &MediaNodes, client: &ControlClient, server: SocketAddr) -> Result<Running, String> {
    let file = addresses_file(media);
    if adopt(media, client, &file).await {
        return Ok(Running::Adopted);
    }
    remove(&file).await?;
    let mut child = spawn(media, server, &file)?;
    let deadline = tokio::time::Instant::now() + START_LIMIT;
    loop {
        if let Some(addresses) = read_addresses(&file).await {
            let Addresses { http, rtmp, webrtc, srt } = addresses;
            let srt = srt.map(tracing::field::display);
            tracing::info!(%http, %rtmp, %webrtc, srt, "media service started");
            media.set_addresses(addresses);
            return Ok(Running::Child(Box::new(child)));
        }
        tokio::select! {
            status = child.wait() => {
                return Err(status.map_or_else(|e| e.to_string(), |s| format!("it ended at once, {s}")));
            }
            () = media.core().stopping.cancelled() => return Err("the server stops".to_owned()),
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
        if tokio::time::Instant::now() > deadline {
            return Err("it does not listen".to_owned());
        }
    }
}

/// Finds the process of an earlier server by its addresses, proved by the shared secret.
async fn adopt(media: &MediaNodes, client: &ControlClient, file: &Path) -> bool {
    let config = &media.core().config.media;
    let addresses = read_addresses(file).await.unwrap_or_else(|| Addresses::configured(config));
    let http = addresses.http;
    if http.port() == 0 {
        return false;
    }
    let base = control_url(http);
    let Ok(snapshot) = client.snapshot(&base).await else { return false };
    let idle = snapshot.lessons.iter().all(|lesson| lesson.publisher.is_none());
    if snapshot.program_version != env!("CARGO_PKG_VERSION") && idle {
        tracing::info!(
            version = snapshot.program_version,
            "the media service is of another version and idle"
        );
        let _ = client.shut_down(&base).await;
        wait_gone(client, &base).await;
        return false;
    }
    tracing::info!(%http, "media service found running, taken over");
    media.set_addresses(addresses);
    media.take_in(snapshot).await;
    true
}

/// As the media service reads a list from its environment.
fn hosts(hosts: &[IpAddr]) -> String {
    let quoted: Vec<String> = hosts.iter().map(|host| format!("\"{host}\"")).collect();
    format!("[{}]", quoted.join(","))
}

/// Of our environment what the media service may have: it reads what strangers send, so no password of the database and no secret of a
/// DNS hook. `YUNKE_MEDIA__HTTP` is our section `[media]`; it would take that for a key of its own.
fn is_for_media(name: &str) -> bool {
    if name.starts_with("YUNKE_") {
        return name == "YUNKE_LOG"
            || (name.starts_with("YUNKE_MEDIA_") && !name.starts_with("YUNKE_MEDIA__"));
    }
    let name = name.to_ascii_uppercase();
    !["SECRET", "TOKEN", "PASSWORD", "PASSWD"].iter().any(|word| name.contains(word))
}

fn spawn(media: &MediaNodes, server: SocketAddr, addresses: &Path) -> Result<Child, String> {
    let config = &media.core().config.media;
    let program = program(config)?;
    let mut command = Command::new(&program);
    for (name, _) in std::env::vars_os() {
        if !is_for_media(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command
        .arg("--addresses-file")
        .arg(addresses)
        .env("YUNKE_MEDIA_NODE", &config.node)
        .env("YUNKE_MEDIA_HTTP", config.http.to_string())
        .env("YUNKE_MEDIA_RTMP", config.rtmp.to_string())
        .env("YUNKE_MEDIA_WEBRTC", config.webrtc.to_string())
        .env("YUNKE_MEDIA_WEBRTC_HOSTS", hosts(&config.webrtc_hosts))
        .env("YUNKE_MEDIA_SRT", config.srt.map(|srt| srt.to_string()).unwrap_or_default())
        // In quotes: it may look like a number.
        .env("YUNKE_MEDIA_SRT_PASSPHRASE", format!("\"{}\"", config.srt_passphrase))
        .env("YUNKE_MEDIA_ICE_SERVERS", yunke_protocol::ice_servers_in_environment(&config.ice_servers))
        .env("YUNKE_MEDIA_TRANSCODE_SLOTS", config.transcode_slots.to_string())
        .env("YUNKE_MEDIA_ENCODE_WORKERS", config.encode_workers.to_string())
        .env("YUNKE_MEDIA_AUDIO_HOURS", config.audio_hours.to_string())
        .env("YUNKE_MEDIA_KEEP_ORIGINALS", config.keep_originals.to_string())
        .env("YUNKE_MEDIA_SERVER_URL", control_url(server))
        .env("YUNKE_MEDIA_SHARED_SECRET", media.secret())
        // In quotes: it may look like a number.
        .env("YUNKE_MEDIA_EDGE_TOKEN", format!("\"{}\"", config.edge_token.as_deref().unwrap_or_default()))
        .env("YUNKE_MEDIA_STORE_DIR", media.core().config.data_dir.join("media"))
        .env("YUNKE_MEDIA_SUPERVISED", "true")
        // Of the same machine: by the same anchor both say the same time, whatever the wall clock was set to since.
        .env("YUNKE_MEDIA_CLOCK_ANCHOR", media.core().source.clock().anchor().to_string())
        .env(
            "YUNKE_MEDIA_LOG",
            if media.core().config.log.format == LogFormat::Json { "json" } else { "text" },
        )
        .stdin(Stdio::null())
        // Its own group: Ctrl-C in a terminal reaches this server, which ends it in order.
        .process_group(0);
    let child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
    // For the server after this one, should both of us go wrong: see `kill_adopted`.
    let _ = std::fs::write(pid_file(media), child.id().unwrap_or(0).to_string());
    Ok(child)
}

fn program(config: &MediaConfig) -> Result<PathBuf, String> {
    if let Some(program) = &config.program {
        return Ok(program.clone());
    }
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(own.with_file_name(PROGRAM))
}

/// Returns when the process has ended or hangs, or the server stops.
async fn watch(media: &MediaNodes, client: &ControlClient, running: &mut Running) {
    let mut deaf = 0;
    loop {
        let ended = async {
            match running {
                Running::Child(child) => child.wait().await.map_or_else(|e| e.to_string(), |s| s.to_string()),
                Running::Adopted => std::future::pending().await,
            }
        };
        tokio::select! {
            () = media.core().stopping.cancelled() => return,
            status = ended => {
                tracing::error!(status, "the media service ended");
                return;
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        let heard = media.core().source.now() - media.view().received_at <= SNAPSHOT_STALE_MS / 2;
        if heard || look(media, client).await {
            deaf = 0;
            continue;
        }
        deaf += 1;
        let limit = if matches!(running, Running::Adopted) { 2 } else { DEAF_LOOKS };
        if deaf >= limit {
            tracing::error!("the media service does not answer");
            return;
        }
    }
}

async fn look(media: &MediaNodes, client: &ControlClient) -> bool {
    let Some(base) = media.control() else { return false };
    match client.snapshot(&base).await {
        Ok(snapshot) => {
            media.take_in(snapshot).await;
            true
        }
        Err(_) => false,
    }
}

/// Ends the process in order: asked, then told, then killed.
async fn end(media: &MediaNodes, client: &ControlClient, running: Running) {
    let Some(base) = media.control() else { return };
    let asked = client.shut_down(&base).await;
    match running {
        Running::Child(mut child) => {
            if asked.is_ok() && tokio::time::timeout(END_LIMIT, child.wait()).await.is_ok() {
                return;
            }
            if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, Signal::TERM);
            }
            if tokio::time::timeout(END_LIMIT, child.wait()).await.is_err() {
                tracing::warn!("the media service had to be killed");
                let _ = child.kill().await;
            }
        }
        Running::Adopted => {
            if !wait_gone(client, &base).await {
                kill_adopted(media);
            }
        }
    }
}

async fn kill(media: &MediaNodes, running: Running) {
    match running {
        Running::Child(mut child) => {
            let _ = child.kill().await;
        }
        Running::Adopted => kill_adopted(media),
    }
}

/// Kills a process of an earlier server that does not listen to reason; only if the process with the
/// remembered id still is a media service.
fn kill_adopted(media: &MediaNodes) {
    let text = std::fs::read_to_string(pid_file(media)).unwrap_or_default();
    let Some(pid) = text.trim().parse().ok().and_then(Pid::from_raw) else { return };
    let name = std::fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero())).unwrap_or_default();
    if name.trim() == PROGRAM {
        tracing::warn!("the media service had to be killed");
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

/// Waits until nobody answers; `false`: somebody still does.
async fn wait_gone(client: &ControlClient, base: &str) -> bool {
    let deadline = tokio::time::Instant::now() + END_LIMIT * 2;
    while client.snapshot(base).await.is_ok() {
        if tokio::time::Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    true
}

fn pid_file(media: &MediaNodes) -> PathBuf {
    media.core().config.data_dir.join("media.pid")
}

fn addresses_file(media: &MediaNodes) -> PathBuf {
    media.core().config.data_dir.join("media.addresses")
}

async fn remove(file: &Path) -> Result<(), String> {
    match tokio::fs::remove_file(file).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", file.display()))
        }
        _ => Ok(()),
    }
}

/// `http=…` and so on, as the process writes them once it listens.
async fn read_addresses(file: &Path) -> Option<Addresses> {
    let text = tokio::fs::read_to_string(file).await.ok()?;
    let find = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.parse().ok());
    Some(Addresses {
        http: find("http=")?,
        rtmp: find("rtmp=")?,
        webrtc: find("webrtc=")?,
        srt: find("srt="),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_service_gets_no_secret_of_others() {
        for kept in ["PATH", "LANG", "GST_PLUGIN_PATH", "YUNKE_LOG", "YUNKE_MEDIA_ADMIT_URL"] {
            assert!(is_for_media(kept), "{kept}");
        }
        for gone in [
            "YUNKE_DATABASE_URL",
            "YUNKE_MEDIA__SHARED_SECRET",
            "ALIYUN_KEY_SECRET",
            "DNSPOD_TOKEN",
            "PGPASSWORD",
        ] {
            assert!(!is_for_media(gone), "{gone}");
        }
    }
}
