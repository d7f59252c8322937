//! A publisher's conversation, message by message.

use proptest::prelude::*;

use super::*;

fn connected() -> (Session, BytesMut) {
    let mut session = Session::new();
    let mut input = BytesMut::from(&[3][..]);
    input.extend(std::iter::repeat_n(0, 2 * 1536));
    assert_eq!(session.next(&mut input).expect("a handshake"), None);
    session.take_output();
    (session, input)
}

fn command(name: &str, transaction: f64, values: &[Value], input: &mut BytesMut) {
    let mut payload = BytesMut::new();
    amf::write(&Value::Text(name.into()), &mut payload);
    amf::write(&Value::Number(transaction), &mut payload);
    for value in values {
        amf::write(value, &mut payload);
    }
    let message = Message { kind: 20, timestamp: 0, stream: 1, payload: payload.freeze() };
    chunk::write(3, &message, 128, input);
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn an_enhanced_client_with_arrays_and_unknown_fields_gets_to_publish() {
    let (mut session, mut input) = connected();
    let properties = Value::Object(vec![
        ("app".into(), text("live")),
        ("fourCcList".into(), Value::List(vec![text("av01"), text("hvc1"), text("avc1")])),
        ("videoFourCcInfoMap".into(), Value::Object(vec![("*".into(), Value::Number(7.0))])),
        ("capsEx".into(), Value::Number(15.0)),
        ("somethingNew".into(), Value::List(vec![Value::Null, Value::Bool(true)])),
    ]);
    command("connect", 1.0, &[properties], &mut input);
    command("releaseStream", 2.0, &[Value::Null, text("k")], &mut input);
    command("FCPublish", 3.0, &[Value::Null, text("k")], &mut input);
    command("createStream", 4.0, &[Value::Null], &mut input);
    command("publish", 5.0, &[Value::Null, text("secret?x=1"), text("live")], &mut input);
    assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Publish("secret".into())));
    session.accept();
    let answers = session.take_output();
    for word in ["NetConnection.Connect.Success", "avc1", "onFCPublish", "NetStream.Publish.Start"] {
        assert!(answers.windows(word.len()).any(|w| w == word.as_bytes()), "{word}");
    }
}

#[test]
fn nothing_is_read_while_a_publish_waits_for_its_answer() {
    let (mut session, mut input) = connected();
    command("connect", 1.0, &[Value::Null], &mut input);
    command("publish", 5.0, &[Value::Null, text("k"), text("live")], &mut input);
    let video = Message { kind: 9, timestamp: 7, stream: 1, payload: Bytes::from_static(&[1]) };
    chunk::write(6, &video, 128, &mut input);
    assert!(matches!(session.next(&mut input), Ok(Some(Event::Publish(_)))));
    assert!(matches!(session.next(&mut input), Ok(None)));
    session.accept();
    assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Video(7, Bytes::from_static(&[1]))));
}

/// Someone who publishes, and has been told so.
fn publishing() -> (Session, BytesMut) {
    let (mut session, mut input) = connected();
    command("connect", 1.0, &[Value::Null], &mut input);
    command("createStream", 2.0, &[Value::Null], &mut input);
    command("publish", 3.0, &[Value::Null, text("k"), text("live")], &mut input);
    assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Publish("k".into())));
    session.accept();
    session.take_output();
    (session, input)
}

fn says(session: &mut Session, word: &str) -> bool {
    session.take_output().windows(word.len()).any(|window| window == word.as_bytes())
}

fn media(kind: u8, stream: u32, timestamp: u32, payload: &[u8], input: &mut BytesMut) {
    let payload = Bytes::copy_from_slice(payload);
    chunk::write(6, &Message { kind, timestamp, stream, payload }, 128, input);
}

#[test]
fn a_publish_once_more_is_answered_and_another_stream_is_refused_with_the_reason() {
    let (mut session, mut input) = publishing();
    command("publish", 4.0, &[Value::Null, text("k"), text("live")], &mut input);
    media(9, 1, 7, &[1], &mut input);
    assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Video(7, Bytes::from_static(&[1]))));
    assert!(says(&mut session, "NetStream.Publish.Start"));
    command("createStream", 5.0, &[Value::Null], &mut input);
    command("publish", 6.0, &[Value::Null, text("other"), text("live")], &mut input);
    media(9, 2, 8, &[2], &mut input);
    media(9, 0, 9, &[3], &mut input);
    assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Video(9, Bytes::from_static(&[3]))));
    assert!(says(&mut session, "one stream for each connection"));
    assert_eq!(session.left_out(), (0, 2));
    command("deleteStream", 7.0, &[Value::Null, Value::Number(2.0)], &mut input);
    assert_eq!(session.next(&mut input).expect("valid"), None, "the one that is published goes on");
    command("deleteStream", 8.0, &[Value::Null, Value::Number(1.0)], &mut input);
    assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Unpublish));
}

#[test]
fn a_small_window_is_acknowledged_in_time() {
    let (mut session, mut input) = publishing();
    media(5, 0, 0, &20_000_u32.to_be_bytes(), &mut input);
    media(6, 0, 0, &[0, 0, 0x10, 0, 2], &mut input);
    assert_eq!(session.next(&mut input).expect("valid"), None);
    assert!(!session.take_output().is_empty(), "a limit is answered");
    session.count(9_000);
    assert!(session.take_output().is_empty());
    session.count(2_000);
    assert_eq!(session.take_output().get(7), Some(&3));
}

#[test]
fn an_aggregate_is_its_messages_with_times_from_its_own_on() {
    let (mut session, mut input) = publishing();
    media(22, 1, 1000, &aggregate::tests::of(&[(9, 70, &[1, 2]), (8, 75, &[3]), (18, 76, &[9])]), &mut input);
    let events: Vec<Event> = std::iter::from_fn(|| session.next(&mut input).expect("valid")).collect();
    let bytes = |bytes: &'static [u8]| Bytes::from_static(bytes);
    assert_eq!(events, [Event::Video(1000, bytes(&[1, 2])), Event::Audio(1005, bytes(&[3]))]);
}

#[test]
fn a_publish_before_connect_and_a_play_end_it() {
    let (mut session, mut input) = connected();
    command("publish", 5.0, &[Value::Null, text("k")], &mut input);
    assert!(matches!(session.next(&mut input), Err(SessionError::OutOfPlace)));
    let (mut session, mut input) = connected();
    command("play", 5.0, &[Value::Null, text("k")], &mut input);
    assert!(matches!(session.next(&mut input), Err(SessionError::Play)));
}

#[test]
fn the_key_is_found_wherever_encoders_put_it() {
    let tries = [
        ("live", "KEY"),
        ("live", "KEY?psk=1"),
        ("live", "?key=KEY"),
        ("live", "x?a=b&key=KEY"),
        ("live/KEY", ""),
        ("live?key=KEY", ""),
        ("live", "/live/KEY"),
    ];
    for (app, name) in tries {
        assert_eq!(stream_key(app, name), "KEY", "{app} {name}");
    }
    assert_eq!(stream_key("live", ""), "");
    // What was pasted is handed on as it is: the server looks past it.
    for pasted in ["\u{200B}KEY\u{FEFF}", "\"KEY\"", " KEY ", "%20KEY"] {
        assert_eq!(stream_key("live", pasted), pasted);
    }
    assert_eq!(stream_key("live", "rtmp://host/live/KEY"), "KEY");
}

proptest! {
    #[test]
    fn garbage_after_the_handshake_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let (mut session, mut input) = connected();
        input.extend_from_slice(&bytes);
        while let Ok(Some(_)) = session.next(&mut input) {}
        prop_assert!(session.take_output().len() <= bytes.len() * 50);
    }
}
