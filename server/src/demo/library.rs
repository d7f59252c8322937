//! The demo's library: three series that a voice reads, sent to the media node as an organizer's files are. Made once, after the demo's
//! lesson is on air, so that the first look at the demo is not delayed; a start that was interrupted is gone on with at the next one.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::process::Command;
use uuid::Uuid;
use yunke_catalogue::file_name;
use yunke_protocol::{AudioPlan, AudioStage, FilePass, FileRight};
use yunke_store::{
    EpisodeEdit, LibraryOutcome, NewSeries, NewVersion, SeriesCredit, Speaker, VersionOf, VersionState,
};

use super::{books::SERIES, seed::Cast};
use crate::state::AppState;

/// How long the demo's lesson has to get on air first.
const LESSON_FIRST: Duration = Duration::from_secs(15);
/// A voice reads an episode of two minutes in about a second.
const READ_LIMIT: Duration = Duration::from_mins(1);
/// Files are some megabytes, on this machine.
const SEND_LIMIT: Duration = Duration::from_mins(1);
const PASS_MS: i64 = 3_600_000;

/// Makes what is missing of the demo's library.
pub(super) async fn fill(app: AppState, cast: Cast) {
    tokio::select! {
        () = app.stopping.cancelled() => return,
        () = tokio::time::sleep(LESSON_FIRST) => {}
    }
    if let Err(error) = fill_all(&app, &cast).await {
        tracing::warn!(error = %format!("{error:#}"), "the demo's library is not complete");
    }
}

async fn fill_all(app: &AppState, cast: &Cast) -> anyhow::Result<()> {
    let catalogue = app.library.refresh().await?;
    for (title, category, about, speaker, episodes) in SERIES {
        let known = catalogue.all_series().find(|series| series.title == title);
        let series = match known {
            Some(series) => series.id,
            None => add_series(app, cast, title, category, about).await?,
        };
        let speaker = match catalogue.all_speakers().find(|one| one.name == speaker) {
            Some(one) => one.id,
            None => add_speaker(app, cast, speaker).await?,
        };
        for (number, (name, text)) in (1_i64..).zip(episodes) {
            let there = catalogue.episodes_of(series).iter().find(|episode| episode.number == Some(number));
            let newest = there.and_then(|episode| episode.versions.last());
            let done = match newest {
                Some(version) if version.state == VersionState::Pending => arrived(app, version.id).await,
                newest => newest.is_some_and(|version| version.state == VersionState::Ready),
            };
            if done || app.stopping.is_cancelled() {
                continue;
            }
            let episode = there.map(|episode| episode.id);
            send(app, cast, Place { series, speaker, episode, number }, name, text).await?;
        }
    }
    app.library.refresh().await?;
    tracing::info!("the demo's library is on its way");
    Ok(())
}

/// Whether the file of a version that is pending is at the node, and so will be ready by itself.
async fn arrived(app: &AppState, version: Uuid) -> bool {
    let known = app.media.audio(&[version]).await.unwrap_or_default();
    known.iter().any(|status| status.stage != AudioStage::Receiving)
}

/// Where a file belongs.
struct Place {
    series: Uuid,
    speaker: Uuid,
    /// It is there, without sound.
    episode: Option<Uuid>,
    number: i64,
}

async fn add_series(
    app: &AppState,
    cast: &Cast,
    title: &str,
    category: &str,
    about: &str,
) -> anyhow::Result<Uuid> {
    let new = NewSeries {
        id: app.source.id(),
        title: title.to_owned(),
        about: about.to_owned(),
        category: category.to_owned(),
        unit_id: cast.centre,
        public: true,
        credit: SeriesCredit::Episode,
        rule_id: None,
        actor_id: cast.organizer,
        at: app.source.now(),
    };
    let id = new.id;
    app.store.add_series(new).await?;
    Ok(id)
}

async fn add_speaker(app: &AppState, cast: &Cast, name: &str) -> anyhow::Result<Uuid> {
    let speaker = Speaker { id: app.source.id(), name: name.to_owned(), about: String::new() };
    let id = speaker.id;
    app.store.add_speaker(speaker, cast.organizer, app.source.now()).await?;
    Ok(id)
}

/// Has an episode read and sends it.
async fn send(app: &AppState, cast: &Cast, place: Place, name: &str, text: &str) -> anyhow::Result<()> {
    let folder = app.config.data_dir.join("demo");
    tokio::fs::create_dir_all(&folder).await?;
    let file = folder.join("episode.wav");
    read_aloud(text, &file).await?;
    let sound = tokio::fs::read(&file).await?;
    let _ = tokio::fs::remove_file(&file).await;
    let (version, bytes) = (app.source.id(), sound.len() as u64);
    let episode = place.episode.unwrap_or_else(|| app.source.id());
    let file_name = format!("{:02} {name}.wav", place.number);
    let plan = AudioPlan { item: episode, bytes, name: file_name.clone(), trim_silence: true, music: false };
    app.media.plan_audio(version, &plan).await.map_err(|problem| anyhow::anyhow!("{}", problem.code()))?;
    let said = file_name::read(&file_name);
    let new = VersionOf::New { series_id: place.series, number: Some(place.number), title: said.title };
    let of = if place.episode.is_some() { VersionOf::Known } else { new };
    let row = NewVersion {
        id: version,
        episode_id: episode,
        of,
        file_name,
        bytes: i64::try_from(bytes)?,
        actor_id: cast.organizer,
        at: app.source.now(),
    };
    anyhow::ensure!(app.store.add_version(row).await? == LibraryOutcome::Done, "the episode is gone");
    let out = EpisodeEdit {
        speaker_id: Some(Some(place.speaker)),
        publish_at: Some(Some(app.source.wall())),
        ..EpisodeEdit::default()
    };
    app.store.edit_episode(episode, out, cast.organizer, app.source.now()).await?;
    let cues: Vec<_> = text
        .split_inclusive(['。', '？', '！'])
        .map(|line| serde_json::json!({ "from_ms": 0, "to_ms": 0, "text": line }))
        .collect();
    let transcript = serde_json::json!({ "cues": cues, "untimed": true }).to_string();
    app.store.set_episode_transcript(episode, Some(transcript), cast.organizer, app.source.now()).await?;
    let expires_at = app.source.now() + PASS_MS;
    let pass =
        FilePass { right: FileRight::Upload(version), lesson: episode, expires_at }.sign(&app.file_key);
    let address = format!("http://127.0.0.1:{}/upload/{pass}", app.media.http_port());
    let call = reqwest::Client::new()
        .patch(address)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", 0)
        .header("content-type", "application/offset+octet-stream")
        .timeout(SEND_LIMIT)
        .body(sound);
    call.send().await?.error_for_status()?;
    Ok(())
}

/// A voice reads `text` into `file`.
async fn read_aloud(text: &str, file: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("espeak-ng");
    command.args(["-v", "cmn", "-s", "150", "-w"]).arg(file).arg(text);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let status = tokio::time::timeout(READ_LIMIT, command.status()).await??;
    anyhow::ensure!(status.success(), "espeak-ng ended with {status}; is it installed?");
    Ok(())
}
