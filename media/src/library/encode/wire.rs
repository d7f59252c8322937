//! What the service and the process that encodes tell each other: the order on its standard input, reports on its output.

use std::{io::Write as _, path::PathBuf};

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

/// Reports to the service.
pub(super) fn say(report: &Report) {
    let Ok(line) = serde_json::to_string(report) else { return };
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        // The service is gone; when it is back it begins anew.
        std::process::exit(1);
    }
}
