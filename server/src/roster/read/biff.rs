//! The records of a workbook of Excel 97 to 2003, looked at before they are read: how large its sheets are, whether it is under a
//! password, which rows are hidden. The reader keeps room for a whole sheet and for each text as often as it stands there.

use std::collections::{HashMap, HashSet};

use super::{Refusal, limits::CELLS_MAX};

const FORMULA: u16 = 0x0006;
const EOF: u16 = 0x000A;
const FILE_PASS: u16 = 0x002F;
const CONTINUE: u16 = 0x003C;
const BOUND_SHEET: u16 = 0x0085;
const MUL_RK: u16 = 0x00BD;
const RICH: u16 = 0x00D6;
const SST: u16 = 0x00FC;
const LABEL_SST: u16 = 0x00FD;
const DIMENSIONS: u16 = 0x0200;
const NUMBER: u16 = 0x0203;
const LABEL: u16 = 0x0204;
const ERROR: u16 = 0x0205;
const ROW: u16 = 0x0208;
const RK: u16 = 0x027E;
const BOF: u16 = 0x0809;
/// A record nobody knows.
const IGNORED: u16 = 0x7FFE;

/// Sheets at most.
const SHEETS_MAX: usize = 100;

/// Characters of all cells together.
const CHARACTERS_MAX: usize = 100_000_000;

/// What was seen of the sheets, by where each begins.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Where each sheet begins, in the order of their names.
    pub(super) sheets: Vec<usize>,
    by_start: HashMap<usize, Sheet>,
}

#[derive(Debug, Default)]
struct Sheet {
    rows: Option<(u16, u16)>,
    columns: Option<(u16, u16)>,
    hidden: HashSet<u32>,
    formulas: usize,
}

impl Sheet {
    fn cell(&mut self, row: u16, column: u16) {
        let widen = |range: &mut Option<(u16, u16)>, at: u16| {
            *range = Some(range.map_or((at, at), |(from, to)| (from.min(at), to.max(at))));
        };
        widen(&mut self.rows, row);
        widen(&mut self.columns, column);
    }

    /// Cells in the rectangle around all that have something in them.
    fn room(&self) -> usize {
        let length = |range: Option<(u16, u16)>| range.map_or(0, |(from, to)| usize::from(to - from) + 1);
        length(self.rows) * length(self.columns)
    }
}

impl Seen {
    /// Hidden rows of the sheet with this number, and how many of its cells are formulas.
    pub(super) fn of(&mut self, number: usize) -> (HashSet<u32>, usize) {
        let sheet = self.sheets.get(number).and_then(|start| self.by_start.remove(start)).unwrap_or_default();
        (sheet.hidden, sheet.formulas)
    }
}

fn half(data: &[u8], at: usize) -> Result<u16, Refusal> {
    let two = data.get(at..).and_then(<[u8]>::first_chunk).ok_or_else(Refusal::broken)?;
    Ok(u16::from_le_bytes(*two))
}

fn word(data: &[u8], at: usize) -> Result<usize, Refusal> {
    Ok(usize::from(half(data, at)?) | usize::from(half(data, at + 2)?) << 16)
}

/// Looks at every record. Sizes that sheets declare of themselves are taken out of the stream.
pub(super) fn look(stream: &mut [u8]) -> Result<Seen, Refusal> {
    let mut seen = Seen::default();
    let (mut at, mut texts, mut characters) = (0, Vec::new(), 0);
    // Substreams that are open: charts stand inside sheets.
    let mut open: Vec<usize> = Vec::new();
    while at + 4 <= stream.len() {
        let (kind, length) = (half(stream, at)?, usize::from(half(stream, at + 2)?));
        if kind == 0 && length == 0 {
            // What fills the last sector.
            break;
        }
        let data = stream.get(at + 4..at + 4 + length).ok_or_else(Refusal::broken)?;
        let sheet = match open[..] {
            [start] => Some(seen.by_start.entry(start).or_default()),
            _ => None,
        };
        match (kind, sheet) {
            (FILE_PASS, _) => return Err(Refusal::new("file_password")),
            (BOF, _) => open.push(at),
            (EOF, _) => {
                open.pop();
            }
            (BOUND_SHEET, _) => seen.sheets.push(word(data, 0)?),
            (SST, _) => texts = lengths(&pieces(stream, at))?,
            (ROW, Some(sheet)) if length >= 14 && half(data, 12)? & 0x20 != 0 => {
                sheet.hidden.insert(u32::from(half(data, 0)?) + 1);
            }
            (FORMULA | NUMBER | LABEL | RICH | ERROR | RK | LABEL_SST, Some(sheet)) => {
                sheet.cell(half(data, 0)?, half(data, 2)?);
                sheet.formulas += usize::from(kind == FORMULA);
                if kind == LABEL_SST {
                    characters += texts.get(word(data, 6)?).map_or(0, |text| usize::from(*text));
                }
            }
            (MUL_RK, Some(sheet)) => {
                sheet.cell(half(data, 0)?, half(data, 2)?);
                sheet.cell(half(data, 0)?, half(data, length.saturating_sub(2))?);
            }
            (DIMENSIONS, _) => stream[at..at + 2].copy_from_slice(&IGNORED.to_le_bytes()),
            _ => {}
        }
        at += 4 + length;
    }
    check(&seen, characters)?;
    Ok(seen)
}

fn check(seen: &Seen, characters: usize) -> Result<(), Refusal> {
    let mut room = 0_usize;
    for start in &seen.sheets {
        // A sheet that begins where none was seen would be read without having been looked at.
        room += seen.by_start.get(start).ok_or_else(Refusal::broken)?.room();
    }
    if room > CELLS_MAX {
        return Err(Refusal::over("file_too_many_cells", CELLS_MAX));
    }
    if characters > CHARACTERS_MAX || seen.sheets.len() > SHEETS_MAX {
        return Err(Refusal::over("file_too_large_inside", CHARACTERS_MAX));
    }
    Ok(())
}

/// A record and those that continue it.
fn pieces(stream: &[u8], mut at: usize) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while let (Ok(kind), Ok(length)) = (half(stream, at), half(stream, at + 2)) {
        let end = at + 4 + usize::from(length);
        let Some(data) = stream.get(at + 4..end).filter(|_| pieces.is_empty() || kind == CONTINUE) else {
            break;
        };
        pieces.push(data);
        at = end;
    }
    pieces
}

/// How many characters each shared text has.
fn lengths(pieces: &[&[u8]]) -> Result<Vec<u16>, Refusal> {
    let mut walk = Walk { pieces, rest: pieces.first().and_then(|first| first.get(8..)).unwrap_or_default() };
    let mut lengths = Vec::new();
    while walk.goes_on() {
        let count = half(walk.bytes(2)?, 0)?;
        let flags = walk.bytes(1)?[0];
        let runs = if flags & 8 != 0 { usize::from(half(walk.bytes(2)?, 0)?) * 4 } else { 0 };
        let extra = if flags & 4 != 0 { word(walk.bytes(4)?, 0)? } else { 0 };
        walk.characters(usize::from(count), flags & 1 != 0)?;
        walk.skip(runs.saturating_add(extra))?;
        lengths.push(count);
    }
    Ok(lengths)
}

struct Walk<'a> {
    pieces: &'a [&'a [u8]],
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    fn goes_on(&mut self) -> bool {
        while self.rest.is_empty() && self.next() {}
        !self.rest.is_empty()
    }

    fn next(&mut self) -> bool {
        self.pieces = self.pieces.get(1..).unwrap_or_default();
        self.rest = self.pieces.first().copied().unwrap_or_default();
        !self.pieces.is_empty()
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        if !self.goes_on() {
            return Err(Refusal::broken());
        }
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(Refusal::broken)?;
        self.rest = rest;
        Ok(taken)
    }

    fn skip(&mut self, mut count: usize) -> Result<(), Refusal> {
        while count > 0 {
            if !self.goes_on() {
                return Err(Refusal::broken());
            }
            let some = count.min(self.rest.len());
            self.rest = &self.rest[some..];
            count -= some;
        }
        Ok(())
    }

    /// Characters may go on in the next record, which says anew how wide they are.
    fn characters(&mut self, mut count: usize, mut wide: bool) -> Result<(), Refusal> {
        while count > 0 {
            if self.rest.is_empty() {
                if !self.next() {
                    return Err(Refusal::broken());
                }
                wide = self.bytes(1)?[0] & 1 != 0;
            }
            let width = if wide { 2 } else { 1 };
            let some = count.min(self.rest.len() / width);
            if some == 0 {
                return Err(Refusal::broken());
            }
            self.rest = &self.rest[some * width..];
            count -= some;
        }
        Ok(())
    }
}
