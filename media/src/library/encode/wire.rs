//! What the service and the process that encodes tell each other: the order on its standard input, reports on its output.

use std::{
    io::Write as _,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use yunke_protocol::{AudioFacts, AudioStep};

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::library) struct Order {
    /// The uploaded file.
    pub(in crate::library) file: PathBuf,
    /// Where the results go; exists and is empty.
    pub(in crate::library) folder: PathBuf,
    pub(in crate::library) trim_silence: bool,
    pub(in crate::library) music: bool,
    /// A longer sound is refused.
    pub(in crate::library) longest_ms: i64,
}

/// What is said of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::library) enum Report {
    /// What is done now, and per cent of the whole.
    Step(AudioStep, u8),
    /// So long is what will be written, milliseconds; said before anything is.
    Length(i64),
    /// The last word.
    Over(Outcome),
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::library) enum Outcome {
    /// The files lie in the folder, named like the renditions, each with a table (`.map`), and `cover` if there is one.
    Done(Box<AudioFacts>),
    /// Why not.
    Failed(String),
}

impl Outcome {
    pub(in crate::library) fn failed(code: &str) -> Self {
        Self::Failed(code.to_owned())
    }
}

/// Work goes on: it is said so often at least, whatever the figure is.
const BEAT: Duration = Duration::from_secs(10);
/// When something was said last, and the last figure.
static LAST: Mutex<Option<(Instant, AudioStep, u8)>> = Mutex::new(None);

/// Says that the work goes on, if nothing was said for a while: of a long file no figure may change for minutes.
pub(super) fn alive() {
    let last = *LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((when, step, percent)) = last
        && when.elapsed() >= BEAT
    {
        say(&Report::Step(step, percent));
    }
}

/// Reports to the service.
pub(super) fn say(report: &Report) {
    if let Report::Step(step, percent) = report {
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), *step, *percent));
    }
    let Ok(line) = serde_json::to_string(report) else { return };
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        // The service is gone; when it is back it begins anew.
        std::process::exit(1);
    }
}
