//! `POST /api/console/library/uploads`: creation of tus 1.0. What is created is a version of an episode; its bytes go to the media
//! node, whose address is the answer, and never through here.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_catalogue::file_name;
use yunke_protocol::{AudioPlan, FilePass, FileRight, MAX_AUDIO_NAME_BYTES};
use yunke_store::{NewVersion, VersionOf, VersionState};

use super::series::{done, forget};
use crate::{
    auth::Viewer,
    catalogue::{Audience, Catalogue},
    problem::{ApiResult, Problem},
    routes::origin,
    state::AppState,
};

/// How long an upload may be gone on with: days without a network are in it.
const PASS_MS: i64 = 7 * 24 * 3_600_000;
/// Characters of the title a file name becomes.
const TITLE_CHARS: usize = 100;
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const ONE: HeaderValue = HeaderValue::from_static("1.0.0");

/// What was created; the address for its bytes is in `Location`, and a secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Created {
    episode_id: Uuid,
    version: Uuid,
}

/// Every answer says which version of tus it speaks; who speaks another one is refused.
pub(super) async fn speaks_tus(request: Request, next: Next) -> Response {
    let speaks = request.headers().get(TUS_RESUMABLE).is_some_and(|version| version == ONE);
    let mut response = if speaks {
        next.run(request).await
    } else {
        let sentence = "This address speaks tus 1.0.0: send Tus-Resumable: 1.0.0.";
        let mut refused =
            Problem::new(StatusCode::PRECONDITION_FAILED, "tus_version", sentence).into_response();
        refused.headers_mut().insert(TUS_VERSION, ONE);
        refused
    };
    response.headers_mut().insert(TUS_RESUMABLE, ONE);
    response
}

/// What the headers of a creation say.
#[derive(Debug, Default)]
struct Metadata {
    file_name: String,
    series: Option<Uuid>,
    episode: Option<Uuid>,
    music: bool,
    trim: bool,
}

impl Metadata {
    /// Pairs of a key and a value in base64, separated by commas; a key alone is a yes.
    fn read(headers: &HeaderMap) -> ApiResult<Self> {
        let unfit = || {
            let sentence = "Upload-Metadata is no list of keys with values in base64.";
            Problem::bad_request("metadata_unfit", sentence)
        };
        let text = headers.get(UPLOAD_METADATA).map_or(Ok(""), HeaderValue::to_str).map_err(|_| unfit())?;
        let mut all = Self::default();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, coded) = pair.split_once(' ').unwrap_or((pair, ""));
            let value = STANDARD.decode(coded.trim()).map_err(|_| unfit())?;
            let value = String::from_utf8(value).map_err(|_| unfit())?;
            let id = || Uuid::try_parse(&value).map_err(|_| unfit());
            match key {
                "filename" | "name" => all.file_name = value,
                "series" => all.series = Some(id()?),
                "episode" => all.episode = Some(id()?),
                "music" => all.music = value.is_empty() || value == "true",
                "trim" => all.trim = value.is_empty() || value == "true",
                _ => {}
            }
        }
        Ok(all)
    }
}

/// Creates an upload: a new episode of a series, or a new file of an episode that is there.
#[utoipa::path(post, path = "/api/console/library/uploads", tag = "console",
    params(("Tus-Resumable" = String, Header), ("Upload-Length" = u64, Header), ("Upload-Metadata" = String, Header,
            description = "filename, series or episode, music, trim")),
    responses((status = CREATED, body = Created, description = "Location: where PATCH goes"),
              (status = BAD_REQUEST, description = "upload_length, metadata_unfit"),
              (status = FORBIDDEN, description = "not_allowed"),
              (status = PAYLOAD_TOO_LARGE, description = "upload_too_large"),
              (status = PRECONDITION_FAILED, description = "tus_version"),
              (status = UNPROCESSABLE_ENTITY, description = "name_unfit, ignored_file, series_unknown, episode_unknown"),
              (status = TOO_MANY_REQUESTS, description = "too_many_uploads"),
              (status = INSUFFICIENT_STORAGE, description = "quota_full"),
              (status = SERVICE_UNAVAILABLE, description = "media_unavailable, disk_full")))]
pub(super) async fn create(
    State(app): State<AppState>,
    viewer: Viewer,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let bytes = headers.get(UPLOAD_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let bytes = bytes.filter(|bytes| *bytes > 0).ok_or_else(|| {
        Problem::bad_request("upload_length", "Upload-Length is missing, or the file is empty.")
    })?;
    let metadata = Metadata::read(&headers)?;
    let catalogue = app.library.refresh().await?;
    check_size(&app, &catalogue, bytes)?;
    let file_name = checked_name(&metadata.file_name)?;
    let (episode_id, of) = target(&app, &viewer.audience(&app), &catalogue, &metadata, &file_name)?;
    let version = app.source.id();
    let plan = AudioPlan {
        item: episode_id,
        bytes,
        name: file_name.clone(),
        trim_silence: metadata.trim,
        music: metadata.music,
    };
    // The node first: what it has no room for is no episode.
    app.media.plan_audio(version, &plan).await?;
    let new = NewVersion {
        id: version,
        episode_id,
        of,
        file_name,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        actor_id: viewer.user.id,
        at: app.source.now(),
    };
    let kept = app.store.add_version(new).await;
    if !matches!(kept, Ok(yunke_store::LibraryOutcome::Done)) {
        forget(&app, version).await;
    }
    done(kept?)?;
    app.library.refresh().await?;
    let expires_at = app.source.now() + PASS_MS;
    let pass =
        FilePass { right: FileRight::Upload(version), lesson: episode_id, expires_at }.sign(&app.file_key);
    let address =
        format!("{}/upload/{pass}", origin::media_origin(&headers, &app.config, app.media.http_port()));
    let location = HeaderValue::try_from(address).map_err(Problem::internal)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(Created { episode_id, version }))
        .into_response())
}

fn check_size(app: &AppState, catalogue: &Catalogue, bytes: u64) -> ApiResult<()> {
    let limits = &app.config.library;
    if bytes > limits.max_file_bytes() {
        let sentence = format!("A file may have at most {} MB.", limits.max_file_mb);
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "upload_too_large", sentence);
        return Err(problem.with("limit_bytes", limits.max_file_bytes()));
    }
    let versions = || catalogue.all_episodes().iter().flat_map(|episode| &episode.versions);
    let pending = versions().filter(|version| version.state == VersionState::Pending).count();
    if pending >= limits.max_pending as usize {
        let sentence = "Too many files are on their way. Let some of them end first.";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_uploads", sentence).retry_after(60));
    }
    let used: u64 = versions()
        .filter(|version| version.state != VersionState::Failed)
        .map(|version| u64::try_from(version.bytes).unwrap_or(0))
        .sum();
    match limits.quota_bytes() {
        Some(quota) if used.saturating_add(bytes) > quota => {
            let sentence =
                "The library has no room for this file. Remove episodes, or have the quota raised.";
            let problem = Problem::new(StatusCode::INSUFFICIENT_STORAGE, "quota_full", sentence);
            Err(problem.with("quota_bytes", quota).with("used_bytes", used))
        }
        _ => Ok(()),
    }
}

/// The name without folders; what systems leave beside people's files is no file of theirs.
fn checked_name(typed: &str) -> ApiResult<String> {
    let name = typed.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    if name.is_empty() || name.len() > MAX_AUDIO_NAME_BYTES || name.chars().any(char::is_control) {
        let sentence =
            "The file has no name, or one that is too long or contains control characters. Rename it.";
        return Err(Problem::field("filename", "name_unfit", sentence));
    }
    if file_name::is_ignored(typed) {
        let sentence = "This file was left by a computer or a phone, and is no recording.";
        return Err(Problem::field("filename", "ignored_file", sentence));
    }
    Ok(name.to_owned())
}

/// The episode a file is for, if the viewer organizes it.
fn target(
    app: &AppState,
    audience: &Audience,
    catalogue: &Catalogue,
    metadata: &Metadata,
    name: &str,
) -> ApiResult<(Uuid, VersionOf)> {
    let own = |series: Option<&yunke_store::Series>, field: &str, code| {
        let series =
            series.ok_or_else(|| Problem::field(field, code, "There is no such thing in the library."))?;
        if audience.organizes(series) {
            return Ok(series.id);
        }
        Err(Problem::forbidden("not_allowed", "You do not organize this series."))
    };
    if let Some(episode) = metadata.episode {
        let known = catalogue.episode(episode).and_then(|known| catalogue.series(known.series_id));
        own(known, "episode", "episode_unknown")?;
        return Ok((episode, VersionOf::Known));
    }
    let series = metadata.series.and_then(|id| catalogue.series(id));
    let series_id = own(series, "series", "series_unknown")?;
    let said = file_name::read(name);
    let title: String = said.title.chars().take(TITLE_CHARS).collect();
    Ok((app.source.id(), VersionOf::New { series_id, number: said.number.map(i64::from), title }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ApiResult<Metadata> {
        let mut headers = HeaderMap::new();
        headers.insert(UPLOAD_METADATA, HeaderValue::from_str(text).expect("a header"));
        Metadata::read(&headers)
    }

    #[test]
    fn metadata_is_read_as_tus_has_it() {
        let name = STANDARD.encode("第一讲.mp3");
        let id = Uuid::from_u128(7);
        let series = STANDARD.encode(id.to_string());
        let all = read(&format!("filename {name},series {series}, music,other dGVzdA==")).expect("read");
        assert_eq!(
            (all.file_name.as_str(), all.series, all.music, all.trim),
            ("第一讲.mp3", Some(id), true, false)
        );
        for unfit in ["filename ???", "series dGVzdA==", "filename /w=="] {
            assert!(read(unfit).is_err(), "{unfit}");
        }
    }

    #[test]
    fn a_name_is_one_without_folders() {
        assert_eq!(checked_name("a/b\\01 开篇.mp3").ok().as_deref(), Some("01 开篇.mp3"));
        for unfit in ["", "a/", "x\u{7}.mp3", &"长".repeat(100)] {
            assert!(checked_name(unfit).is_err(), "{unfit}");
        }
    }
}
