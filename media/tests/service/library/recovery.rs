//! What is left when the service or its disk failed at a bad moment.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use yunke_protocol::{AudioStage, paths};

use super::shelf::{Shelf, sha256, speech};
use crate::support::{signal, wait, wait_long};

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_episode_is_put_into_the_store_it_is_made_again_and_nothing_is_left_over() {
    let mut shelf = Shelf::start().await;
    // Stereo, so that there is something to write.
    let file = speech(&shelf, "speech.mp3", 60, &["-c:a", "libmp3lame", "-b:a", "64k"]).await;
    let version = shelf.upload(&file, json!({ "music": true })).await;
    let store = shelf.media.folder().join("store");
    let folder = store.join(format!("library/{version}"));
    wait_long("the first file of it to be written", || {
        names(&folder).iter().any(|name| name.starts_with("aac.m4a")).then_some(())
    })
    .await;
    signal(shelf.media.pid(), "KILL").await;
    // As a process leaves it that was killed in the middle of writing.
    std::fs::write(folder.join("opus.webm#1"), "half").expect("written");
    shelf = shelf.kill_and_restart().await;
    let status = shelf.done(version).await;
    assert_eq!(status.stage, AudioStage::Ready, "{status:?} {}", shelf.media.log());
    let facts = status.facts.expect("ready");
    assert!((facts.length_ms - 60_000).abs() <= 12, "{}", facts.length_ms);
    let all = ["aac.m4a", "aac.m4a.map", "facts.json", "opus.webm", "opus.webm.map", "plan.json"];
    wait("what is needed and no more", || (names(&folder) == all).then_some(())).await;
    wait("nothing to be left of the work", || names(&store.join("work")).is_empty().then_some(())).await;
    let lease = uuid::Uuid::now_v7();
    for rendition in &facts.renditions {
        let url = shelf.audio_url(lease, shelf.item, version, &rendition.name);
        let whole = shelf.plain(Method::GET, &url, &[], b"").await;
        assert_eq!((whole.status, sha256(&whole.body)), (200, rendition.sha256.clone()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_record_is_one_failed_version_and_the_others_go_on() {
    let mut shelf = Shelf::start().await;
    let file = speech(&shelf, "speech.mp3", 3, &["-c:a", "libmp3lame", "-b:a", "64k"]).await;
    let good = shelf.upload(&file, json!({})).await;
    assert_eq!(shelf.done(good).await.stage, AudioStage::Ready);
    let (planless, factless) = (shelf.upload(&file, json!({})).await, shelf.upload(&file, json!({})).await);
    for version in [planless, factless] {
        assert_eq!(shelf.done(version).await.stage, AudioStage::Ready);
    }
    let record = |version, name: &str| {
        let store = shelf.media.folder().join("store");
        store.join(format!("library/{version}/{name}"))
    };
    // What a disk leaves of a file that was written when the power went.
    std::fs::write(record(planless, "plan.json"), "").expect("written");
    std::fs::write(record(factless, "facts.json"), "{\"length_ms\":3").expect("written");
    shelf = shelf.kill_and_restart().await;
    let all = shelf.statuses(&[planless, factless, good]).await;
    let told: Vec<_> = all.iter().map(|status| (status.stage, status.code.as_deref())).collect();
    let damaged = (AudioStage::Failed, Some("damaged"));
    assert_eq!(told, [damaged, damaged, (AudioStage::Ready, None)]);
    for version in [planless, factless] {
        let retry = paths::of_version(paths::AUDIO_RETRY, version);
        let (status, told) = shelf.media.control(Method::POST, &retry, &Value::Null).await;
        assert_eq!((status, &told["code"]), (409, &json!("file_gone")), "its file is not kept");
        assert_eq!(
            shelf
                .media
                .control(Method::DELETE, &paths::of_version(paths::AUDIO, version), &Value::Null)
                .await
                .0,
            204
        );
    }
    // What waits is found by the round at the start, whatever lies before it.
    let next = shelf.upload(&file, json!({})).await;
    assert_eq!(shelf.done(next).await.stage, AudioStage::Ready, "{}", shelf.media.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_that_decodes_has_walls_around_all_of_its_threads() {
    let shelf = Shelf::start().await;
    let file = speech(&shelf, "long.flac", 60, &["-c:a", "flac"]).await;
    let version = shelf.upload(&file, json!({})).await;
    let worker = shelf.worker().await;
    // Landlock may only be used by who gives up to gain rights, and a thread has that from who started it.
    let threads = || {
        let tasks = std::fs::read_dir(format!("/proc/{worker}/task")).into_iter().flatten().flatten();
        let status = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("status")).ok());
        status.map(|text| text.contains("NoNewPrivs:\t1")).collect::<Vec<_>>()
    };
    let all = wait_long("GStreamer's threads", || Some(threads()).filter(|threads| threads.len() > 4)).await;
    assert!(all.iter().all(|walled| *walled), "{all:?}");
    assert_eq!(shelf.done(version).await.stage, AudioStage::Ready, "{}", shelf.media.log());
}
