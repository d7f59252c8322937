//! Every route of the OpenAPI document, called as every role, against the access table.

use std::str::FromStr as _;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_server::{
    auth::Access,
    routes::{access, document},
};
use yunke_store::DEFAULT_RULE;

use crate::harness::{Server, Town};

/// The roles, by name.
fn roles(town: &Town) -> [(&'static str, Option<Uuid>); 9] {
    [
        ("nobody", None),
        ("member", Some(town.member)),
        ("member of a foreign branch", Some(town.foreign_member)),
        ("lecturer of another lesson", Some(town.other_lecturer)),
        ("lecturer", Some(town.lecturer)),
        ("organizer of another part", Some(town.other_organizer)),
        ("organizer", Some(town.organizer)),
        ("organizer of the centre", Some(town.chief)),
        ("auditor", Some(town.auditor)),
    ]
}

/// Who an access entry lets in, in words of its own, apart from the gate's code.
fn lets_in(access: Access, method: &Method, role: &str) -> bool {
    let looks = method == Method::GET && role == "auditor";
    match access {
        Access::Anyone => true,
        // An export there is none of for whoever did not make it: refused by a 404.
        Access::Account | Access::SignedIn | Access::ExportOwn => role != "nobody",
        Access::Staff => role.contains("lecturer") || role.contains("organizer"),
        Access::Organizer => role.contains("organizer") || looks,
        Access::Owner | Access::Centre => role == "organizer of the centre",
        Access::LessonWatch => ["member", "lecturer"].contains(&role) || answers(role),
        Access::LessonRun => role == "lecturer" || answers(role),
        Access::LessonOrganize
        | Access::PersonOrganize
        | Access::UnitOrganize
        | Access::SeriesOrganize
        | Access::EpisodeOrganize => answers(role) || looks,
        Access::SeriesListen | Access::EpisodeListen => role == "member" || answers(role),
    }
}

/// Who answers for the lesson, the person and the unit of the addresses.
fn answers(role: &str) -> bool {
    ["organizer", "organizer of the centre"].contains(&role)
}

/// Method and path of every operation.
fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(document()).expect("a document");
    let paths = document["paths"].as_object().expect("paths").clone();
    paths
        .into_iter()
        .flat_map(|(path, item)| {
            let methods: Vec<String> = item.as_object().expect("operations").keys().cloned().collect();
            methods.into_iter().map(move |method| (method, path.clone()))
        })
        .filter_map(|(method, path)| Some((Method::from_str(&method.to_uppercase()).ok()?, path)))
        .collect()
}

#[tokio::test]
async fn every_route_lets_in_whom_its_entry_names() {
    let server = Server::empty().await;
    let town = server.town().await;
    let operations = operations();
    assert!(operations.len() > 20, "the document names its operations");
    for (method, path) in operations {
        let entry =
            access::TABLE.of(&method, &path).unwrap_or_else(|| panic!("no access entry: {method} {path}"));
        for (role, user) in roles(&town) {
            // A lesson of its own for every call: some calls start, end or cancel it.
            let lesson = server.plan(&town).await;
            // And a person, whom some calls disable.
            let person = server.somebody(&town).await;
            // And an episode, which some calls withdraw or remove.
            let (series, episode) = if path.contains("library") {
                server.episode(&town).await
            } else {
                (Uuid::nil(), Uuid::nil())
            };
            let address = path
                .replace("{series_id}", &series.to_string())
                .replace("{episode_id}", &episode.to_string())
                .replace("{speaker_id}", &lesson.to_string())
                .replace("{id}", &lesson.to_string())
                .replace("{member_id}", &town.member.to_string())
                .replace("{person_id}", &person.to_string())
                .replace("{unit_id}", &town.branch.id.to_string())
                .replace("{rule_id}", &DEFAULT_RULE.to_string())
                .replace("{preview_id}", &lesson.to_string())
                .replace("{lesson_id}", &lesson.to_string())
                .replace("{export_id}", &lesson.to_string())
                .replace("{fill_id}", &lesson.to_string());
            let call = server.call_as(user, method.clone(), &address).await.json(&json!({}));
            let answer = call.send().await.expect("answered");
            let status = answer.status();
            let body: Value = answer.json().await.unwrap_or_default();
            let code = body["code"].as_str().unwrap_or_default().to_owned();
            let what = format!("{method} {path} as {role}: {status} {code}");
            assert!(!status.is_server_error() || code == "media_unavailable", "{what}");
            let refused = match status {
                StatusCode::UNAUTHORIZED => code == "sign_in_required",
                StatusCode::FORBIDDEN => ["not_allowed", "not_invited"].contains(&code.as_str()),
                _ => false,
            };
            assert_eq!(refused, !lets_in(entry, &method, role), "{what}, the table says {entry:?}");
            assert_eq!(code == "sign_in_required", refused && user.is_none(), "{what}");
        }
    }
}

#[test]
fn every_entry_is_a_route() {
    let operations = operations();
    for (method, path, _) in access::TABLE.0 {
        let known = operations.iter().any(|(m, p)| m == method && p == path);
        assert!(known, "{method} {path} is in the table, but not in the document");
    }
}

#[tokio::test]
async fn a_lesson_that_is_none_is_not_found_whoever_asks() {
    let server = Server::empty().await;
    let town = server.town().await;
    for id in [Uuid::nil().to_string(), "x".to_owned(), "%00".to_owned(), "..".to_owned()] {
        let answer = server.get(Some(town.member), &format!("/api/lessons/{id}/progress")).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{id}");
    }
}
