//! What is said in a line, without markup and marks nobody sees.

/// A line of a cue without markup: `<b>`, `<c.red>`, `<v 张老师>`, `<00:01.000>`, `{\an8}`, and with its entities read.
pub(super) fn text(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{']) {
        let (before, mark) = rest.split_at(at);
        out.push_str(before);
        let end = match mark.as_bytes() {
            [b'<', next, ..] if next.is_ascii_alphanumeric() || *next == b'/' => mark.find('>'),
            [b'{', b'\\', ..] => mark.find('}'),
            _ => None,
        };
        // One that is not closed, as in 5 < 6, is a character like any other.
        rest = &mark[end.map_or(1, |end| end + 1)..];
        if end.is_none() {
            out.push_str(&mark[..1]);
        }
    }
    out.push_str(rest);
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&lrm;", ""), ("&rlm;", ""), ("&amp;", "&")];
    clean(&entities.iter().fold(out, |text, (entity, is)| text.replace(entity, is)))
}

/// Without control characters and those that turn the writing around.
pub(super) fn clean(line: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}');
    let kept: String = line
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(|c| !c.is_control() && !turns(*c))
        .collect();
    kept.trim().to_owned()
}
