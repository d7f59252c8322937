//! What the node delivered, from its snapshots to the evidence an organizer looks at.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;
use yunke_protocol::{Delivery, LessonSnapshot, Phase};
use yunke_store::RuleDraft;

use crate::{
    harness::{Server, Town, good},
    media_node::{Node, lesson as told},
};

/// A lesson that is live, watched by the member for a minute; the node delivered what `delivered` says.
async fn watched(server: &Server, town: &Town, delivered: &[(i64, i64)], behind_edge: bool) -> Uuid {
    let id = server.plan(town).await;
    let mut node = Node::new(server);
    let post = async |who, path: String, body: Value| good(server.post(Some(who), &path, &body).await).await;
    node.tell(vec![told(server, id, Phase::Rehearsal)]).await;
    post(town.lecturer, format!("/api/studio/lessons/{id}/start"), json!({})).await;
    let zero = server.app.source.now();
    let mut live = LessonSnapshot { zero_at: Some(zero), ..told(server, id, Phase::Live) };
    node.tell(vec![live.clone()]).await;
    let lease = post(town.member, format!("/api/lessons/{id}/leases"), json!({ "device": "phone" })).await;
    let lease_id: Uuid = lease["lease_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    for step in 1..=4 {
        server.clock.advance(15_000);
        let beat = json!({
            "seq": step, "state": "playing", "cause": "tick", "source": "live", "mode": "video",
            "from_ms": (step - 1) * 15_000, "to_ms": step * 15_000, "rate_milli": 1000, "visible": true,
            "gesture": false, "client_ms": step,
        });
        let batch = json!({ "lease": lease["lease"], "beats": [beat] });
        post(town.member, format!("/api/lessons/{id}/beats"), batch).await;
        let by_now = |&(from, to): &(i64, i64)| (from, to.min(step * 15_000));
        let intervals: Vec<_> = delivered.iter().map(by_now).filter(|(from, to)| from < to).collect();
        live.deliveries = if intervals.is_empty() && !behind_edge {
            Vec::new()
        } else {
            let nobody =
                Delivery { lease: server.app.source.id(), intervals: vec![(0, 1000)], behind_edge: false };
            vec![Delivery { lease: lease_id, intervals, behind_edge }, nobody]
        };
        live.publisher = told(server, id, Phase::Live).publisher;
        node.tell(vec![live.clone()]).await;
    }
    id
}

/// The member's evidence, once the node's word is in the store.
async fn evidence(server: &Server, town: &Town, id: Uuid) -> Value {
    let path = format!("/api/console/lessons/{id}/attendance/{}", town.member);
    let heard_until = server.app.source.now();
    let kept = async {
        loop {
            let evidence =
                server.app.store.member_evidence(id, &[town.member]).await.expect("read").remove(0);
            if evidence.heard.iter().any(|(_, to)| *to == heard_until) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), kept).await.expect("deliveries are kept");
    good(server.get(Some(town.organizer), &path).await).await
}

/// The open room says so, too; within seconds, as it reads now and then when nodes were heard of.
async fn the_open_room_says(server: &Server, town: &Town, id: Uuid, counted_ms: i64) {
    let said = async {
        loop {
            let detail = good(server.get(Some(town.member), &format!("/api/lessons/{id}")).await).await;
            if detail["my_progress"]["counted_ms"] == counted_ms {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), said).await.expect("the open room says the same");
}

#[tokio::test]
async fn what_the_node_did_not_deliver_does_not_count() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = watched(&server, &town, &[(0, 30_000)], false).await;
    let evidence = evidence(&server, &town, id).await;
    assert_eq!(
        (&evidence["row"]["counted_ms"], &evidence["uncorroborated_ms"]),
        (&json!(34_000), &json!(26_000))
    );
    let last = &evidence["intervals"][3];
    assert_eq!((&last["verdict"], &last["reasons"]), (&json!("refused"), &json!(["uncorroborated"])));
    assert_eq!(last["uncorroborated"], json!([{ "from_ms": 45_000, "to_ms": 60_000 }]));
    assert_eq!(evidence["intervals"][2]["uncorroborated"], json!([{ "from_ms": 34_000, "to_ms": 45_000 }]));
    assert_eq!(evidence["intervals"][0]["reasons"], json!([]));
    the_open_room_says(&server, &town, id, 34_000).await;
    let own = good(server.get(Some(town.member), "/api/me/records").await).await;
    assert_eq!(own["items"][0]["not_counted"][1]["reasons"], json!(["uncorroborated"]));
}

#[tokio::test]
async fn a_rule_can_count_it_everywhere_alike() {
    let server = Server::empty().await;
    let town = server.town().await;
    let before = server.plan(&town).await;
    let rule = server.app.store.lesson(before).await.expect("read").expect("there").rule;
    assert_eq!((rule.version, rule.uncorroborated_counts, rule.delivery_slack_ms), (3, false, 4_000));
    let lenient = RuleDraft { uncorroborated_counts: true, ..RuleDraft::from(&rule) };
    server.another_version(&town, lenient).await;
    let id = watched(&server, &town, &[(0, 30_000)], false).await;
    let evidence = evidence(&server, &town, id).await;
    assert_eq!(
        (&evidence["row"]["counted_ms"], &evidence["uncorroborated_ms"]),
        (&json!(60_000), &json!(26_000))
    );
    let last = &evidence["intervals"][3];
    assert_eq!((&last["verdict"], &last["reasons"]), (&json!("accepted"), &json!(["uncorroborated"])));
    let own = good(server.get(Some(town.member), "/api/me/records").await).await;
    assert_eq!(own["items"][0]["not_counted"], json!([]), "a mark takes nothing from the member");
}

#[tokio::test]
async fn who_fetched_nothing_while_the_node_told_of_everybody_watched_nothing() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = watched(&server, &town, &[], false).await;
    let evidence = evidence(&server, &town, id).await;
    assert_eq!((&evidence["row"]["counted_ms"], &evidence["uncorroborated_ms"]), (&json!(0), &json!(60_000)));
    the_open_room_says(&server, &town, id, 0).await;
}

#[tokio::test]
async fn behind_the_operators_edge_all_counts_and_says_so() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = watched(&server, &town, &[], true).await;
    let evidence = evidence(&server, &town, id).await;
    assert_eq!((&evidence["row"]["counted_ms"], &evidence["uncorroborated_ms"]), (&json!(60_000), &json!(0)));
    let last = &evidence["intervals"][3];
    assert_eq!((&last["verdict"], &last["reasons"]), (&json!("accepted"), &json!(["unobserved"])));
    the_open_room_says(&server, &town, id, 60_000).await;
}
