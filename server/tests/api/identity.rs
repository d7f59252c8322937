//! Who people are: shared and missing numbers, roles that end, owners and auditors, units that move and close.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    harness::{PASSWORD, Server, good, problem},
    people::{add, roster, send, sign_in},
};

#[tokio::test]
async fn two_may_share_a_phone_and_who_has_none_signs_in_by_number() {
    let server = Server::empty().await;
    let town = server.town().await;
    let phone = "13911112222";
    let mut slips = Vec::new();
    for (name, number) in [("老张", "A-1"), ("老伴", "A-2")] {
        let body = json!({ "name": name, "phone": phone, "branch_id": town.branch.id, "member_no": number });
        slips.push(good(add(&server, town.organizer, &body).await).await);
    }
    for slip in &slips {
        let me = good(sign_in(&server, phone, slip["password"].as_str().expect("text")).await).await;
        assert_eq!(me["id"], slip["person"]["id"], "the password says who of them it is");
    }
    // The same password: whoever knows it is asked who they are, and nobody else learns that there are two.
    for slip in &slips {
        let user_id = slip["person"]["id"].as_str().expect("text").parse().expect("an id");
        let hash = server.app.auth.passwords.hash(PASSWORD.to_owned(), [3; 16]).await.expect("hashed");
        let actor_id = town.organizer;
        let own =
            yunke_store::NewPassword { user_id, hash, first: false, keep_session: None, actor_id, at: 1 };
        server.app.store.replace_password(own).await.expect("replaced");
    }
    assert_eq!(problem(sign_in(&server, phone, "wrong").await).await.1, "wrong_credentials");
    let asked = sign_in(&server, phone, PASSWORD).await;
    assert!(!asked.headers().contains_key(header::SET_COOKIE));
    assert_eq!(asked.status(), StatusCode::CONFLICT);
    let asked: Value = asked.json().await.expect("JSON");
    assert_eq!(asked["code"], "which_person");
    let people = asked["people"].as_array().expect("people");
    assert_eq!(people.len(), 2);
    // They were added in one moment: in which order is left open.
    let second = people.iter().find(|one| one["name"] == "老伴").expect("is asked for");
    let body = json!({ "phone": phone, "password": PASSWORD, "person_id": second["id"] });
    assert_eq!(good(server.post(None, "/api/session", &body).await).await["name"], "老伴");
    let body = json!({ "phone": phone, "password": PASSWORD, "person_id": town.member });
    assert_eq!(problem(server.post(None, "/api/session", &body).await).await.1, "wrong_credentials");

    let without = json!({ "name": "没有手机", "branch_id": town.branch.id, "member_no": " ｑ-9 号" });
    let slip = good(add(&server, town.organizer, &without).await).await;
    assert_eq!((&slip["phone"], &slip["person"]["phone_masked"]), (&Value::Null, &Value::Null));
    let link = slip["link"].as_str().expect("a link");
    assert!(link.contains("#phone=q-9%20%E5%8F%B7&first="), "{link}");
    let me = good(sign_in(&server, "ｑ-9 号 ", slip["password"].as_str().expect("text")).await).await;
    assert_eq!((&me["name"], &me["phone_masked"]), (&json!("没有手机"), &Value::Null));
    let taken = json!({ "name": "别人", "phone": phone, "branch_id": town.branch.id, "member_no": "A-1" });
    assert_eq!(problem(add(&server, town.organizer, &taken).await).await.1, "member_no_taken");
}

// nextcloud, Nimbus#167: a number that goes to another person takes nothing of the first along.
#[tokio::test]
async fn a_number_that_moves_to_another_opens_only_theirs() {
    let server = Server::empty().await;
    let town = server.town().await;
    let session = server.session(town.member).await;
    let path = |id: Uuid| format!("/api/console/people/{id}");
    let give = async |id, phone: Value| {
        good(
            send(&server, town.chief, Method::PATCH, &path(id), &json!({ "phone": phone, "member_no": id }))
                .await,
        )
        .await
    };
    give(town.member, Value::Null).await;
    give(town.foreign_member, json!(Server::phone(5))).await;
    let call = server.call(Method::GET, "/api/me").header(header::COOKIE, session);
    assert_eq!(
        call.send().await.expect("answered").status(),
        StatusCode::UNAUTHORIZED,
        "signed in by the old number"
    );
    let me = good(sign_in(&server, &Server::phone(5), PASSWORD).await).await;
    assert_eq!(me["name"], "别处学员");
}

#[tokio::test]
async fn two_who_change_one_person_notice_each_other() {
    let server = Server::empty().await;
    let town = server.town().await;
    let path = format!("/api/console/people/{}", town.member);
    let before = good(server.get(Some(town.organizer), &path).await).await;
    let edit = async |user, name: &str| {
        let body = json!({ "revision": before["revision"], "name": name });
        send(&server, user, Method::PATCH, &path, &body).await
    };
    assert_eq!(good(edit(town.organizer, "甲改的").await).await["revision"], json!(1));
    let late = edit(town.chief, "乙改的").await;
    assert_eq!((late.status(), problem(late).await.1.as_str()), (StatusCode::CONFLICT, "changed_meanwhile"));
    assert_eq!(good(server.get(Some(town.chief), &path).await).await["name"], "甲改的");
}

#[tokio::test]
async fn a_deputy_organizes_until_the_end_and_passes_on_no_more_than_that() {
    let server = Server::empty().await;
    let town = server.town().await;
    let path = format!("/api/console/people/{}", town.member);
    let until = server.app.source.now() + 3_600_000;
    let deputy = json!({ "roles": [{ "role": "organizer", "unit_id": town.station.id, "until_at": until }] });
    good(send(&server, town.organizer, Method::PATCH, &path, &deputy).await).await;
    assert_eq!(roster(&server, town.member, "").await["total"], 3);
    let other = server.somebody(&town).await;
    let path = format!("/api/console/people/{other}");
    let pass_on = async |until: Value| {
        let roles =
            json!({ "roles": [{ "role": "lecturer", "unit_id": town.branch.id, "until_at": until }] });
        send(&server, town.member, Method::PATCH, &path, &roles).await
    };
    assert_eq!(problem(pass_on(Value::Null).await).await.1, "role_longer");
    assert_eq!(problem(pass_on(json!(until + 1)).await).await.1, "role_longer");
    good(pass_on(json!(until)).await).await;
    server.clock.advance(3_600_000);
    let over = server.get(Some(town.member), "/api/console/roster").await;
    assert_eq!(problem(over).await.1, "not_allowed");
}

#[tokio::test]
async fn an_owner_is_changed_by_owners_only_and_an_auditor_sees_and_changes_nothing() {
    let server = Server::empty().await;
    let town = server.town().await;
    // An organizer of the whole centre is no owner.
    let body = json!({ "name": "二把手", "phone": "13911112222",
                       "roles": [{ "role": "organizer", "unit_id": town.centre }] });
    let second = good(add(&server, town.chief, &body).await).await;
    let second: Uuid = second["person"]["id"].as_str().expect("text").parse().expect("an id");
    let own = yunke_store::NewPassword {
        user_id: second,
        hash: String::new(),
        first: false,
        keep_session: None,
        actor_id: town.chief,
        at: 1,
    };
    server.app.store.replace_password(own).await.expect("replaced");
    let chief = format!("/api/console/people/{}", town.chief);
    for (method, path) in [(Method::POST, format!("{chief}/password")), (Method::PATCH, chief.clone())] {
        let answer = send(&server, second, method, &path, &json!({})).await;
        assert_eq!(problem(answer).await.1, "not_allowed", "{path}");
    }
    let itself = json!({ "roles": [{ "role": "owner", "unit_id": town.centre }] });
    let member = format!("/api/console/people/{}", town.member);
    assert_eq!(
        problem(send(&server, second, Method::PATCH, &member, &itself).await).await.1,
        "role_not_yours"
    );
    good(send(&server, town.chief, Method::PATCH, &member, &itself).await).await;

    let seen = roster(&server, town.auditor, "?q=xy").await;
    assert_eq!((&seen["total"], &seen["items"][0]["may_change"]), (&json!(1), &json!(false)));
    let year = good(server.get(Some(town.auditor), "/api/console/reports/year").await).await;
    assert_eq!(year["unit"]["name"], "甲站", "what they audit is theirs to read, without being named");
    let other = server.somebody(&town).await;
    let view = good(server.get(Some(town.auditor), &format!("/api/console/people/{other}")).await).await;
    assert_eq!((&view["phone"], &view["may_change"]), (&Value::Null, &json!(false)));
    assert!(view["phone_masked"].as_str().expect("text").contains("****"));
}

#[tokio::test]
async fn a_unit_moves_and_closes_within_the_organizers_part() {
    let server = Server::empty().await;
    let town = server.town().await;
    let patch = async |user, unit: Uuid, body: Value| {
        send(&server, user, Method::PATCH, &format!("/api/console/units/{unit}"), &body).await
    };
    let code = async |answer: Response| problem(answer).await.1;
    let there = json!({ "parent_id": town.other_station.id });
    assert_eq!(code(patch(town.organizer, town.branch.id, there.clone()).await).await, "unit_unknown");
    let wrong = json!({ "parent_id": town.branch.id });
    assert_eq!(code(patch(town.chief, town.station.id, wrong).await).await, "level_wrong");
    let taken = json!({ "parent_id": town.other_station.id, "name": "乙支部" });
    assert_eq!(code(patch(town.chief, town.branch.id, taken).await).await, "name_taken");
    let moved = good(patch(town.chief, town.branch.id, there).await).await;
    assert_eq!(moved["parent_id"], json!(town.other_station.id));
    assert_eq!(
        roster(&server, town.other_organizer, "?q=学员").await["total"],
        2,
        "they are seen where they are now"
    );
    let used = patch(town.chief, town.branch.id, json!({ "closed": true })).await;
    assert_eq!(used.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let used: Value = used.json().await.expect("JSON");
    assert_eq!((&used["code"], &used["members"]), (&json!("unit_in_use"), &json!(1)));
    let closed = good(patch(town.chief, town.station.id, json!({ "closed": true })).await).await;
    assert!(closed["closed_at"].is_i64());
    let below = json!({ "parent_id": town.station.id, "kind": "branch", "name": "新" });
    let below = server.post(Some(town.chief), "/api/console/units", &below).await;
    assert_eq!(code(below).await, "unit_closed");
    good(patch(town.chief, town.station.id, json!({ "closed": false, "name": "新甲站" })).await).await;
}
