//! `/s/{code}`: the page of a short link. It is the application's page like any other, with a few lines for
//! chat programs that show a preview. They must get no more than whoever has the link may know, and nothing
//! of the lesson's inside.

use std::fmt::Write as _;

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse as _, Response},
};
use yunke_store::{Lesson, LessonPhase};

use super::{lessons::share, origin::shared_origin};
use crate::{calendar, state::AppState};

/// The code in the path of a short link.
pub(super) fn code(path: &str) -> Option<&str> {
    path.strip_prefix("/s/").filter(|code| !code.is_empty() && code.len() <= 64 && !code.contains('/'))
}

/// The page with its preview; without one where the link leads nowhere, and the page says so.
pub(super) async fn page(app: &AppState, code: &str, headers: &HeaderMap, index: &str) -> Response {
    let lesson = share::find(app, code).await.ok().flatten();
    let (origin, _) = shared_origin(headers, &app.config);
    let html = match lesson {
        Some(lesson) => with_preview(index, &lesson, &origin, code),
        None => index.to_owned(),
    };
    let mut response = Html(html).into_response();
    let sent = response.headers_mut();
    sent.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // A link is for those it was sent to, not for a search engine.
    sent.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

fn with_preview(index: &str, lesson: &Lesson, origin: &str, code: &str) -> String {
    let title = match lesson.phase {
        LessonPhase::Cancelled => format!("（已取消）{}", lesson.title),
        _ => lesson.title.clone(),
    };
    let about = format!(
        "{}–{} · {} · {}",
        calendar::local_minute(lesson.planned_start_at),
        &calendar::local_minute(lesson.planned_end_at)[11..],
        lesson.lecturer_name,
        lesson.unit.name
    );
    let url = format!("{origin}/s/{code}");
    let picture = format!("{origin}/icon-512.png");
    let mut tags = String::new();
    for (name, value) in [
        ("og:type", "website"),
        ("og:site_name", "云课"),
        ("og:title", title.as_str()),
        ("og:description", &about),
        ("og:url", &url),
        ("og:image", &picture),
    ] {
        let _ = write!(tags, "<meta property=\"{name}\" content=\"{}\" />", escaped(value));
    }
    let titled = format!("<title>{} · 云课</title>", escaped(&title));
    let described = format!("<meta name=\"description\" content=\"{}\" />", escaped(&about));
    let page = between(index, "<title>", "</title>", &titled);
    let page = between(&page, "<meta name=\"description\"", "/>", &described);
    page.replacen("</head>", &format!("{tags}</head>"), 1)
}

/// Replaces what lies between `begin` and `end`, if both are there.
fn between(text: &str, begin: &str, end: &str, instead: &str) -> String {
    let Some(from) = text.find(begin) else { return text.to_owned() };
    let Some(length) = text[from..].find(end) else { return text.to_owned() };
    format!("{}{instead}{}", &text[..from], &text[from + length + end.len()..])
}

/// Escaped as the content of an element or an attribute.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_short_link_is_one() {
        assert_eq!(code("/s/abcdefghjk"), Some("abcdefghjk"));
        for other in ["/s/", "/s", "/sx/abc", "/s/a/b", "/studio"] {
            assert_eq!(code(other), None, "{other}");
        }
        assert_eq!(code(&format!("/s/{}", "a".repeat(65))), None);
    }

    #[test]
    fn what_people_type_stays_text() {
        assert_eq!(escaped("<script>\"'&"), "&lt;script&gt;&quot;&#39;&amp;");
        assert_eq!(between("a<title>x</title>b", "<title>", "</title>", "y"), "ayb");
        assert_eq!(between("a<title>x", "<title>", "</title>", "y"), "a<title>x");
    }
}
