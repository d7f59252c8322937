//! Work on recordings, asked of the node that has them. Nothing of it is kept here: the node knows how far it is.

use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;
use yunke_protocol::{
    AudioPlan, AudioStatus, Fill, FillMove, FillPlan, Fills, MAX_AUDIO_VERSIONS, WorkStatus, paths,
};

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

    /// What is missing of the recording, and what was sent to fill it.
    pub async fn fills(&self, lesson: Uuid) -> ApiResult<Fills> {
        self.work(Method::GET, &paths::of_lesson(paths::FILLS, lesson), None::<&()>).await
    }

    /// Announces a file.
    pub async fn plan_fill(&self, lesson: Uuid, plan: &FillPlan) -> ApiResult<Fill> {
        self.work(Method::POST, &paths::of_lesson(paths::FILLS, lesson), Some(plan)).await
    }

    /// Moves a fill on the timeline.
    pub async fn move_fill(&self, lesson: Uuid, fill: Uuid, to: &FillMove) -> ApiResult<Fills> {
        self.work(Method::PATCH, &fill_path(lesson, fill), Some(to)).await
    }

    /// Withdraws a fill.
    pub async fn withdraw_fill(&self, lesson: Uuid, fill: Uuid) -> ApiResult<Fills> {
        self.work(Method::DELETE, &fill_path(lesson, fill), None::<&()>).await
    }

    /// Announces a file of the library; announcing it again changes nothing.
    pub async fn plan_audio(&self, version: Uuid, plan: &AudioPlan) -> ApiResult<AudioStatus> {
        self.work(Method::PUT, &paths::of_version(paths::AUDIO, version), Some(plan)).await
    }

    /// How far these versions are; the node does not know those that are left out.
    pub async fn audio(&self, versions: &[Uuid]) -> ApiResult<Vec<AudioStatus>> {
        let mut all = Vec::with_capacity(versions.len());
        for some in versions.chunks(MAX_AUDIO_VERSIONS) {
            let named: Vec<String> = some.iter().map(Uuid::to_string).collect();
            let path = format!("{}?versions={}", paths::AUDIO_LIST, named.join(","));
            all.extend(self.work::<_, Vec<AudioStatus>>(Method::GET, &path, None::<&()>).await?);
        }
        Ok(all)
    }

    /// Begins a version that failed again.
    pub async fn retry_audio(&self, version: Uuid) -> ApiResult<AudioStatus> {
        self.work(Method::POST, &paths::of_version(paths::AUDIO_RETRY, version), None::<&()>).await
    }

    /// Forgets a version with everything the node has of it.
    pub async fn forget_audio(&self, version: Uuid) -> ApiResult<()> {
        let base = self.control().ok_or_else(unavailable)?;
        let url = format!("{base}{}", paths::of_version(paths::AUDIO, version));
        self.0.client.ask(Method::DELETE, url).await.map_err(|error| told(&error))?;
        Ok(())
    }

    /// The picture that is in a file.
    pub async fn audio_cover(&self, version: Uuid) -> ApiResult<Vec<u8>> {
        let base = self.control().ok_or_else(unavailable)?;
        let url = format!("{base}{}", paths::of_version(paths::AUDIO_COVER, version));
        self.0.client.ask(Method::GET, url).await.map_err(|error| told(&error))
    }

    async fn work<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> ApiResult<T> {
        let base = self.control().ok_or_else(unavailable)?;
        self.0.client.work(method, format!("{base}{path}"), body).await.map_err(|error| told(&error))
    }
}

/// Why the node did not do it.
fn told(error: &ControlError) -> Problem {
    if let ControlError::Work(code) = error {
        return refused(code);
    }
    tracing::warn!(%error, "the media node cannot be asked for work");
    unavailable()
}

fn fill_path(lesson: Uuid, fill: Uuid) -> String {
    paths::of_lesson(paths::FILL, lesson).replace("{fill}", &fill.to_string())
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
        "not_found" => Problem::not_found(),
        "no_gaps" => Problem::conflict("no_gaps", "Nothing is missing of this recording."),
        "no_overlap" => {
            Problem::conflict("no_overlap", "The file begins after the last gap of the recording.")
        }
        "fill_exists" => Problem::conflict("fill_exists", "This file was sent before. Withdraw it first."),
        "too_many_fills" => {
            Problem::conflict("too_many_fills", "The lesson has too many fills. Withdraw one first.")
        }
        "file_gone" => {
            Problem::conflict("file_gone", "The file is not kept any more. Withdraw it and send it again.")
        }
        "disk_full" => {
            Problem::unavailable("disk_full", "The media service's disk has no room for this file.", 3600)
        }
        "too_many_uploads" => {
            let sentence = "Too many files are being sent at once. Let some of them end first.";
            Problem::unavailable("too_many_uploads", sentence, 60)
        }
        "storage" => {
            let sentence = "The media service's store cannot be read or written right now. Try again.";
            Problem::unavailable("storage", sentence, 10)
        }
        "recording_damaged" => Problem::conflict("recording_damaged", "The recording is damaged."),
        "busy" => Problem::unavailable("busy", "Too much work is waiting. Try again in a moment.", 10),
        _ => unavailable(),
    }
}
