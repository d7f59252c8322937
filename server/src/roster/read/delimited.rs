//! CSV, and text with tabs as Excel saves it. Rows are counted as a spreadsheet shows them: blank lines are rows, and a line end
//! inside quotation marks is none.

use std::collections::HashSet;

use csv::{ReaderBuilder, StringRecord};

use super::{Cell, Flaw, ReadOptions, Refusal, Table, encoding, table::Collector};
use crate::exports::unprotected;

/// Lines that are looked at to find the delimiter.
const LINES_TRIED: usize = 20;

pub(super) fn read(bytes: &[u8], options: &ReadOptions, progress: &dyn Fn(usize)) -> Result<Table, Refusal> {
    let (text, encoding) = encoding::decode(bytes, options.encoding).or_refused(bytes)?;
    let mut collector = Collector::new(progress);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let (mut record, mut rows) = (StringRecord::new(), Counter { text: text.as_bytes(), next: 1 });
    let mut from = 0;
    while reader.read_record(&mut record).map_err(|_| Refusal::broken())? {
        let to = reader.position().byte();
        let number = rows.row(from, to);
        from = to;
        if number == 1 && record.get(0).is_some_and(|first| first.starts_with("sep=")) {
            continue;
        }
        for (column, field) in record.iter().enumerate() {
            collector.cell(number, column, cell(field))?;
        }
    }
    let mut table = collector.finish(&HashSet::new());
    table.encoding = Some(encoding);
    Ok(table)
}

/// The reader skips blank lines and says at which byte it began to look for each record.
struct Counter<'a> {
    text: &'a [u8],
    /// The row of what comes next, if no blank line is before it.
    next: u32,
}

impl Counter<'_> {
    /// The row of a record that was looked for from one byte on and ends before another.
    fn row(&mut self, from: u64, to: u64) -> u32 {
        let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        let (from, to) = (at(from), at(to));
        let is_end = |at: &usize| match self.text.get(*at) {
            Some(b'\n') => true,
            Some(b'\r') => self.text.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let blank = self.text[from..to].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let before = (from..from + blank).filter(is_end).count();
        let row = self.next.saturating_add(u32::try_from(before).unwrap_or(u32::MAX));
        // Of `\r\n` the second may be left to the next record.
        self.next = row.saturating_add(u32::from(to > from && is_end(&(to - 1))));
        row
    }
}

/// The one that stands most often in the first lines, outside quotation marks.
fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0_usize), (b'\t', 0), (b';', 0)];
    let (mut quoted, mut lines) = (false, 0);
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' => lines += 1,
            _ if quoted => {}
            _ => {
                for (delimiter, count) in &mut counts {
                    *count += usize::from(*delimiter == byte);
                }
            }
        }
        if lines >= LINES_TRIED {
            break;
        }
    }
    let (mut best, mut most) = counts[0];
    for (delimiter, count) in counts {
        if count > most {
            (best, most) = (delimiter, count);
        }
    }
    best
}

fn cell(field: &str) -> Cell {
    let text = unprotected(field).to_owned();
    // What Excel leaves of a long number when it saves CSV.
    let flaw = is_shortened(&text).then_some(Flaw::DigitsLost);
    Cell { text, flaw }
}

/// `1.38E+10`
fn is_shortened(text: &str) -> bool {
    let Some((figure, power)) = text.trim().split_once(['E', 'e']) else { return false };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = figure.split_once('.').unwrap_or((figure, "0"));
    power.strip_prefix('+').is_some_and(digits) && digits(whole) && digits(fraction)
}
