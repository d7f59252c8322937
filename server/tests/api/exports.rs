//! Export jobs: what they say, whose they are, and what becomes of them.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_store::{Page, PersonEdit, Role};

use crate::{
    attendance::{held, past},
    harness::{HOUR_MS, Server, Town, good, problem},
};

const ALL: Page = Page { offset: 0, limit: 100 };

async fn ask(server: &Server, user: Uuid, body: &Value) -> Uuid {
    let answer = server.post(Some(user), "/api/console/exports", body).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let job = good(answer).await;
    Uuid::try_parse(job["id"].as_str().expect("an id")).expect("an id")
}

async fn job(server: &Server, user: Uuid, id: Uuid) -> Value {
    good(server.get(Some(user), &format!("/api/console/exports/{id}")).await).await
}

/// The job once it has ended.
async fn ended(server: &Server, user: Uuid, id: Uuid) -> Value {
    loop {
        let job = job(server, user, id).await;
        if !["queued", "running"].contains(&job["state"].as_str().expect("a state")) {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn file(server: &Server, user: Uuid, id: Uuid) -> Response {
    server.get(Some(user), &format!("/api/console/exports/{id}/file")).await
}

/// The lines of a CSV that is made of this, field by field; none of ours has a quote or a comma in it.
async fn table(server: &Server, user: Uuid, body: Value) -> Vec<Vec<String>> {
    let mut body = body;
    body["format"] = json!("csv");
    let id = ask(server, user, &body).await;
    let job = ended(server, user, id).await;
    assert_eq!(job["state"], "ready", "{job}");
    let bytes = file(server, user, id).await.bytes().await.expect("a file");
    let text = std::str::from_utf8(&bytes).expect("UTF-8");
    let text = text.strip_prefix('\u{feff}').expect("a BOM");
    let fields = |line: &str| {
        let inner = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).expect("quotes");
        inner.split("\",\"").map(str::to_owned).collect()
    };
    let lines: Vec<Vec<String>> = text.trim_end().split("\r\n").map(fields).collect();
    assert_eq!(job["rows"].as_u64(), u64::try_from(lines.len() - 2).ok(), "heading and totals aside");
    lines
}

/// What stands below a heading in a line.
fn under<'a>(table: &'a [Vec<String>], line: usize, heading: &str) -> &'a str {
    let column = table[0].iter().position(|name| name == heading).unwrap_or_else(|| panic!("no {heading}"));
    &table[line][column]
}

fn sum(table: &[Vec<String>], heading: &str) -> i64 {
    (1..table.len() - 1).map(|line| under(table, line, heading).parse::<i64>().expect("a figure")).sum()
}

fn total<'a>(table: &'a [Vec<String>], heading: &str) -> &'a str {
    under(table, table.len() - 1, heading)
}

/// The lesson of January 2027: the member played 40 minutes, another 29 seconds and the third nothing; and its branch.
async fn january(server: &Server, town: &Town) -> Uuid {
    let other = server.somebody(town).await;
    server.somebody(town).await;
    held(server, town, false, &[(town.member, 40), (other, 10)]).await.0
}

const YEAR: i16 = 2027;

#[tokio::test]
async fn every_kind_adds_up_to_its_detail() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = january(&server, &town).await;
    server.clock.advance(HOUR_MS);
    let of = |kind: &str| json!({ "kind": kind, "year": YEAR, "month": 1 });
    let detail = table(&server, town.organizer, of("detail")).await;
    assert_eq!(detail.len(), 5);
    let one = table(&server, town.organizer, json!({ "kind": "detail", "lesson_id": lesson })).await;
    assert_eq!(one[1..4], detail[1..4], "the same rows by lesson and by month");
    let seconds = sum(&detail, "观看秒");
    assert_eq!((seconds, total(&detail, "观看秒")), (3_000, "3000"));
    assert_eq!(total(&detail, "最终学时"), "1");

    let lessons = table(&server, town.organizer, of("lessons")).await;
    let told: Vec<&str> =
        ["应到", "到课", "未参加", "到课率", "人数", "人次", "峰值", "总时长秒", "达标", "达标率", "学时"]
            .map(|heading| under(&lessons, 1, heading))
            .to_vec();
    assert_eq!(told, ["3", "2", "1", "66.66%", "2", "2", "2", "3000", "1", "50.00%", "1"]);
    for heading in ["应到", "到课", "未参加", "人次", "总时长秒", "学时"] {
        assert_eq!(total(&lessons, heading), sum(&lessons, heading).to_string(), "{heading}");
    }
    let page = format!("/api/console/lessons/{lesson}/attendance");
    assert_eq!(
        good(server.get(Some(town.organizer), &page).await).await["rate_bp"],
        6_666,
        "as the page says"
    );

    let intervals = table(&server, town.organizer, of("intervals")).await;
    assert_eq!(sum(&intervals, "新增毫秒"), seconds * 1_000);
    assert_eq!(total(&intervals, "新增毫秒"), (seconds * 1_000).to_string());
    assert_eq!((under(&intervals, 1, "设备"), under(&intervals, 1, "来源")), ("手机", "直播"));

    let branches = table(&server, town.organizer, of("branches")).await;
    let told: Vec<&str> =
        ["支部", "人数", "场次", "参学率", "上期参学率", "观看秒", "平均观看秒", "学时合计", "达到目标人数"]
            .map(|heading| under(&branches, 1, heading))
            .to_vec();
    assert_eq!(told, ["甲支部", "3", "1", "66.66%", "", "3000", "1500", "1", "0"]);
    assert_eq!(total(&branches, "观看秒"), "3000");

    let year = table(&server, town.organizer, json!({ "kind": "year", "year": YEAR })).await;
    assert_eq!(year.len(), 3, "January so far");
    assert_eq!(
        (under(&year, 1, "月份"), under(&year, 1, "场次"), total(&year, "学时")),
        ("2027-01", "1", "1")
    );
    assert_eq!(total(&year, "人数"), "2");

    // A lesson of another part of the tree adds nothing; whoever organizes the centre has it.
    let elsewhere = table(&server, town.other_organizer, of("lessons")).await;
    assert_eq!(elsewhere.len(), 2);
    assert_eq!(table(&server, town.chief, of("lessons")).await, lessons);
    let narrowed = json!({ "kind": "lessons", "year": YEAR, "unit_id": town.other_station.id });
    assert_eq!(table(&server, town.chief, narrowed).await.len(), 2);
}

/// kimai#6039, #5554: each line is rounded, the total is not.
#[tokio::test]
async fn pieces_below_a_minute_add_up_as_they_are_shown() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (second, third) = (server.somebody(&town).await, server.somebody(&town).await);
    let (lesson, starts) = held(&server, &town, false, &[]).await;
    for user in [town.member, second, third] {
        crate::attendance::plays_ms(&server, lesson, user, Some(town.branch.id), starts, &[15_000, 14_000])
            .await;
    }
    let detail = table(&server, town.organizer, json!({ "kind": "detail", "lesson_id": lesson })).await;
    let lines: Vec<(&str, &str)> =
        (1..5).map(|line| (under(&detail, line, "观看秒"), under(&detail, line, "观看时长"))).collect();
    assert_eq!(lines, [("29", "00:00"), ("29", "00:00"), ("29", "00:00"), ("87", "00:00")]);
}

/// sakai#6640, djattendance#1567, rcos-handbook#34: who is excused is in the denominator on one page and not on the other.
#[tokio::test]
async fn who_is_excused_is_told_alike_everywhere() {
    let server = Server::empty().await;
    let town = server.town().await;
    let mut people = vec![town.member];
    for _ in 1..10 {
        people.push(server.somebody(&town).await);
    }
    let came: Vec<(Uuid, i64)> = people[..8].iter().map(|user| (*user, 40)).collect();
    let (lesson, _) = held(&server, &town, false, &came).await;
    server.clock.advance(HOUR_MS);
    let page = format!("/api/console/lessons/{lesson}/attendance");
    // One who came, and one who did not.
    for user in [people[0], people[8]] {
        let call = server.call_as(Some(town.organizer), Method::PUT, &format!("{page}/{user}/excuse")).await;
        good(call.json(&json!({ "reason": "出差" })).send().await.expect("answered")).await;
    }
    assert_eq!(good(server.get(Some(town.organizer), &page).await).await["rate_bp"], 8_888);
    let of = |kind: &str| json!({ "kind": kind, "year": YEAR, "month": 1 });
    let lessons = table(&server, town.organizer, of("lessons")).await;
    let branches = table(&server, town.organizer, of("branches")).await;
    let year = table(&server, town.organizer, json!({ "kind": "year", "year": YEAR })).await;
    assert_eq!((under(&lessons, 1, "到课率"), total(&lessons, "到课率")), ("88.88%", "88.88%"));
    assert_eq!((under(&branches, 1, "参学率"), total(&branches, "参学率")), ("88.88%", "88.88%"));
    assert_eq!((under(&year, 1, "参学率"), total(&year, "参学率")), ("88.88%", "88.88%"));
    assert_eq!(
        (under(&lessons, 1, "请假"), under(&lessons, 1, "到课")),
        ("1", "8"),
        "who came all the same came"
    );
    let corrections = table(&server, town.organizer, of("corrections")).await;
    let actions: Vec<&str> = (1..3).map(|line| under(&corrections, line, "操作")).collect();
    assert_eq!((actions, corrections.len()), (vec!["请假"; 2], 4));
    assert!(!format!("{corrections:?}").contains("出差"), "a reason is not told");
}

/// onadata#1189, hapi-fhir#3394: a file of an administrator's is offered to lesser roles, a group's export has others' data.
#[tokio::test]
async fn an_export_is_its_makers_and_only_while_they_organize_all_of_it() {
    let server = Server::empty().await;
    let town = server.town().await;
    past(&server, &town).await;
    let month = json!({ "kind": "detail", "year": YEAR, "month": 1 });
    let id = ask(&server, town.chief, &month).await;
    let made = ended(&server, town.chief, id).await;
    // The chief has three roles for the centre, which is named once.
    assert_eq!((&made["state"], &made["name"]), (&json!("ready"), &json!("中心")));
    let paths = [format!("/api/console/exports/{id}"), format!("/api/console/exports/{id}/file")];
    for user in [town.organizer, town.other_organizer, town.member, town.lecturer] {
        for path in &paths {
            assert_eq!(problem(server.get(Some(user), path).await).await.0, StatusCode::NOT_FOUND);
        }
    }
    // The same wish of another is another file, with another scope.
    let own = ask(&server, town.other_organizer, &month).await;
    let made = ended(&server, town.other_organizer, own).await;
    assert_eq!((&made["state"], &made["rows"]), (&json!("ready"), &json!(0)));
    assert_eq!(made["name"], "乙站");
    let listed = good(server.get(Some(town.other_organizer), "/api/console/exports").await).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    // Another part of the tree is none of theirs.
    let foreign = json!({ "kind": "detail", "year": YEAR, "unit_id": town.station.id });
    let answer = server.post(Some(town.other_organizer), "/api/console/exports", &foreign).await;
    assert_eq!(problem(answer).await.0, StatusCode::NOT_FOUND);
    // Who lost the role has a dead link.
    let edit = PersonEdit {
        roles: Some(vec![(Role::Lecturer, town.other_station.id).into()]),
        ..PersonEdit::default()
    };
    server
        .app
        .store
        .edit_person(town.other_organizer, edit, town.chief, server.app.source.now())
        .await
        .expect("edited");
    for path in [format!("/api/console/exports/{own}"), format!("/api/console/exports/{own}/file")] {
        let answer = server.get(Some(town.other_organizer), &path).await;
        assert_eq!(problem(answer).await, (StatusCode::NOT_FOUND, "not_found".to_owned()));
    }
    let actions = server.app.store.audit_of(own, ALL).await.expect("asked");
    assert_eq!(actions.iter().map(|line| line.action.as_str()).collect::<Vec<_>>(), ["export.create"]);
}

#[tokio::test]
async fn a_job_whose_maker_lost_the_role_meanwhile_makes_no_file() {
    let server = Server::empty().await;
    let town = server.town().await;
    past(&server, &town).await;
    let user = town.organizer;
    let edit = PersonEdit { roles: Some(Vec::new()), ..PersonEdit::default() };
    server.app.store.edit_person(user, edit, town.chief, server.app.source.now()).await.expect("edited");
    // As it was queued before.
    let id = server.app.source.id();
    let new = yunke_store::NewExport {
        id,
        kind: yunke_store::ExportKind::Detail,
        format: yunke_store::ExportFormat::Csv,
        parameters: json!({ "lesson_id": null, "year": YEAR, "month": null, "name": "甲站" }).to_string(),
        user_id: user,
        paths: vec![town.station.path.clone()],
        at: server.app.source.now(),
    };
    server.app.store.add_export(new).await.expect("added");
    server.app.exports.wake();
    let job = loop {
        let job = server.app.store.export_job(id).await.expect("asked").expect("there is one");
        if job.ended_at.is_some() {
            break job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(job.reason.as_deref(), Some("not_allowed"));
    assert!(!server.app.config.data_dir.join("exports").join(id.to_string()).exists());
}

#[tokio::test]
async fn a_file_takes_ranges_says_what_it_is_and_expires_after_a_day() {
    let server = Server::empty().await;
    let town = server.town().await;
    past(&server, &town).await;
    let id = ask(&server, town.organizer, &json!({ "kind": "lessons", "year": YEAR })).await;
    let made = ended(&server, town.organizer, id).await;
    let whole = file(&server, town.organizer, id).await;
    let head = |name: header::HeaderName| whole.headers()[name].to_str().expect("ASCII").to_owned();
    assert_eq!(
        (head(header::CACHE_CONTROL).as_str(), head(header::ACCEPT_RANGES).as_str()),
        ("no-store", "bytes")
    );
    assert!(head(header::CONTENT_TYPE).ends_with("spreadsheetml.sheet"));
    assert!(
        head(header::CONTENT_DISPOSITION)
            .contains("2027%20%E5%B9%B4%20%E7%94%B2%E7%AB%99%20%E8%AF%BE%E7%A8%8B")
    );
    let bytes = whole.bytes().await.expect("a file");
    assert_eq!(made["size_bytes"].as_u64(), u64::try_from(bytes.len()).ok());
    let path = format!("/api/console/exports/{id}/file");
    let call = server.call_as(Some(town.organizer), Method::GET, &path).await;
    let part = call.header(header::RANGE, "bytes=2-5").send().await.expect("answered");
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(part.bytes().await.expect("a part"), bytes[2..6]);
    let on_disk = server.app.config.data_dir.join("exports").join(id.to_string());
    let metadata = std::fs::metadata(&on_disk).expect("there");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777, 0o600);
    let lines = server.app.store.audit_of(id, ALL).await.expect("asked");
    let told: Vec<(&str, Option<Uuid>)> =
        lines.iter().map(|line| (line.action.as_str(), line.actor_id)).collect();
    let who = Some(town.organizer);
    assert_eq!(told, [("export.create", who), ("export.download", who), ("export.download", who)]);
    server.clock.advance(24 * HOUR_MS);
    assert_eq!(problem(file(&server, town.organizer, id).await).await.0, StatusCode::NOT_FOUND);
    assert_eq!(job(&server, town.organizer, id).await["state"], "expired");
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_with_a_reason_and_few_wait_at_a_time() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = server.plan(&town).await;
    for (body, field) in [
        (json!({ "kind": "detail" }), "year"),
        (json!({ "kind": "detail", "lesson_id": lesson, "year": YEAR }), "year"),
        (json!({ "kind": "detail", "month": 1 }), "year"),
        (json!({ "kind": "year", "year": YEAR, "month": 1 }), "month"),
        (json!({ "kind": "branches", "lesson_id": lesson }), "lesson_id"),
        (json!({ "kind": "lessons", "year": YEAR, "month": 13 }), "month"),
        (json!({ "kind": "lessons", "year": 1999 }), "year"),
    ] {
        let answer = server.post(Some(town.organizer), "/api/console/exports", &body).await;
        let status = answer.status();
        let told: Value = answer.json().await.expect("JSON");
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("export_span_wrong")),
            "{body}"
        );
        assert_eq!(told["field"], field, "{body}");
    }
    let foreign = json!({ "kind": "detail", "lesson_id": lesson });
    let answer = server.post(Some(town.other_organizer), "/api/console/exports", &foreign).await;
    assert_eq!(problem(answer).await.0, StatusCode::NOT_FOUND);
    // As many as may wait; the test begins them itself, and never ends them.
    let mut held = Vec::new();
    while held.len() < usize::try_from(yunke_store::EXPORTS_WAITING).expect("few") {
        let id = server.app.source.id();
        let new = yunke_store::NewExport {
            id,
            kind: yunke_store::ExportKind::Year,
            format: yunke_store::ExportFormat::Csv,
            parameters: json!({ "lesson_id": null, "year": YEAR, "month": null, "name": "甲站" }).to_string(),
            user_id: town.organizer,
            paths: vec![town.station.path.clone()],
            at: server.app.source.now(),
        };
        server.app.store.add_export(new).await.expect("asked");
        // Unless the server was quicker.
        if server.app.store.begin_export().await.expect("begun").is_some_and(|job| job.id == id) {
            held.push(id);
        }
    }
    let body = json!({ "kind": "year", "year": YEAR });
    let answer = server.post(Some(town.organizer), "/api/console/exports", &body).await;
    assert_eq!(problem(answer).await, (StatusCode::TOO_MANY_REQUESTS, "exports_waiting".to_owned()));
    let waiting = held[0];
    let path = format!("/api/console/exports/{waiting}");
    for _ in 0..2 {
        let call = server.call_as(Some(town.organizer), Method::DELETE, &path).await;
        assert_eq!(good(call.send().await.expect("answered")).await["state"], "cancelled");
    }
    assert_eq!(
        problem(server.get(Some(town.organizer), &format!("{path}/file")).await).await.0,
        StatusCode::NOT_FOUND
    );
    // What the server made itself meanwhile is done sooner or later.
    loop {
        let answer = server.post(Some(town.organizer), "/api/console/exports", &body).await;
        if answer.status() == StatusCode::CREATED {
            break;
        }
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
