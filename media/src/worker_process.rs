//! A process of its own for what decodes files of strangers: this program started again, with a clean environment. The order goes
//! to its standard input as JSON; what it says comes as lines of JSON.

use std::{
    ffi::{OsStr, OsString},
    io::Result,
    process::Stdio,
};

use rustix::process::Signal;
use serde::Serialize;
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
};

/// What a worker is given of our environment: where GStreamer finds its plugins and keeps their list, how much is logged, and
/// what any program needs. No secret is among it.
fn is_needed(name: &OsStr) -> bool {
    const NAMES: [&str; 9] = [
        "HOME",
        "LANG",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "PATH",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "YUNKE_LOG",
    ];
    name.to_str().is_some_and(|name| name.starts_with("GST_") || NAMES.contains(&name))
}

fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| is_needed(name))
}

/// Starts the program for this work; it is killed when the answer is dropped. Its standard output is piped.
pub(crate) async fn start(work: &str, order: &impl Serialize) -> Result<Child> {
    let mut process = Command::new(std::env::current_exe()?)
        .arg(work)
        .env_clear()
        .envs(environment())
        // Else each thread reserves 64 MB of what the worker may have.
        .env("MALLOC_ARENA_MAX", "2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = process.stdin.take() {
        // One that is gone already is noticed at its other end.
        let _ = input.write_all(&serde_json::to_vec(order)?).await;
    }
    Ok(process)
}

/// Why a worker ended that said nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// It used up its processor time.
    Time,
    /// It got no memory, or the machine had none left.
    Memory,
    /// A file became too large.
    Size,
    /// What it read brought it down.
    Fault,
}

impl Death {
    /// By the signal that ended it, if one did.
    pub(crate) fn by(signal: Option<i32>) -> Self {
        match signal.and_then(Signal::from_named_raw) {
            Some(Signal::XCPU) => Self::Time,
            // Who gets no memory gives himself up; `Kill` is the system's when there is none left at all.
            Some(Signal::TRAP | Signal::ABORT | Signal::KILL) => Self::Memory,
            Some(Signal::XFSZ) => Self::Size,
            _ => Self::Fault,
        }
    }
}
