//! Short links: who makes them, what they tell whom.

use reqwest::StatusCode;
use serde_json::json;
use yunke_store::Edit;

use crate::harness::{Server, good, problem};

const INDEX: &str =
    "<!doctype html><head><meta name=\"description\" content=\"x\" /><title>云课</title></head>";

async fn with_pages() -> (Server, tempfile::TempDir) {
    let web = tempfile::tempdir().expect("a folder");
    std::fs::write(web.path().join("index.html"), INDEX).expect("written");
    let folder = web.path().to_owned();
    (Server::with(|config| config.http.web_dir = folder).await, web)
}

#[tokio::test]
async fn a_lesson_has_one_short_link_that_tells_what_waits_behind_it() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = server.plan(&town).await;
    let path = format!("/api/studio/lessons/{lesson}/share");
    let link = good(server.post(Some(town.lecturer), &path, &json!({})).await).await;
    let code = link["code"].as_str().expect("a code");
    assert!(code.len() == 10 && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{code}");
    assert!(link["url"].as_str().is_some_and(|url| url.ends_with(&format!("/s/{code}"))), "{link}");
    assert!(link["qr"]["path"].as_str().is_some_and(|path| path.starts_with("M0 0h7v1h-7z")));
    assert_eq!(good(server.post(Some(town.organizer), &path, &json!({})).await).await, link);
    // Nobody is signed in; the code is typed off a poster.
    for typed in [code.to_owned(), code.to_uppercase(), format!("%20{code}%E2%80%8B")] {
        let about = good(server.get(None, &format!("/api/share/{typed}")).await).await;
        assert_eq!((&about["lesson_id"], &about["title"]), (&json!(lesson), &json!("课程")), "{typed}");
        let known: Vec<&String> = about.as_object().expect("an object").keys().collect();
        let told = [
            "lecturer_name",
            "lesson_id",
            "phase",
            "planned_end_at",
            "planned_start_at",
            "signed_in",
            "title",
            "unit_name",
        ];
        assert_eq!(known, told);
    }
    let none = server.get(None, "/api/share/aaaaaaaaaa").await;
    assert_eq!(problem(none).await, (StatusCode::NOT_FOUND, "not_found".to_owned()));
}

#[tokio::test]
async fn a_chats_preview_shows_what_the_link_is_about_and_no_page_without_a_link_does() {
    let (server, _web) = with_pages().await;
    let town = server.town().await;
    let lesson = server.plan(&town).await;
    let edit = Edit {
        title: Some("\"><script>alert(1)</script>".to_owned()),
        summary: Some("只给支部看的简介".to_owned()),
        ..Edit::default()
    };
    server
        .app
        .store
        .edit_lesson(lesson, edit, town.organizer, server.app.source.now())
        .await
        .expect("edited");
    let path = format!("/api/studio/lessons/{lesson}/share");
    let link = good(server.post(Some(town.lecturer), &path, &json!({})).await).await;
    let code = link["code"].as_str().expect("a code");
    let answer = server.get(None, &format!("/s/{code}")).await;
    assert_eq!(answer.headers()["x-robots-tag"], "noindex");
    let page = answer.text().await.expect("a page");
    assert!(page.contains("<title>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt; · 云课</title>"), "{page}");
    assert!(page.contains("<meta property=\"og:title\" content=\"&quot;&gt;&lt;script"), "{page}");
    let about = "content=\"2027-01-15 17:00–17:45 · 讲师 · 甲站\"";
    assert!(page.contains(&format!("<meta property=\"og:description\" {about} />")), "{page}");
    assert!(page.contains(&format!("/s/{code}\" />")) && page.contains("/icon-512.png\" />"), "{page}");
    assert!(!page.contains("简介") && !page.contains(&lesson.to_string()), "{page}");
    for other in [format!("/lessons/{lesson}"), "/s/aaaaaaaaaa".to_owned(), "/s/".to_owned(), "/".to_owned()]
    {
        let page = server.get(None, &other).await.text().await.expect("a page");
        assert_eq!(page, INDEX, "{other}");
    }
}

#[tokio::test]
async fn a_link_is_revoked_by_an_organizer_and_says_so_kindly() {
    let (server, _web) = with_pages().await;
    let town = server.town().await;
    let lesson = server.plan(&town).await;
    let path = format!("/api/studio/lessons/{lesson}/share");
    let old = good(server.post(Some(town.organizer), &path, &json!({})).await).await;
    // Lecturers share, and revoke nothing that others may have printed.
    let lecturer = server.post(Some(town.lecturer), &format!("{path}/renew"), &json!({})).await;
    assert_eq!(problem(lecturer).await.0, StatusCode::FORBIDDEN);
    let new = good(server.post(Some(town.organizer), &format!("{path}/renew"), &json!({})).await).await;
    assert_ne!(new["code"], old["code"]);
    assert!(new["url"].as_str().is_some_and(|url| url.ends_with(new["code"].as_str().expect("a code"))));
    assert_eq!(good(server.post(Some(town.lecturer), &path, &json!({})).await).await, new);
    let code = old["code"].as_str().expect("a code");
    let gone = server.get(None, &format!("/api/share/{code}")).await;
    assert_eq!(problem(gone).await, (StatusCode::GONE, "link_revoked".to_owned()));
    assert_eq!(server.get(None, &format!("/s/{code}")).await.text().await.expect("a page"), INDEX);
    let code = new["code"].as_str().expect("a code");
    assert_eq!(good(server.get(None, &format!("/api/share/{code}")).await).await["lesson_id"], json!(lesson));
}
