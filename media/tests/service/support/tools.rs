//! Waiting, signals, and ffmpeg on files and addresses.

use std::time::Duration;

use tokio::{
    process::Command,
    time::{Instant, sleep, timeout},
};

/// Longest wait for anything here; generous, as test machines are busy.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);

/// Longest wait for what a nice process does: on a machine that others use it has what they leave.
pub(crate) const LONG_PATIENCE: Duration = Duration::from_mins(10);

/// Waits until there is something.
pub(crate) async fn wait<T>(what: &str, there_is: impl Fn() -> Option<T>) -> T {
    wait_for(what, PATIENCE, there_is).await
}

/// Waits until a nice process has made something.
pub(crate) async fn wait_long<T>(what: &str, there_is: impl Fn() -> Option<T>) -> T {
    wait_for(what, LONG_PATIENCE, there_is).await
}

async fn wait_for<T>(what: &str, patience: Duration, there_is: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
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

/// Runs a chain of GStreamer's elements to its end. Fails the test if it fails.
pub(crate) async fn gstreamer(chain: &str) {
    let mut run = Command::new("gst-launch-1.0");
    run.arg("-q").args(chain.split_whitespace()).kill_on_drop(true);
    let output =
        timeout(PATIENCE, run.output()).await.expect("it ends").expect("GStreamer's tools are installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
