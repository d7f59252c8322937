use encoding_rs::GB18030;
use proptest::prelude::*;

use super::*;

fn piece(from_ms: i64, to_ms: i64, text: &str) -> Cue {
    Cue { from_ms, to_ms, text: text.to_owned() }
}

fn cues(text: &str) -> Vec<Cue> {
    read(text.as_bytes()).expect("a transcript").cues
}

fn error(text: &str) -> TranscriptError {
    read(text.as_bytes()).expect_err("refused")
}

/// samvera ramp 440 and 499, captioning 86.
#[test]
fn a_webvtt_file_with_everything_gives_exactly_the_spoken_lines() {
    let file = "\u{FEFF}WEBVTT - 第一讲\r\nKind: captions\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nREGION\r\nid:fred\r\n\r\n\
                NOTE\r\n说明\r\n\r\nNOTE 一行\r\n\r\n00:11.000 --> 00:13.000 align:right\r\nnote 大家好\r\nNOTE 也是说的\r\n\r\n\
                intro\r\n00:14.000 --> 00:15.000\r\n\r\n<v 张老师>01:00:00.000 --> 01:00:01.000\r\n\r\n\
                01:00:02.500 --> 01:00:03.000\r\n<v 张老师>欢迎<b>您</b>\r\n5 < 6 {x} &lt;好&gt;\r\n";
    let expected = [
        piece(11_000, 13_000, "note 大家好\nNOTE 也是说的"),
        piece(3_602_500, 3_603_000, "欢迎您\n5 < 6 {x} <好>"),
    ];
    assert_eq!(cues(file), expected);
}

#[test]
fn subrip_in_any_order_and_with_blank_lines_in_its_texts() {
    let file = "2\r\n00:00:03,000 --> 00:00:04,000\r\n{\\an8}后\r\n\r\n1\r\n0:00:01,000 --> 00:00:02,5\r\n<i>先</i>\r\n\r\n第二行\r\n2021\r\n\r\n";
    assert_eq!(cues(file), [piece(1_000, 2_500, "先\n第二行\n2021"), piece(3_000, 4_000, "后")]);
    let bare = "00:00:01 --> 00:00:02\n一\n00：00：02，500 --> 75:00.000\n二 --> 三";
    assert_eq!(cues(bare), [piece(1_000, 2_000, "一"), piece(2_500, 4_500_000, "二 --> 三")]);
}

#[test]
fn lrc_with_several_times_an_offset_and_times_of_words() {
    let file = "[ti:长征]\n[ar:张老师]\n[offset:500]\n[00:10.50]<00:10.50>红军<00:11.00>不怕\n[00:20.00][00:01.00]远征难\n[00:12]\n\
                [00:30:25]万水\n续行\n[1:00:00.5]千山\n";
    let expected = [
        piece(500, 10_000, "远征难"),
        piece(10_000, 11_500, "红军不怕"),
        piece(19_500, 29_750, "远征难"),
        piece(29_750, 3_600_000, "万水\n续行"),
        piece(3_600_000, 3_610_000, "千山"),
    ];
    assert_eq!(cues(file), expected);
    // Two languages at one time are one cue.
    assert_eq!(cues("[00:01.00]你好\n[00:01.00]Hello\n[00:02.00]完")[0], piece(1_000, 2_000, "你好\nHello"));
    // The offset never makes a time negative.
    assert_eq!(
        cues("[offset:+5000]\n[00:01.00]a\n[00:07.00]b"),
        [piece(0, 2_000, "a"), piece(2_000, 12_000, "b")]
    );
}

#[test]
fn a_text_without_times_is_read_by_paragraphs() {
    let transcript = read("第一段。\n\n  第二段 --> 不是时间。\n[笑]\n".as_bytes()).expect("text");
    assert!(!transcript.timed);
    let expected = ["第一段。", "第二段 --> 不是时间。", "[笑]"].map(|text| piece(0, 0, text));
    assert_eq!(transcript.cues, expected);
    let long = format!("{}。{}", "长".repeat(400), "征".repeat(700));
    let lengths: Vec<usize> = cues(&long).iter().map(|cue| cue.text.chars().count()).collect();
    assert_eq!(lengths, [401, 500, 200]);
}

#[test]
fn overlapping_times_are_cut_where_the_next_begins() {
    let file = "1\n00:00:01,000 --> 00:00:09,000\na\n\n2\n00:00:03,000 --> 00:00:04,000\nb\n\n3\n00:00:03,000 --> 00:00:05,000\nc\n";
    assert_eq!(cues(file), [piece(1_000, 3_000, "a"), piece(3_000, 5_000, "b\nc")]);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    use TranscriptError::*;
    assert_eq!(error(""), Empty);
    assert_eq!(error("WEBVTT\n\n只有字"), Empty);
    assert_eq!(error("[ti:x]\n[00:01.00]\n"), Empty);
    assert_eq!(error("1\n00:00:01,000 --> 永远\n字"), Time(2));
    assert_eq!(error("00:00:61,000 --> 00:01:02,000\n字"), Time(1));
    assert_eq!(error("[00:01.00]一\n[00:99.00]二"), Time(2));
    assert_eq!(error("[00:01.00]一\n[offset:早]"), Time(2));
    assert_eq!(error("x\n\n00:02.000 --> 00:01.000\n字"), Reversed(3));
    assert_eq!(error("00:02.000 --> 00:02.000\n字"), Reversed(1));
    assert_eq!(error("9999:00:00.000 --> 9999:00:01.000\nx"), Time(1));
    assert_eq!(error(&format!("00:02.000 --> 00:03.000\n{}", "长".repeat(501))), TooLong(1));
    assert_eq!(error(&format!("00:02.000 --> 00:03.000\n{}", "<".repeat(1_000_000))), TooLong(1));
    let many: Vec<String> = (0..=CUES_MAX).map(|at| format!("[{}:{:02}]x", at / 60, at % 60)).collect();
    assert_eq!(error(&many.join("\n")), TooMany);
    // What a small file would blow up into is bounded, too.
    let times = (1..=9_000).map(|at| format!("[{}:{:02}]", at / 60, at % 60)).collect::<Vec<_>>().concat();
    assert_eq!(error(&format!("{times}{}", "长".repeat(400))), TooLarge);
    assert_eq!(error(&format!("{}字", "[00:01]".repeat(9_000))), TooLong(1));
    assert_eq!(error(&"字\n".repeat(CUES_MAX + 1)), TooMany);
    assert_eq!(read(&vec![b'a'; TRANSCRIPT_BYTES + 1]), Err(TooLarge));
    assert_eq!(read(b"[00:01.00]a\n[00:02.00]caf\xe9 b").map_err(TranscriptError::line), Err(Some(2)));
}

#[test]
fn a_file_in_gbk_or_utf16_reads_the_same() {
    let text = "1\n00:00:01,000 --> 00:00:02,000\n大家好\n";
    let expected = read(text.as_bytes());
    assert_eq!(read(&GB18030.encode(text).0), expected);
    let wide: Vec<u8> = format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&wide), expected);
    assert_eq!(read(text.replace('\n', "\r").as_bytes()), expected, "line ends of old Macs");
}

/// orpheus 512.
#[test]
fn cutting_silence_moves_every_cue_and_none_before_the_beginning() {
    let all = vec![piece(0, 3_000, "a"), piece(3_000, 4_000, "b"), piece(10_000, 12_000, "c")];
    assert_eq!(shift(all.clone(), -3_200), [piece(0, 800, "b"), piece(6_800, 8_800, "c")]);
    assert_eq!(shift(all.clone(), 500)[0], piece(500, 3_500, "a"));
    assert_eq!(within(all, 11_000)[1..], [piece(3_000, 4_000, "b"), piece(10_000, 11_000, "c")]);
}

proptest! {
    #[test]
    fn cues_are_in_order_and_never_overlap(text in "(?s)(\\[[0-9]{1,2}:[0-5][0-9](\\.[0-9]{1,3})?\\][a-c]{0,2}\n|[0-9]\n00:0[0-9],[0-9] --> 00:[1-5]0,0\n.{0,9}\n\n){0,20}") {
        if let Ok(Transcript { timed: true, cues }) = read(text.as_bytes()) {
            prop_assert!(cues.iter().all(|cue| cue.from_ms < cue.to_ms && !cue.text.trim().is_empty()));
            prop_assert!(cues.windows(2).all(|pair| pair[0].to_ms <= pair[1].from_ms));
        }
    }

    #[test]
    fn no_bytes_make_it_fail_otherwise(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "(?s).{0,300}", by in any::<i64>()) {
        let _ = read(&bytes);
        for text in [text.clone(), format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{text}"), format!("[00:01.00]{text}\n[{text}]")] {
            if let Ok(transcript) = read(text.as_bytes()) {
                let clean = transcript.cues.iter().all(|cue| !cue.text.contains(['\0', '\u{202E}']));
                prop_assert!(clean);
                let _ = shift(transcript.cues, by);
            }
        }
    }
}
