//! The corpus of tests/fuzz through what reads messages of clients.

#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[test]
fn what_clients_send_never_panics() {
    replay::replay(&yunke_server::fuzz::TARGETS, |_| 1000);
}
