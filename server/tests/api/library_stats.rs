//! What organizers see of what was heard: counted from what played, each person and each end once.

use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_store::EpisodeEdit;

use crate::harness::{EPISODE_MS, NOW, Server, good, problem};

const BEAT_MS: i64 = 15_000;
const DAY_MS: i64 = 86_400_000;

/// Plays from here to there in the time it takes.
async fn listen(server: &Server, user: Uuid, episode: Uuid, from_ms: i64, to_ms: i64) {
    let path = format!("/api/library/episodes/{episode}/leases");
    let lease = good(server.post(Some(user), &path, &json!({ "device": "phone" })).await).await;
    let path = format!("/api/library/episodes/{episode}/beats");
    for (seq, from) in (1..).zip((from_ms..to_ms).step_by(15_000)) {
        server.clock.advance(BEAT_MS);
        let beat = json!({
            "seq": seq, "state": "playing", "cause": "tick", "source": "replay", "mode": "audio", "from_ms": from,
            "to_ms": from + BEAT_MS, "rate_milli": 1000, "visible": false, "gesture": seq == 1, "client_ms": seq,
        });
        let body = json!({ "lease": lease["lease"], "beats": [beat] });
        let answer = good(server.post(Some(user), &path, &body).await).await;
        assert_eq!(answer["refused"], json!([]), "{answer}");
    }
}

async fn stats(server: &Server, user: Uuid, path: &str) -> Value {
    good(server.get(Some(user), &format!("/api/console/library/{path}")).await).await
}

/// Listeners, plays, time heard, completions.
fn figures(of: &Value) -> [i64; 4] {
    ["listeners", "plays", "heard_ms", "completions"].map(|name| of[name].as_i64().expect("a figure"))
}

#[tokio::test]
async fn what_was_heard_on_two_days_is_one_completion_and_hearing_it_again_adds_none() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (series, episode) = server.episode(&town).await;
    // Opened, and nothing heard.
    good(server.get(Some(town.member), &format!("/api/library/episodes/{episode}")).await).await;
    let path = format!("/api/library/episodes/{episode}/leases");
    good(server.post(Some(town.member), &path, &json!({ "device": "desktop" })).await).await;
    let of_series = format!("series/{series}/stats");
    let seen = stats(&server, town.organizer, &of_series).await;
    assert_eq!((figures(&seen["total"]), &seen["branches"]), ([0; 4], &json!([])));
    assert_eq!(figures(&seen["episodes"][0]), [0; 4]);

    let half = EPISODE_MS / 2;
    listen(&server, town.member, episode, 0, half).await;
    server.clock.advance(DAY_MS);
    listen(&server, town.member, episode, half, EPISODE_MS).await;
    assert_eq!(
        figures(&stats(&server, town.organizer, &of_series).await["total"]),
        [1, 2, EPISODE_MS, 1],
        "two days"
    );
    server.clock.advance(DAY_MS);
    let again = server.app.source.wall();
    listen(&server, town.member, episode, 0, EPISODE_MS).await;
    // Somebody else looks in, for the first minute.
    let other = server.somebody(&town).await;
    listen(&server, other, episode, 0, 60_000).await;
    let all = [2, 4, 2 * EPISODE_MS + 60_000, 1];
    let seen = stats(&server, town.organizer, &of_series).await;
    assert_eq!((figures(&seen["total"]), figures(&seen["episodes"][0])), (all, all));
    assert_eq!(
        (&seen["episodes"][0]["title"], &seen["episodes"][0]["number"]),
        (&json!("第一讲 长征"), &json!(1))
    );
    assert_eq!(
        (figures(&seen["branches"][0]), &seen["branches"][0]["branch_id"]),
        (all, &json!(town.branch.id))
    );
    let since = stats(&server, town.organizer, &format!("{of_series}?from={again}")).await;
    assert_eq!(figures(&since["total"]), [2, 2, EPISODE_MS + 60_000, 0], "completed before");
    // Both heard the beginning, one the rest.
    let one = stats(&server, town.organizer, &format!("episodes/{episode}/stats")).await;
    let curve: Vec<i64> =
        one["curve"].as_array().expect("a curve").iter().filter_map(Value::as_i64).collect();
    let expected: Vec<i64> = (0..50).map(|part| if part < 5 { 2 } else { 1 }).collect();
    assert_eq!((curve, &one["length_ms"], figures(&one["total"])), (expected, &json!(EPISODE_MS), all));

    let (empty, _) = server.episode(&town).await;
    let library = stats(&server, town.organizer, "stats").await;
    assert_eq!((figures(&library["total"]), &library["series"][0]["series_id"]), (all, &json!(series)));
    let listed: Vec<_> = library["series"].as_array().expect("a list").iter().map(figures).collect();
    assert_eq!(listed, [all, [0; 4]], "what nobody heard is seen, too");
    assert_eq!(library["series"][1]["series_id"], json!(empty));
    // Another part of the tree has none of it.
    let elsewhere = stats(&server, town.other_organizer, "stats").await;
    assert_eq!((figures(&elsewhere["total"]), &elsewhere["series"]), ([0; 4], &json!([])));
}

#[tokio::test]
async fn figures_can_be_taken_along_and_run_nothing() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (series, episode) = server.episode(&town).await;
    let named = EpisodeEdit { title: Some("=cmd|' /C calc'!A0".to_owned()), ..EpisodeEdit::default() };
    server.app.store.edit_episode(episode, named, town.organizer, NOW).await.expect("named");
    server.app.library.refresh().await.expect("read");
    listen(&server, town.member, episode, 0, EPISODE_MS).await;
    let path = format!("/api/console/library/series/{series}/stats/export");
    let csv = server.get(Some(town.organizer), &format!("{path}?format=csv")).await;
    assert_eq!(csv.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let name = csv.headers()[header::CONTENT_DISPOSITION].to_str().expect("ASCII").to_owned();
    assert!(name.starts_with("attachment; filename=\"listening-"), "{name}");
    let text = csv.text().await.expect("a file");
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[1], "\"单集\",\"1\",\"'=cmd|' /C calc'!A0\",\"1\",\"1\",\"0.166\",\"1\"");
    assert!(lines[2].starts_with("\"支部\",\"\",\""), "{}", lines[2]);
    assert_eq!(lines[3], "\"合计\",\"\",\"红色故事\",\"1\",\"1\",\"0.166\",\"1\"");
    let xlsx = server.get(Some(town.organizer), &path).await.bytes().await.expect("a file");
    assert!(xlsx.starts_with(b"PK"), "a ZIP");
    for span in ["from=5&until=5", "from=-1", "until=4102444800001"] {
        for at in [path.clone(), format!("/api/console/library/episodes/{episode}/stats")] {
            let answer = problem(server.get(Some(town.organizer), &format!("{at}?{span}")).await).await;
            assert_eq!(answer, (StatusCode::UNPROCESSABLE_ENTITY, "span_wrong".to_owned()), "{at}?{span}");
        }
    }
}
