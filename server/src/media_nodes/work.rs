//! Work on recordings, asked of the node that has them. Nothing of it is kept here: the node knows how far it is.

use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;
use yunke_protocol::{WorkStatus, paths};

use super::{ControlError, MediaNodes};
use crate::problem::{ApiResult, Problem};

impl MediaNodes {
    /// How far the lesson's MP4 file is.
    pub async fn mp4_status(&self, lesson: Uuid) -> ApiResult<WorkStatus> {
        self.work(Method::GET, &paths::of_lesson(paths::MP4, lesson), None::<&()>).await
    }

    /// Asks for the lesson's MP4 file; asking again changes nothing.
    pub async fn ask_mp4(&self, lesson: Uuid) -> ApiResult<WorkStatus> {
        self.work(Method::POST, &paths::of_lesson(paths::MP4, lesson), None::<&()>).await
    }

    async fn work<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> ApiResult<T> {
        let base = self.control().ok_or_else(unavailable)?;
        self.0.client.work(method, format!("{base}{path}"), body).await.map_err(|error| match error {
            ControlError::Work(code) => refused(&code),
            error => {
                tracing::warn!(%error, "the media node cannot be asked for work");
                unavailable()
            }
        })
    }
}

fn unavailable() -> Problem {
    let sentence = "The media service is not running right now. It is being restarted; try again.";
    Problem::unavailable("media_unavailable", sentence, 5)
}

/// The node's reason, in the server's words; a reason that is new to this server is one of the node's own troubles.
fn refused(code: &str) -> Problem {
    match code {
        "replay_not_ready" => {
            Problem::conflict("replay_not_ready", "The recording is not complete yet. End the lesson first.")
        }
        "nothing_recorded" => Problem::conflict("nothing_recorded", "Nothing was recorded of this lesson."),
        "busy" => Problem::unavailable("busy", "Too much work is waiting. Try again in a moment.", 10),
        _ => unavailable(),
    }
}
