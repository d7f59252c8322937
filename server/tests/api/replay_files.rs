//! Captions and posters: files that staff upload and members see.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    harness::{Server, good, problem},
    replay::{ended, put},
};

async fn upload(server: &Server, user: Uuid, path: &str, file: Vec<u8>) -> Response {
    let call = server.call_as(Some(user), Method::PUT, path).await;
    call.header(header::CONTENT_TYPE, "application/octet-stream").body(file).send().await.expect("answered")
}

async fn text(server: &Server, user: Uuid, path: &str) -> (StatusCode, String, String) {
    let answer = server.get(Some(user), path).await;
    let kind =
        answer.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().expect("ASCII").to_owned());
    (answer.status(), kind.unwrap_or_default(), answer.text().await.expect("a body"))
}

#[tokio::test]
async fn captions_of_either_format_are_served_as_webvtt_and_cut_for_members() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = ended(&server, &town).await;
    let zh = format!("/api/studio/lessons/{id}/captions/zh");
    let srt = "\u{FEFF}1\r\n00:00:05,000 --> 00:00:08,000\r\n<b>各位</b>好\r\n\r\n2\r\n00:00:30,000 --> 00:00:33,000\r\n第二句\r\n";
    let view = good(upload(&server, town.lecturer, &zh, srt.into()).await).await;
    let captions = &view["captions"][0];
    assert_eq!((&captions["language"], &captions["cues"]), (&json!("zh"), &json!(2)));
    let url = captions["url"].as_str().expect("an address").to_owned();
    let (status, kind, whole) = text(&server, town.member, &url).await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/vtt; charset=utf-8"));
    assert_eq!(
        whole,
        "WEBVTT\n\n00:00:05.000 --> 00:00:08.000\n各位好\n\n00:00:30.000 --> 00:00:33.000\n第二句\n"
    );
    let cut = json!({ "in_ms": 6_000, "out_ms": 20_000 });
    let view =
        good(put(&server, town.lecturer, &format!("/api/studio/lessons/{id}/replay/trim"), &cut).await).await;
    assert_ne!(view["captions"][0]["url"], url, "another address, for caches");
    let (_, _, cut) = text(&server, town.member, &url).await;
    assert_eq!(cut, "WEBVTT\n\n00:00:06.000 --> 00:00:08.000\n各位好\n");
    assert_eq!(text(&server, town.organizer, &url).await.2, whole, "staff see all");
    assert_eq!(problem(server.get(Some(town.foreign_member), &url).await).await.1, "not_invited");

    let hidden = format!("/api/studio/lessons/{id}/replay/hidden");
    good(put(&server, town.lecturer, &hidden, &json!({ "hidden": true })).await).await;
    assert_eq!(problem(server.get(Some(town.member), &url).await).await.1, "replay_hidden");
    let view = good(server.get(Some(town.member), &format!("/api/lessons/{id}/replay")).await).await;
    assert_eq!(view["captions"], json!([]));

    let remove = async || {
        let call = server.call_as(Some(town.lecturer), Method::DELETE, &zh).await;
        call.send().await.expect("answered")
    };
    assert_eq!(good(remove().await).await["captions"], json!([]));
    assert_eq!(problem(remove().await).await.1, "not_found");
}

#[tokio::test]
async fn captions_that_cannot_be_read_say_where_and_leave_the_old_ones() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = ended(&server, &town).await;
    let en = format!("/api/studio/lessons/{id}/captions/en");
    good(upload(&server, town.lecturer, &en, b"WEBVTT\n\n00:01.000 --> 00:02.000\nkept\n".to_vec()).await)
        .await;
    for (file, code, line) in [
        (b"".to_vec(), "captions_empty", Value::Null),
        (b"PK\x03\x04 a document".to_vec(), "captions_empty", Value::Null),
        (b"WEBVTT\n\n00:01.000 --> soon\nx\n".to_vec(), "captions_time", json!(3)),
        (b"1\n00:00:09,000 --> 00:00:08,000\nx\n".to_vec(), "captions_reversed", json!(2)),
        (b"1\n00:00:01,000 --> 00:00:02,000\n\xc4\xe3\xba\xc3\n".to_vec(), "captions_not_utf8", Value::Null),
    ] {
        let answer = upload(&server, town.lecturer, &en, file).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        let body: Value = answer.json().await.expect("a problem");
        assert_eq!((&body["code"], &body["line"]), (&json!(code), &line));
    }
    let large = upload(&server, town.lecturer, &en, vec![b'x'; (2 << 20) + 1]).await;
    assert_eq!(problem(large).await, (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large".to_owned()));
    // As large as fits: read, and found to have no caption.
    let fits = upload(&server, town.lecturer, &en, vec![b'x'; 2 << 20]).await;
    assert_eq!(problem(fits).await.1, "captions_empty");
    let unknown = en.replace("/en", "/klingon");
    assert_eq!(problem(upload(&server, town.lecturer, &unknown, Vec::new()).await).await.1, "not_found");
    let (_, _, kept) = text(&server, town.member, &format!("/api/lessons/{id}/captions/en")).await;
    assert!(kept.contains("kept"), "{kept}");
}

#[tokio::test]
async fn a_poster_is_a_picture_and_stands_in_cards() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = ended(&server, &town).await;
    let path = format!("/api/studio/lessons/{id}/poster");
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x05\0\0\0\x02\xd0\x08\x02\0\0\0....".to_vec();
    png.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
    for (file, status, code) in [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "picture_unknown",
        ),
        (b"GIF89a".to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "picture_unknown"),
        (png[..30].to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "picture_unknown"),
        (vec![0; (2 << 20) + 1], StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
    ] {
        assert_eq!(
            problem(upload(&server, town.lecturer, &path, file).await).await,
            (status, code.to_owned())
        );
    }
    let mut huge = png.clone();
    huge[16..20].copy_from_slice(&9_000_u32.to_be_bytes());
    assert_eq!(problem(upload(&server, town.lecturer, &path, huge).await).await.1, "picture_too_large");
    let card = async || {
        let home = good(server.get(Some(town.member), "/api/home").await).await;
        home["replays"][0]["poster_url"].clone()
    };
    assert_eq!(card().await, Value::Null);
    let view = good(upload(&server, town.organizer, &path, png.clone()).await).await;
    assert_eq!(card().await, view["poster_url"]);
    let url = view["poster_url"].as_str().expect("an address").to_owned();
    let answer = server.get(Some(town.member), &url).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "image/png");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.bytes().await.expect("a body"), png);
    assert_eq!(problem(server.get(Some(town.foreign_member), &url).await).await.1, "not_invited");
    let gone = server.call_as(Some(town.lecturer), Method::DELETE, &path).await;
    assert_eq!(good(gone.send().await.expect("answered")).await["poster_url"], Value::Null);
    assert_eq!(problem(server.get(Some(town.member), &url).await).await.1, "not_found");
}
