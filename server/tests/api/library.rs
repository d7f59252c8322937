//! Listening: what is in the library and for whom, where somebody is, and what it earns. And what must earn nothing.

use reqwest::{Method, StatusCode, header::HeaderValue};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{EPISODE_MS, Server, Town, good, problem};

/// A lease of `user` to the episode.
async fn lease(server: &Server, user: Uuid, episode: Uuid, device: &str) -> Value {
    let path = format!("/api/library/episodes/{episode}/leases");
    good(server.post(Some(user), &path, &json!({ "device": device })).await).await
}

/// What played from here to there.
fn beat(seq: i64, from_ms: i64, to_ms: i64, cause: &str) -> Value {
    json!({
        "seq": seq, "state": "playing", "cause": cause, "source": "replay", "mode": "audio", "from_ms": from_ms,
        "to_ms": to_ms, "rate_milli": 1000, "visible": false, "gesture": seq == 1, "client_ms": seq,
    })
}

async fn submit(server: &Server, user: Uuid, episode: Uuid, lease: &Value, beats: Vec<Value>) -> Value {
    let path = format!("/api/library/episodes/{episode}/beats");
    good(server.post(Some(user), &path, &json!({ "lease": lease["lease"], "beats": beats })).await).await
}

/// Listens from `from_ms` on in beats of 15 s, for as long as it takes; the last answer.
async fn listen(
    server: &Server,
    user: Uuid,
    episode: Uuid,
    lease: &Value,
    from_ms: i64,
    to_ms: i64,
) -> Value {
    let mut answer = Value::Null;
    let mut at = from_ms;
    let mut seq = 0;
    while at < to_ms {
        let next = (at + 15_000).min(to_ms);
        server.clock.advance(next - at);
        seq += 1;
        let cause = if next == to_ms { "pause" } else { "tick" };
        answer = submit(server, user, episode, lease, vec![beat(seq, at, next, cause)]).await;
        at = next;
    }
    answer
}

async fn detail(server: &Server, user: Uuid, episode: Uuid) -> Value {
    good(server.get(Some(user), &format!("/api/library/episodes/{episode}")).await).await
}

async fn ready(server: &Server) -> (Town, Uuid, Uuid) {
    let town = server.town().await;
    let (series, episode) = server.episode(&town).await;
    (town, series, episode)
}

#[tokio::test]
async fn who_listens_is_counted_and_goes_on_where_they_were() {
    let server = Server::empty().await;
    let (town, series, episode) = ready(&server).await;
    let shelf = good(server.get(Some(town.member), "/api/library").await).await;
    assert_eq!((&shelf["new"][0]["id"], &shelf["continue"]), (&json!(episode), &json!([])));
    assert_eq!(
        (&shelf["series"][0]["id"], &shelf["series"][0]["episode_count"]),
        (&json!(series), &json!(1))
    );
    let phone = lease(&server, town.member, episode, "phone").await;
    assert_eq!((&phone["place"], phone["sound"].as_array().map(Vec::len)), (&Value::Null, Some(2)));
    let url = phone["sound"][0]["url"].as_str().expect("an address");
    assert!(url.contains(phone["lease"].as_str().expect("a token")) && url.ends_with("/aac.m4a"), "{url}");
    let answer = listen(&server, town.member, episode, &phone, 0, 300_000).await;
    assert_eq!((&answer["acked"], &answer["refused"]), (&json!([20]), &json!([])));
    assert_eq!(answer["place"]["position_ms"], 300_000);
    assert_eq!(answer["progress"]["counted_ms"], 300_000, "{answer}");
    assert_eq!(answer["progress"]["credit"], "half");
    // Another device at the same place; the first stays in the list.
    let desk = lease(&server, town.member, episode, "desktop").await;
    assert_eq!((&desk["place"]["position_ms"], &desk["place"]["device"]), (&json!(300_000), &json!("phone")));
    let answer = listen(&server, town.member, episode, &desk, 300_000, EPISODE_MS).await;
    assert_eq!((&answer["place"]["finished"], &answer["progress"]["credit"]), (&json!(true), &json!("full")));
    let places =
        good(server.get(Some(town.member), &format!("/api/library/episodes/{episode}/places")).await).await;
    assert_eq!(
        places["places"]
            .as_array()
            .map(|all| all.iter().map(|one| one["device"].clone()).collect::<Vec<_>>()),
        Some(vec![json!("desktop"), json!("phone")])
    );
    // Heard to the end: no more to go on with; begun again it is where they are, and nothing earned is lost.
    let shelf = good(server.get(Some(town.member), "/api/library").await).await;
    assert_eq!((&shelf["continue"], &shelf["series"][0]["heard"]), (&json!([]), &json!(1)));
    assert_eq!(shelf["listened"]["week_ms"], EPISODE_MS);
    let again = lease(&server, town.member, episode, "phone").await;
    listen(&server, town.member, episode, &again, 0, 60_000).await;
    let seen = detail(&server, town.member, episode).await;
    assert_eq!((&seen["place"]["position_ms"], &seen["place"]["finished"]), (&json!(60_000), &json!(false)));
    assert_eq!((&seen["counted_ms"], &seen["credit"]), (&json!(EPISODE_MS), &json!("full")));
}

#[tokio::test]
async fn what_was_not_heard_earns_nothing() {
    let server = Server::empty().await;
    let (town, _, episode) = ready(&server).await;
    let one = lease(&server, town.member, episode, "phone").await;
    // All of it at once, a second after it was opened, under as many leases as there are.
    server.clock.advance(1_000);
    let whole = |seq| beat(seq, 0, EPISODE_MS, "tick");
    let answer = submit(&server, town.member, episode, &one, vec![whole(1), whole(2)]).await;
    let first = answer["progress"]["counted_ms"].as_i64().expect("judged");
    assert!(first <= 5_000, "{first} ms for a second");
    for _ in 0..8 {
        let more = lease(&server, town.member, episode, "phone").await;
        submit(&server, town.member, episode, &more, vec![whole(1)]).await;
    }
    let counted = detail(&server, town.member, episode).await["counted_ms"].as_i64().expect("judged");
    assert!(counted <= 5_000, "{counted} ms by nine leases");
    // Beats that are none are refused, and move nobody.
    let one = lease(&server, town.member, episode, "phone").await;
    let nonsense = vec![beat(9, 5_000, 4_000, "tick"), beat(10, 0, 1_764_450_000_000, "tick")];
    let answer = submit(&server, town.member, episode, &one, nonsense).await;
    assert_eq!((answer["refused"].as_array().map(Vec::len), &answer["place"]), (Some(2), &Value::Null));
    // A lease is of one person and one episode.
    let (_, other) = server.episode(&town).await;
    let body = json!({ "lease": one["lease"], "beats": [beat(20, 0, 1_000, "tick")] });
    for (user, at, code) in
        [(town.member, other, "lease_other_lesson"), (town.organizer, episode, "lease_not_yours")]
    {
        let path = format!("/api/library/episodes/{at}/beats");
        assert_eq!(problem(server.post(Some(user), &path, &body).await).await.1, code);
    }
}

#[tokio::test]
async fn who_listens_to_two_at_once_earns_one() {
    let server = Server::empty().await;
    let (town, _, one) = ready(&server).await;
    let (_, two) = server.episode(&town).await;
    let (first, second) =
        (lease(&server, town.member, one, "phone").await, lease(&server, town.member, two, "tablet").await);
    for step in 1..=20 {
        server.clock.advance(15_000);
        let heard = |cause| beat(step, (step - 1) * 15_000, step * 15_000, cause);
        let cause = if step == 20 { "pause" } else { "tick" };
        submit(&server, town.member, one, &first, vec![heard(cause)]).await;
        submit(&server, town.member, two, &second, vec![heard(cause)]).await;
    }
    let counted =
        async |episode| detail(&server, town.member, episode).await["counted_ms"].as_i64().expect("judged");
    let (first, second) = (counted(one).await, counted(two).await);
    assert!(first + second <= 305_000, "{first} + {second} ms in 300 s");
}

#[tokio::test]
async fn only_what_is_out_and_for_them_is_heard() {
    let server = Server::empty().await;
    let (town, series, episode) = ready(&server).await;
    let path = format!("/api/library/episodes/{episode}");
    let foreign = async || problem(server.get(Some(town.foreign_member), &path).await).await;
    assert_eq!(foreign().await, (StatusCode::FORBIDDEN, "not_invited".to_owned()));
    let search = async |user, text: &str| {
        good(server.get(Some(user), &format!("/api/library/search?q={text}")).await).await["episodes"]
            .as_array()
            .map_or(0, Vec::len)
    };
    for text in ["长征", "changzheng", "cz", "长zheng", "征"] {
        assert_eq!(
            (search(town.member, text).await, search(town.foreign_member, text).await),
            (1, 0),
            "{text}"
        );
    }
    let change = async |path: String, body: Value| {
        let call = server.call_as(Some(town.organizer), Method::PATCH, &path).await.json(&body);
        good(call.send().await.expect("answered")).await
    };
    change(format!("/api/console/library/series/{series}"), json!({ "public": true })).await;
    assert_eq!(search(town.foreign_member, "长征").await, 1);
    let console = format!("/api/console/library/episodes/{episode}");
    let held = lease(&server, town.member, episode, "phone").await;
    listen(&server, town.member, episode, &held, 0, 60_000).await;
    change(console.clone(), json!({ "withdrawn": true })).await;
    assert_eq!(foreign().await, (StatusCode::GONE, "episode_withdrawn".to_owned()));
    // What the network held back is kept, and counts; what would be played on is kept and counts for nothing.
    let late = submit(&server, town.member, episode, &held, vec![beat(50, 60_000, 62_000, "pause")]).await;
    assert_eq!((&late["acked"], &late["refused"]), (&json!([50]), &json!([])));
    server.clock.advance(60_000);
    submit(&server, town.member, episode, &held, vec![beat(51, 62_000, 122_000, "pause")]).await;
    let fixed = server
        .call_as(Some(town.organizer), Method::PATCH, &format!("/api/console/library/series/{series}"))
        .await
        .json(&json!({ "credit": "none" }));
    let fixed = problem(fixed.send().await.expect("answered")).await;
    assert_eq!(fixed, (StatusCode::CONFLICT, "credit_fixed".to_owned()), "what was earned stays");
    // A lesson's lease opens its room, and no episode.
    let lesson = server.plan(&town).await;
    let body = json!({ "device": "phone" });
    let of_lesson =
        good(server.post(Some(town.member), &format!("/api/lessons/{lesson}/leases"), &body).await).await;
    let body = json!({ "lease": of_lesson["lease"], "beats": [beat(1, 0, 1_000, "tick")] });
    let strange =
        server.post(Some(town.member), &format!("/api/library/episodes/{lesson}/beats"), &body).await;
    assert_eq!(problem(strange).await.1, "lease_other_lesson");
    let removed = server.call_as(Some(town.organizer), Method::DELETE, &console).await.send().await;
    assert_eq!(problem(removed.expect("answered")).await, (StatusCode::CONFLICT, "heard".to_owned()));
    // Their own record has it all the same.
    let record =
        async || good(server.get(Some(town.member), "/api/me/listened").await).await["items"][0].clone();
    let mine = record().await;
    assert_eq!((&mine["episode_id"], &mine["available"]), (&json!(episode), &json!(false)));
    assert!(mine["progress"]["counted_ms"].as_i64().is_some_and(|counted| counted >= 60_000), "{mine}");
    let later = server.app.source.wall() + 3_600_000;
    change(
        console,
        json!({ "withdrawn": false, "publish_at": later, "number": null, "speaker_name": "曾老师" }),
    )
    .await;
    assert_eq!(problem(server.get(Some(town.member), &path).await).await.0, StatusCode::NOT_FOUND);
    server.clock.advance(3_600_000);
    let seen = detail(&server, town.member, episode).await;
    assert_eq!((&seen["number"], &seen["speaker"]["name"]), (&Value::Null, &json!("曾老师")));
    let counted = seen["counted_ms"].as_i64().expect("judged");
    assert!((60_000..=122_000).contains(&counted), "what was heard counts: {counted}");
}

#[tokio::test]
async fn an_upload_is_created_as_tus_has_it_or_refused_with_a_reason() {
    let server = Server::with(|config| config.library.max_file_mb = 2).await;
    let (town, series, _) = ready(&server).await;
    let create = async |length: &str, metadata: &str, version: &str| {
        let call = server.call_as(Some(town.organizer), Method::POST, "/api/console/library/uploads").await;
        let call = call.header("tus-resumable", version).header("upload-length", length);
        call.header("upload-metadata", metadata).send().await.expect("answered")
    };
    let coded = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let named = |name: &str| format!("filename {},series {}", coded(name), coded(&series.to_string()));
    for (length, metadata, code) in [
        ("0", named("a.mp3"), "upload_length"),
        ("x", named("a.mp3"), "upload_length"),
        ("2000001", named("a.mp3"), "upload_too_large"),
        ("10", named("._a.mp3"), "ignored_file"),
        ("10", named("Thumbs.db"), "ignored_file"),
        ("10", named(""), "name_unfit"),
        ("10", "filename ???".to_owned(), "metadata_unfit"),
        ("10", format!("filename {}", coded("a.mp3")), "series_unknown"),
        // The media node of this test is none.
        ("10", named("a.mp3"), "media_unavailable"),
    ] {
        let answer = create(length, &metadata, "1.0.0").await;
        assert_eq!(answer.headers().get("tus-resumable").map(HeaderValue::as_bytes), Some(&b"1.0.0"[..]));
        assert_eq!(problem(answer).await.1, code, "{length} {metadata}");
    }
    assert_eq!(
        problem(create("10", &named("a.mp3"), "0.2.2").await).await.0,
        StatusCode::PRECONDITION_FAILED
    );
    let after =
        good(server.get(Some(town.organizer), &format!("/api/console/library/series/{series}")).await).await;
    assert_eq!(after["episodes"].as_array().map(Vec::len), Some(1), "nothing was left behind");
}

#[tokio::test]
async fn a_cover_may_be_as_large_as_a_poster() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (series, _) = server.episode(&town).await;
    let path = format!("/api/console/library/series/{series}/cover");
    let call = server.call_as(Some(town.organizer), reqwest::Method::PUT, &path).await;
    // No picture: it is read, and refused for what it is.
    let answer =
        call.header("content-type", "image/png").body(vec![7_u8; 600_000]).send().await.expect("answered");
    assert_eq!(answer.status(), reqwest::StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
