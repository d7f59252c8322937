//! People and units as organizers keep them.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    harness::{PASSWORD, Server, Town, good, problem},
    media_node::Node,
};

pub(crate) async fn send(server: &Server, user: Uuid, method: Method, path: &str, body: &Value) -> Response {
    server.call_as(Some(user), method, path).await.json(body).send().await.expect("answered")
}

pub(crate) async fn add(server: &Server, by: Uuid, body: &Value) -> Response {
    server.post(Some(by), "/api/console/people", body).await
}

fn newcomer(town: &Town) -> Value {
    json!({ "name": " 𠮷田 静 ", "phone": "139 1111 2222", "branch_id": town.branch.id, "member_no": " ＮＯ．７ " })
}

pub(crate) async fn sign_in(server: &Server, phone: &str, password: &str) -> Response {
    server.post(None, "/api/session", &json!({ "phone": phone, "password": password })).await
}

pub(crate) async fn roster(server: &Server, user: Uuid, query: &str) -> Value {
    good(server.get(Some(user), &format!("/api/console/roster{query}")).await).await
}

#[tokio::test]
async fn the_slip_of_a_foreign_number_fills_in_that_number() {
    let server = Server::empty().await;
    let town = server.town().await;
    let newcomer = json!({ "name": "海外", "phone": "+852 9123 4567", "branch_id": town.branch.id });
    let slip = good(add(&server, town.organizer, &newcomer).await).await;
    assert_eq!(slip["phone"], "+85291234567");
    let link = slip["link"].as_str().expect("a link");
    // As the page reads it.
    let (_, form) = link.split_once('#').expect("behind the #");
    let url = reqwest::Url::parse(&format!("http://x/?{form}")).expect("an address");
    let (_, phone) = url.query_pairs().find(|(name, _)| name == "phone").expect("a number");
    assert_eq!(phone, "+85291234567", "{link}");
}

#[tokio::test]
async fn a_member_is_added_signs_in_by_the_slip_and_needs_a_password_of_their_own() {
    let server = Server::empty().await;
    let town = server.town().await;
    let slip = good(add(&server, town.organizer, &newcomer(&town)).await).await;
    assert_eq!(slip["person"]["name"], "𠮷田 静");
    assert_eq!(slip["person"]["member_no"], "NO.7");
    assert_eq!(slip["person"]["phone_masked"], "139****2222");
    assert_eq!(slip["phone"], "13911112222");
    let first = slip["password"].as_str().expect("a password").to_owned();
    let link = slip["link"].as_str().expect("a link");
    assert!(link.ends_with(&format!("/sign-in#phone=13911112222&first={first}")), "{link}");
    // The test speaks to 127.0.0.1, which nobody else can.
    assert_eq!(slip["here_only"], true);
    assert!(slip["code"]["size"].as_u64().is_some_and(|size| size >= 21));

    let answer = sign_in(&server, "13911112222", &first).await;
    let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("text");
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    let me = good(answer).await;
    assert_eq!(me["first_password"], true);
    let as_them =
        |method: Method, path: &str| server.call(method, path).header(header::COOKIE, cookie.clone());
    let home = as_them(Method::GET, "/api/home").send().await.expect("answered");
    assert_eq!(problem(home).await, (StatusCode::FORBIDDEN, "password_first".to_owned()));
    good(as_them(Method::GET, "/api/me").send().await.expect("answered")).await;

    let change = async |old: &str, new: &str| {
        let body = json!({ "old": old, "new": new });
        as_them(Method::PUT, "/api/me/password").json(&body).send().await.expect("answered")
    };
    for (old, new, code) in [
        ("guess", "有八个字的密码啊", "password_wrong"),
        (first.as_str(), "short", "password_length"),
        (&first, "aaaaaaaaaa", "password_common"),
        (&first, "13911112222", "password_phone"),
        (&first, &first, "password_same"),
    ] {
        assert_eq!(problem(change(old, new).await).await.1, code, "{new}");
    }
    let me = good(change(&first, "有八个字的密码啊").await).await;
    assert_eq!(me["first_password"], false);
    good(as_them(Method::GET, "/api/home").send().await.expect("answered")).await;
    assert_eq!(sign_in(&server, "13911112222", &first).await.status(), StatusCode::UNAUTHORIZED);
    good(sign_in(&server, "13911112222", "有八个字的密码啊").await).await;
}

#[tokio::test]
async fn a_page_past_the_end_is_the_last_one() {
    let server = Server::empty().await;
    let town = server.town().await;
    for _ in 0..50 {
        server.somebody(&town).await;
    }
    let last = roster(&server, town.organizer, "?page=2").await;
    let people = last["items"].as_array().expect("people").len();
    assert_eq!((&last["page"], &last["more"], people), (&json!(2), &json!(false), 3));
    assert_eq!(roster(&server, town.organizer, "?page=9").await, last);
    let nobody = roster(&server, town.organizer, "?q=没有这人&page=9").await;
    assert_eq!((&nobody["page"], &nobody["total"], &nobody["items"]), (&json!(1), &json!(0), &json!([])));
}

#[tokio::test]
async fn a_masked_number_is_not_found_out_digit_by_digit() {
    let server = Server::empty().await;
    let town = server.town().await;
    for (digits, total) in
        [("0005", 1), ("00005", 0), ("3900000005", 0), ("13900000005", 1), ("005", 0), ("%2B13900000005", 0)]
    {
        assert_eq!(
            roster(&server, town.organizer, &format!("?q={digits}")).await["total"],
            total,
            "{digits}"
        );
    }
}

#[tokio::test]
async fn ones_own_password_cannot_be_guessed_by_who_finds_the_phone() {
    let server = Server::empty().await;
    let town = server.town().await;
    let mut codes = Vec::new();
    for _ in 0..7 {
        let body = json!({ "old": "guess", "new": "有八个字的密码啊" });
        codes.push(problem(send(&server, town.member, Method::PUT, "/api/me/password", &body).await).await.1);
    }
    assert_eq!(&codes[4..], ["password_wrong", "too_many_attempts", "too_many_attempts"]);
}

#[tokio::test]
async fn whoever_is_added_or_changed_belongs_to_the_organizers_part() {
    let server = Server::empty().await;
    let town = server.town().await;
    let phone = "13911112222";
    for (body, field, code) in [
        (json!({ "name": "", "phone": phone, "branch_id": town.branch.id }), "name", "text_empty"),
        (json!({ "name": "甲", "phone": "12", "branch_id": town.branch.id }), "phone", "phone_invalid"),
        (
            json!({ "name": "学员", "phone": "13900000005", "branch_id": town.branch.id }),
            "phone",
            "person_known",
        ),
        (json!({ "name": "甲", "phone": " ", "branch_id": town.branch.id }), "phone", "sign_in_missing"),
        (
            json!({ "name": "甲", "phone": phone, "branch_id": town.branch.id,
                    "roles": [{ "role": "organizer", "unit_id": town.station.id, "until_at": 5 }] }),
            "roles",
            "role_ended",
        ),
        (
            json!({ "name": "甲", "phone": phone, "branch_id": town.branch.id,
                    "roles": [{ "role": "owner", "unit_id": town.station.id }] }),
            "roles",
            "role_not_yours",
        ),
        (json!({ "name": "甲", "phone": phone }), "branch_id", "person_nowhere"),
        (json!({ "name": "甲", "phone": phone, "branch_id": town.station.id }), "branch_id", "branch_wanted"),
        (
            json!({ "name": "甲", "phone": phone, "branch_id": town.other_station.id }),
            "branch_id",
            "unit_unknown",
        ),
        (
            json!({ "name": "甲", "phone": phone,
                    "roles": [{ "role": "organizer", "unit_id": town.other_station.id }] }),
            "roles",
            "unit_unknown",
        ),
    ] {
        let answer = add(&server, town.organizer, &body).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let answer: Value = answer.json().await.expect("JSON");
        assert_eq!((&answer["field"], &answer["code"]), (&json!(field), &json!(code)), "{body}");
    }
    let lecturer = json!({ "name": "讲师乙", "phone": phone,
                           "roles": [{ "role": "lecturer", "unit_id": town.station.id }] });
    let slip = good(add(&server, town.organizer, &lecturer).await).await;
    assert_eq!(slip["person"]["roles"][0]["role"], "lecturer");
    let path = format!("/api/console/people/{}", slip["person"]["id"].as_str().expect("an id"));
    // A role for the whole centre: the station's organizer sees them, and answers for them no longer.
    let centre = good(server.get(Some(town.chief), "/api/console/units").await).await[0]["id"].clone();
    let both = json!({ "roles": [{ "role": "lecturer", "unit_id": town.station.id },
                                 { "role": "organizer", "unit_id": centre }] });
    good(send(&server, town.chief, Method::PATCH, &path, &both).await).await;
    let found = roster(&server, town.organizer, "?q=讲师乙").await;
    assert_eq!((&found["total"], &found["items"][0]["may_change"]), (&json!(1), &json!(false)));
    let refused = send(&server, town.organizer, Method::POST, &format!("{path}/password"), &json!({})).await;
    assert_eq!(problem(refused).await.1, "not_allowed");
    let nowhere = send(&server, town.chief, Method::PATCH, &path, &json!({ "roles": [] })).await;
    assert_eq!(problem(nowhere).await.1, "person_nowhere");
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once_and_their_record_stays() {
    let server = Server::empty().await;
    let town = server.town().await;
    let path = format!("/api/console/people/{}", town.member);
    let session = server.session(town.member).await;
    let put = async |disabled: bool| {
        let body = json!({ "disabled": disabled });
        send(&server, town.organizer, Method::PUT, &format!("{path}/disabled"), &body).await
    };
    let row = good(put(true).await).await;
    assert!(row["disabled_at"].is_i64());
    let call = server.call(Method::GET, "/api/me").header(header::COOKIE, session);
    assert_eq!(call.send().await.expect("answered").status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&server, &Server::phone(5), PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(roster(&server, town.organizer, "").await["total"], 2);
    assert_eq!(roster(&server, town.organizer, "?disabled=true").await["items"][0]["name"], "学员");
    good(put(false).await).await;
    good(sign_in(&server, &Server::phone(5), PASSWORD).await).await;
}

#[tokio::test]
async fn nodes_hear_at_once_what_the_disabled_and_the_signed_out_had_open() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = server.plan(&town).await;
    let mut node = Node::new(&server);
    let lease = async |user| {
        let path = format!("/api/lessons/{lesson}/leases");
        let lease = good(server.post(Some(user), &path, &json!({ "device": "phone" })).await).await;
        lease["lease_id"].as_str().expect("an id").parse::<Uuid>().expect("a UUID")
    };
    let (of_member, of_lecturer) = (lease(town.member).await, lease(town.lecturer).await);
    let before = node.tell(vec![]).await;
    assert!(before.revoked.is_empty());
    server.clock.advance(1_000);
    let path = format!("/api/console/people/{}/disabled", town.member);
    good(send(&server, town.organizer, Method::PUT, &path, &json!({ "disabled": true })).await).await;
    let after = node.tell(vec![]).await;
    assert_eq!((&after.revoked, after.version > before.version), (&vec![of_member], true));
    let everywhere = server.call_as(Some(town.lecturer), Method::DELETE, "/api/sessions").await;
    assert_eq!(everywhere.send().await.expect("answered").status(), StatusCode::NO_CONTENT);
    let opened_since = lease(town.lecturer).await;
    let mut revoked = node.tell(vec![]).await.revoked;
    revoked.sort_unstable();
    let mut wanted = [of_member, of_lecturer];
    wanted.sort_unstable();
    assert_eq!(revoked, wanted, "and not {opened_since}");
}

#[tokio::test]
async fn nobody_locks_themselves_out() {
    let server = Server::empty().await;
    let town = server.town().await;
    let path = format!("/api/console/people/{}", town.organizer);
    let disabled = json!({ "disabled": true });
    for (method, path, body) in [
        (Method::PUT, format!("{path}/disabled"), disabled),
        (Method::POST, format!("{path}/password"), json!({})),
        (Method::PATCH, path.clone(), json!({ "branch_id": town.branch.id, "roles": [] })),
    ] {
        let answer = send(&server, town.organizer, method, &path, &body).await;
        assert_eq!(problem(answer).await.1, "not_yourself", "{path}");
    }
    // Their name they may put right.
    let view =
        good(send(&server, town.organizer, Method::PATCH, &path, &json!({ "name": "新名" })).await).await;
    assert_eq!((&view["name"], &view["phone"]), (&json!("新名"), &json!(Server::phone(1))));
}

#[tokio::test]
async fn a_lost_password_is_replaced_by_a_slip_and_old_sessions_end() {
    let server = Server::empty().await;
    let town = server.town().await;
    let session = server.session(town.member).await;
    let path = format!("/api/console/people/{}/password", town.member);
    let slip = good(server.post(Some(town.organizer), &path, &json!({})).await).await;
    let call = server.call(Method::GET, "/api/me").header(header::COOKIE, session);
    assert_eq!(call.send().await.expect("answered").status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&server, &Server::phone(5), PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    let first = slip["password"].as_str().expect("a password");
    assert_eq!(good(sign_in(&server, &Server::phone(5), first).await).await["first_password"], true);
}

#[tokio::test]
async fn units_are_added_below_and_renamed_inside_ones_part() {
    let server = Server::empty().await;
    let town = server.town().await;
    let add = async |kind: &str, parent: Uuid, name: &str| {
        let body = json!({ "kind": kind, "parent_id": parent, "name": name });
        server.post(Some(town.organizer), "/api/console/units", &body).await
    };
    let point = good(add("point", town.station.id, "新点").await).await;
    assert_eq!((&point["name"], &point["parent_id"]), (&json!("新点"), &json!(town.station.id)));
    for (kind, parent, name, code) in [
        ("station", town.station.id, "站中站", "level_wrong"),
        ("branch", town.branch.id, "支部中的支部", "level_wrong"),
        ("branch", town.other_station.id, "别处", "unit_unknown"),
        ("branch", town.station.id, "甲支部", "name_taken"),
        ("branch", town.station.id, " ", "text_empty"),
    ] {
        assert_eq!(problem(add(kind, parent, name).await).await.1, code, "{name}");
    }
    let path = format!("/api/console/units/{}", town.branch.id);
    let rename = async |name: &str| {
        send(&server, town.organizer, Method::PATCH, &path, &json!({ "name": name })).await
    };
    good(rename("甲支部").await).await;
    assert_eq!(problem(rename("新点").await).await.1, "name_taken");
    assert_eq!(good(rename("甲一支部").await).await["name"], "甲一支部");
}
