//! The first run.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Server, good, problem};

fn first_run(token: &str) -> Value {
    json!({ "token": token, "centre_name": "青禾中心", "organizer_name": "王海燕", "phone": "13800000001",
            "password": "eight chars" })
}

#[tokio::test]
async fn an_empty_server_is_set_up_once_with_the_link_of_its_log() {
    let server = Server::empty().await;
    assert_eq!(good(server.get(None, "/api/setup").await).await, json!({ "needed": true }));
    let wrong = server.post(None, "/api/setup", &first_run("guess")).await;
    assert_eq!(problem(wrong).await, (StatusCode::FORBIDDEN, "setup_token_wrong".to_owned()));
    let token = server.app.setup.open(&server.app.source);
    let short = json!({ "password": "short", "token": token, "centre_name": "x", "organizer_name": "y", "phone": "13800000001" });
    assert_eq!(problem(server.post(None, "/api/setup", &short).await).await.1, "password_length");
    for (weak, code) in [
        ("12345678", "password_common"),
        ("Password1", "password_common"),
        ("my13800000001", "password_phone"),
    ] {
        let mut body = first_run(&token);
        body["password"] = json!(weak);
        let refused = server.post(None, "/api/setup", &body).await;
        assert_eq!(problem(refused).await, (StatusCode::UNPROCESSABLE_ENTITY, code.to_owned()));
    }
    let me = good(server.post(None, "/api/setup", &first_run(&token)).await).await;
    assert_eq!((&me["name"], &me["roles"][0]["unit_name"]), (&json!("王海燕"), &json!("青禾中心")));
    assert_eq!(good(server.get(None, "/api/setup").await).await, json!({ "needed": false }));
    let again = server.post(None, "/api/setup", &first_run(&token)).await;
    assert_eq!(problem(again).await, (StatusCode::CONFLICT, "setup_done".to_owned()));
}
