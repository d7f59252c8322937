//! Sockets of rooms: how many, what they cost, and who loses theirs.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};
use uuid::Uuid;
use yunke_store::NewUser;

use crate::{
    harness::{NOW, Server, Town, good},
    replay::live,
};

/// `A_PERSON` of server/src/room/sockets.rs.
const A_PERSON: usize = 12;

const LIMIT: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

fn address(server: &Server) -> String {
    server.call(Method::GET, "/").build().expect("a request").url().authority().to_owned()
}

async fn lease(server: &Server, user: Uuid, lesson: Uuid) -> String {
    let path = format!("/api/lessons/{lesson}/leases");
    let lease = good(server.post(Some(user), &path, &json!({ "device": "phone" })).await).await;
    lease["lease"].as_str().expect("a token").to_owned()
}

async fn open(server: &Server, lesson: Uuid, lease: &str, session: &str) -> Socket {
    let url = format!("ws://{}/api/lessons/{lesson}/room?lease={lease}", address(server));
    let mut request = url.into_client_request().expect("a request");
    request.headers_mut().insert(header::COOKIE, session.parse().expect("a cookie"));
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("open");
    assert!(matches!(socket.next().await, Some(Ok(Message::Text(_)))), "the state comes first");
    socket
}

/// The last words of a socket: the code of the error and that of the close frame.
async fn farewell(socket: &mut Socket) -> (String, u16) {
    let mut error = String::new();
    let ended = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let said: Value = serde_json::from_str(&text).expect("JSON");
                    if said["type"] == "error" {
                        said["code"].as_str().expect("a code").clone_into(&mut error);
                    }
                }
                Some(Ok(Message::Close(frame))) => return frame.expect("a reason").code.into(),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    let code = tokio::time::timeout(LIMIT, ended).await.expect("closed in time");
    (error, code)
}

/// Nothing but states comes for a moment.
async fn goes_on(socket: &mut Socket) -> bool {
    let ended = async { while let Some(Ok(Message::Text(_) | Message::Ping(_))) = socket.next().await {} };
    tokio::time::timeout(Duration::from_millis(50), ended).await.is_err()
}

#[tokio::test]
async fn the_thirteenth_socket_of_a_person_ends_the_first_and_says_so() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (lesson, _node) = live(&server, &town).await;
    let (session, token) = (server.session(town.member).await, lease(&server, town.member, lesson).await);
    let mut sockets = Vec::new();
    for _ in 0..=A_PERSON {
        sockets.push(open(&server, lesson, &token, &session).await);
    }
    assert_eq!(farewell(&mut sockets[0]).await, ("too_many_sockets".to_owned(), 4409));
    // Who signs out loses all of that session, and only those.
    let other = server.session(town.member).await;
    let mut stays = open(&server, lesson, &token, &other).await;
    let out = server.call(Method::DELETE, "/api/session").header(header::COOKIE, &session);
    assert_eq!(out.send().await.expect("answered").status(), StatusCode::NO_CONTENT);
    for socket in &mut sockets[2..] {
        assert_eq!(farewell(socket).await, ("sign_in_required".to_owned(), 4401));
    }
    assert!(goes_on(&mut stays).await);
}

#[tokio::test]
async fn whoever_may_no_longer_sign_in_is_found_by_the_sweep() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (lesson, _node) = live(&server, &town).await;
    let token = lease(&server, town.member, lesson).await;
    let sessions = [server.session(town.member).await, server.session(town.member).await];
    let mut sockets = Vec::new();
    for session in &sessions {
        sockets.push(open(&server, lesson, &token, session).await);
    }
    // As another program would: past this server.
    let gone = sessions[0].split_once('=').expect("a cookie").1;
    server.app.store.close_session(&yunke_server::auth::hash_token(gone)).await.expect("closed");
    server.app.sockets.sweep(server.app.store.as_ref(), server.app.source.now()).await.expect("swept");
    assert_eq!(farewell(&mut sockets[0]).await.1, 4401);
    assert!(goes_on(&mut sockets[1]).await);
}

#[tokio::test]
async fn whoever_is_disabled_or_gets_a_new_password_or_number_is_out_of_the_room_at_once() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (lesson, _node) = live(&server, &town).await;
    let token = lease(&server, town.member, lesson).await;
    let person = format!("/api/console/people/{}", town.member);
    let edit = async |method, path: &str, body: &Value| {
        let call = server.call_as(Some(town.organizer), method, path).await;
        good(call.json(body).send().await.expect("answered")).await
    };
    for (method, path, body) in [
        (Method::PATCH, person.clone(), json!({ "phone": "13911112222" })),
        (Method::PUT, format!("{person}/disabled"), json!({ "disabled": true })),
        (Method::POST, format!("{person}/password"), json!({})),
    ] {
        edit(Method::PUT, &format!("{person}/disabled"), &json!({ "disabled": false })).await;
        let session = server.session(town.member).await;
        let mut socket = open(&server, lesson, &token, &session).await;
        // Another name ends nothing.
        edit(Method::PATCH, &person, &json!({ "name": "学员" })).await;
        assert!(goes_on(&mut socket).await);
        edit(method, &path, &body).await;
        // The sweep would find it after 20 s.
        let said = tokio::time::timeout(LIMIT / 4, farewell(&mut socket)).await.expect("at once");
        assert_eq!(said, ("sign_in_required".to_owned(), 4401), "{path}");
        // The lease they have brings nothing any more.
        let late = server.call(Method::POST, &format!("/api/lessons/{lesson}/beats?lease={token}"));
        let late = late.header(header::COOKIE, &session).json(&json!({ "beats": [] })).send().await;
        assert_eq!(late.expect("answered").status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}

/// A socket without buffers on our side, so that what grows is the server's.
async fn bare(address: &str, lesson: Uuid, lease: &str, session: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.expect("connected");
    let head = format!(
        "GET /api/lessons/{lesson}/room?lease={lease} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         Cookie: {session}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.expect("answered");
    assert_eq!(&answer, b"HTTP/1.1 101");
    socket
}

/// Memory of this process in kB.
fn rss() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a figure");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

async fn people(server: &Server, town: &Town, count: u32) -> Vec<Uuid> {
    let mut people = Vec::new();
    for number in 0..count {
        let id = server.app.source.id();
        let new = NewUser {
            id,
            name: "学员".to_owned(),
            phone: Some(Server::phone(1000 + number)),
            password_hash: None,
            first_password: false,
            branch_id: Some(town.branch.id),
            member_no: None,
            roles: vec![],
            at: NOW,
        };
        server.app.store.add_user(new).await.expect("a person");
        people.push(id);
    }
    people
}

#[tokio::test]
async fn a_socket_costs_some_kilobytes() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (lesson, _node) = live(&server, &town).await;
    let address = address(&server);
    let open = async |people: &[Uuid]| {
        let mut sockets = Vec::new();
        for person in people {
            let (session, token) = (server.session(*person).await, lease(&server, *person, lesson).await);
            for _ in 0..A_PERSON {
                sockets.push(bare(&address, lesson, &token, &session).await);
            }
        }
        sockets
    };
    let people = people(&server, &town, 100).await;
    let (first, rest) = people.split_at(20);
    // What is made once, for whoever comes first.
    let _warm = open(first).await;
    let before = rss();
    let sockets = open(rest).await;
    let each = rss().saturating_sub(before) * 1024 / u64::try_from(sockets.len()).expect("fits");
    assert!(each < 20 << 10, "{each} bytes a socket, of a debug build and with the other side of it");
    println!("{each} bytes a socket");
}
