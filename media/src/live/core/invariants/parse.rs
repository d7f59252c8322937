//! A strict reader of the media playlists we write, for tests: a tag it does not know, or one in the wrong place, is an error.

use std::collections::HashMap;

/// A media playlist as a player sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Playlist {
    pub target_duration: u64,
    pub part_target: f64,
    pub control: HashMap<String, String>,
    pub first_msn: u64,
    pub discontinuity_sequence: u64,
    pub independent: bool,
    pub skipped: usize,
    pub segments: Vec<Segment>,
    /// Parts after the last segment.
    pub open: Vec<Part>,
    pub open_pdt: Option<String>,
    pub open_discontinuity: bool,
    /// Map in force at the end.
    pub map: Option<String>,
    pub hint: Option<String>,
    pub reports: Vec<HashMap<String, String>>,
    pub ended: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Segment {
    pub uri: String,
    pub duration: f64,
    pub pdt: Option<String>,
    pub discontinuity: bool,
    pub gap: bool,
    /// Map in force, which a gap does not need; a delta update may leave it to the skipped part.
    pub map: Option<String>,
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub uri: String,
    pub duration: f64,
    pub independent: bool,
}

type Fault = String;

pub(crate) fn parse(text: &str) -> Result<Playlist, Fault> {
    let mut reader = Reader::default();
    let mut lines = text.lines();
    if lines.next() != Some("#EXTM3U") || !text.ends_with('\n') {
        return Err("no #EXTM3U, or no end of line".into());
    }
    for line in lines {
        reader.line(line).map_err(|fault| format!("{fault}: {line}\n{text}"))?;
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    list: Playlist,
    seen: HashMap<String, u32>,
    pdt: Option<String>,
    discontinuity: bool,
    gap: bool,
    duration: Option<f64>,
    parts: Vec<Part>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), Fault> {
        if self.list.ended {
            return Err("something after the end".into());
        }
        if !line.starts_with('#') {
            return self.uri(line);
        }
        let (tag, value) = line.split_once(':').unwrap_or((line, ""));
        *self.seen.entry(tag.to_owned()).or_default() += 1;
        let body = !self.list.segments.is_empty() || !self.parts.is_empty() || self.pdt.is_some();
        match tag {
            "#EXT-X-VERSION" if !body && value == "9" => {}
            "#EXT-X-TARGETDURATION" if !body => self.list.target_duration = number(value)?,
            "#EXT-X-SERVER-CONTROL" if !body => self.list.control = attributes(value)?,
            "#EXT-X-PART-INF" if !body => {
                self.list.part_target = number(attribute(&attributes(value)?, "PART-TARGET")?)?;
            }
            "#EXT-X-MEDIA-SEQUENCE" if !body => self.list.first_msn = number(value)?,
            "#EXT-X-DISCONTINUITY-SEQUENCE" if !body => self.list.discontinuity_sequence = number(value)?,
            "#EXT-X-INDEPENDENT-SEGMENTS" if !body => self.list.independent = true,
            "#EXT-X-SKIP" if !body => {
                self.list.skipped = number(attribute(&attributes(value)?, "SKIPPED-SEGMENTS")?)?;
            }
            "#EXT-X-DISCONTINUITY" if !self.discontinuity && self.pdt.is_none() => self.discontinuity = true,
            "#EXT-X-MAP" if self.pdt.is_none() => {
                self.list.map = Some(attribute(&attributes(value)?, "URI")?.clone());
            }
            "#EXT-X-PROGRAM-DATE-TIME" if self.pdt.is_none() => self.pdt = Some(value.to_owned()),
            "#EXT-X-PART" if self.pdt.is_some() && self.list.map.is_some() || self.list.skipped > 0 => {
                let found = attributes(value)?;
                self.parts.push(Part {
                    uri: attribute(&found, "URI")?.clone(),
                    duration: number(attribute(&found, "DURATION")?)?,
                    independent: found.get("INDEPENDENT").is_some_and(|value| value == "YES"),
                });
            }
            "#EXT-X-GAP" => self.gap = true,
            "#EXTINF" => self.duration = Some(number(value.strip_suffix(',').ok_or("no comma")?)?),
            "#EXT-X-PRELOAD-HINT" => {
                let found = attributes(value)?;
                if attribute(&found, "TYPE")? != "PART" || self.list.hint.is_some() {
                    return Err("not one hint of a part".into());
                }
                self.list.hint = Some(attribute(&found, "URI")?.clone());
            }
            "#EXT-X-RENDITION-REPORT" => self.list.reports.push(attributes(value)?),
            "#EXT-X-ENDLIST" => self.list.ended = true,
            _ => return Err("unknown tag, or in the wrong place".into()),
        }
        Ok(())
    }

    fn uri(&mut self, uri: &str) -> Result<(), Fault> {
        let gap = std::mem::take(&mut self.gap);
        if self.list.map.is_none() && !gap && self.list.skipped == 0 {
            return Err("media without a map".into());
        }
        self.list.segments.push(Segment {
            uri: uri.to_owned(),
            duration: self.duration.take().ok_or("no EXTINF")?,
            pdt: self.pdt.take(),
            discontinuity: std::mem::take(&mut self.discontinuity),
            gap,
            map: self.list.map.clone().filter(|_| !gap),
            parts: std::mem::take(&mut self.parts),
        });
        Ok(())
    }

    fn finish(self) -> Result<Playlist, Fault> {
        const REPEATED: [&str; 8] = [
            "#EXT-X-DISCONTINUITY",
            "#EXT-X-MAP",
            "#EXT-X-PROGRAM-DATE-TIME",
            "#EXT-X-PART",
            "#EXT-X-GAP",
            "#EXTINF",
            "#EXT-X-RENDITION-REPORT",
            "#EXT-X-SKIP",
        ];
        if let Some((tag, n)) = self.seen.iter().find(|(tag, n)| **n > 1 && !REPEATED.contains(&tag.as_str()))
        {
            return Err(format!("{tag} {n} times"));
        }
        for tag in ["#EXT-X-VERSION", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-PART-INF"] {
            if !self.seen.contains_key(tag) {
                return Err(format!("no {tag}"));
            }
        }
        if self.gap || self.duration.is_some() {
            return Err("a segment without a URI".into());
        }
        let open_discontinuity = self.discontinuity;
        Ok(Playlist { open: self.parts, open_pdt: self.pdt, open_discontinuity, ..self.list })
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

fn attribute<'a>(found: &'a HashMap<String, String>, name: &str) -> Result<&'a String, Fault> {
    found.get(name).ok_or_else(|| format!("no {name}"))
}

/// `NAME=value,NAME="quoted, value"`.
pub(crate) fn attributes(mut text: &str) -> Result<HashMap<String, String>, Fault> {
    let mut found = HashMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once('=').ok_or("no = in an attribute")?;
        let (value, rest) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted.split_once('"').ok_or("quote without end")?
        } else {
            rest.split_at(rest.find(',').unwrap_or(rest.len()))
        };
        if found.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(format!("{name} twice"));
        }
        text = rest.strip_prefix(',').unwrap_or(rest);
    }
    Ok(found)
}

impl Playlist {
    /// What a player holds after it applied this delta update to what it had.
    pub(crate) fn merged_onto(mut self, before: &Self) -> Result<Self, Fault> {
        if self.skipped == 0 {
            return Ok(self);
        }
        let at = usize::try_from(self.first_msn - before.first_msn).map_err(|_| "backwards")?;
        let kept =
            before.segments.get(at..at + self.skipped).ok_or("the player does not have the skipped")?;
        let mut map = kept.iter().rev().find_map(|segment| segment.map.clone());
        let mut segments = kept.to_vec();
        // Parts of segments that are skipped are too old to be listed.
        for segment in &mut segments {
            segment.parts.clear();
        }
        for mut segment in self.segments {
            map = segment.map.take().or(map);
            segments.push(Segment { map: map.clone().filter(|_| !segment.gap), ..segment });
        }
        self.map = self.map.or(map);
        Ok(Self { segments, skipped: 0, ..self })
    }
}
