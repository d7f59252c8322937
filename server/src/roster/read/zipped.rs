//! What is inside a workbook, counted while it inflates and before anything reads it: the sizes in the archive's directory are
//! claims. No ratio is judged: honest parts pack 140 to 1. On the way it is seen which rows are hidden.

use std::{
    collections::{HashMap, HashSet},
    io::{Cursor, Read},
};

use zip::{ZipArchive, result::ZipError};

use super::{
    Refusal,
    limits::ROWS_MAX,
    scan::{Tag, Tags},
};

/// Bytes of all parts together, inflated.
const INFLATED_MAX: usize = 300 << 20;

/// Bytes of the table of texts, which is held in memory.
const STRINGS_MAX: usize = 100 << 20;

/// Parts of an archive at most.
const PARTS_MAX: usize = 2_000;

/// How much is inflated at a time.
const STEP: usize = 64 << 10;

/// Parts with names and relations that are looked into; more of one is no workbook.
const INDEX_BYTES: usize = 4 << 20;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// Hidden rows by the path of their sheet.
    hidden: HashMap<String, HashSet<u32>>,
    /// Paths by the name of the sheet.
    paths: HashMap<String, String>,
}

impl Inside {
    /// The hidden rows of a sheet.
    pub(super) fn hidden(&mut self, sheet: &str) -> HashSet<u32> {
        self.paths.get(sheet).and_then(|path| self.hidden.remove(path)).unwrap_or_default()
    }
}

/// Inflates everything once and keeps nothing of it.
pub(super) fn look(bytes: &[u8]) -> Result<Inside, Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| refused(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(Refusal::over("file_too_large_inside", PARTS_MAX));
    }
    let mut seen = Inside::default();
    let (mut left, mut index) = (INFLATED_MAX, Index::default());
    let mut is_workbook = false;
    for number in 0..archive.len() {
        let mut part = archive.by_index(number).map_err(|error| refused(&error))?;
        let name = part.name().map_err(|_| Refusal::broken())?.replace('\\', "/").to_ascii_lowercase();
        if name.ends_with("workbook.bin") || name == "content.xml" {
            return Err(Refusal::new("file_other_spreadsheet"));
        }
        is_workbook |= name.ends_with("workbook.xml");
        let limit = if name.ends_with("sharedstrings.xml") { left.min(STRINGS_MAX) } else { left };
        let inflated = match &*name {
            name if name.ends_with("workbook.xml") || name.ends_with("workbook.xml.rels") => {
                index.read(&mut part, limit)?
            }
            sheet if sheet.starts_with("xl/worksheets/") && is_xml(sheet) => {
                let (inflated, hidden) = rows(&mut part, limit)?;
                if !hidden.is_empty() {
                    seen.hidden.insert(name.clone(), hidden);
                }
                inflated
            }
            other => inflate(&mut part, limit, is_xml(other), &mut |_| {})?,
        };
        left -= inflated;
    }
    if !is_workbook {
        return Err(Refusal::new("file_unknown"));
    }
    seen.paths = index.paths();
    Ok(seen)
}

fn is_xml(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| matches!(ending, "xml" | "rels"))
}

fn refused(error: &ZipError) -> Refusal {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Refusal::new("file_password"),
        _ => Refusal::broken(),
    }
}

/// Inflates a part to its end, or to the limit, which is too much.
fn inflate(
    part: &mut dyn Read,
    limit: usize,
    xml: bool,
    found: &mut dyn FnMut(Tag<'_>),
) -> Result<usize, Refusal> {
    let (mut piece, mut inflated, mut tags) = (vec![0; STEP], 0, Tags::default());
    loop {
        let got = part.read(&mut piece).map_err(|_| Refusal::broken())?;
        if got == 0 {
            return Ok(inflated);
        }
        inflated += got;
        if inflated > limit {
            return Err(Refusal::over("file_too_large_inside", INFLATED_MAX));
        }
        if xml {
            tags.take(&piece[..got], found)?;
        }
    }
}

/// The numbers of hidden rows.
fn rows(part: &mut dyn Read, limit: usize) -> Result<(usize, HashSet<u32>), Refusal> {
    let (mut hidden, mut number) = (HashSet::new(), 0_u32);
    let inflated = inflate(part, limit, true, &mut |tag| {
        if tag.name() == Some(b"row") {
            let said = tag.attribute("r").and_then(|number| number.parse().ok());
            number = said.unwrap_or(number.saturating_add(1));
            // As many as rows are taken: what is beyond is refused anyway.
            if tag.is("hidden") && hidden.len() < ROWS_MAX {
                hidden.insert(number);
            }
        }
    })?;
    Ok((inflated, hidden))
}

/// Names of sheets, and which part each is.
#[derive(Default)]
struct Index {
    sheets: Vec<(String, String)>,
    targets: HashMap<String, String>,
}

impl Index {
    fn read(&mut self, part: &mut dyn Read, limit: usize) -> Result<usize, Refusal> {
        inflate(part, limit.min(INDEX_BYTES), true, &mut |tag| match tag.name() {
            Some(b"sheet") => {
                let id = tag.attribute("r:id").or_else(|| tag.attribute("id"));
                self.sheets.extend(tag.attribute("name").zip(id));
            }
            Some(b"Relationship") => {
                self.targets.extend(tag.attribute("Id").zip(tag.attribute("Target")));
            }
            _ => {}
        })
    }

    fn paths(self) -> HashMap<String, String> {
        let Self { sheets, targets } = self;
        let path = |target: &String| {
            let target = target.trim_start_matches('/').to_ascii_lowercase();
            if target.starts_with("xl/") { target } else { format!("xl/{target}") }
        };
        sheets.into_iter().filter_map(|(name, id)| Some((name, path(targets.get(&id)?)))).collect()
    }
}
