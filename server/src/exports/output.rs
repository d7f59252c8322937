//! The file of an export job, while it is written: rows come as they are computed, a thread of its own writes them. Its draft is
//! removed unless it is finished.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Read as _, Seek as _, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use ::csv::{QuoteStyle, Terminator, WriterBuilder};
use sha2::{Digest as _, Sha256};
use tokio::{sync::mpsc, task::JoinHandle};
use yunke_store::{ExportFile, ExportFormat};

use super::{
    book::{Book, Row, Table},
    columns::Cell,
    csv::{BOM, field, record},
    error::DetailError,
    hash::{RowHash, hex},
};

/// Pages of rows that may wait for the writing thread; then the computing waits.
const WAITING_PAGES: usize = 4;

/// Bytes of a file at most: no spreadsheet opens more.
const BYTES_MAX: u64 = 1 << 30;

/// Rows of an XLSX at most; a CSV is bounded by its bytes.
const XLSX_ROWS_MAX: i64 = 3_000_000;

enum Step {
    Rows(usize, Vec<Row>),
    End(Vec<Option<Row>>, Vec<(String, String)>),
}

/// A file that is being written.
pub(super) struct Output {
    format: ExportFormat,
    steps: mpsc::Sender<Step>,
    writing: JoinHandle<Result<(u64, String), DetailError>>,
    hash: RowHash,
    rows: i64,
    totals: Vec<Option<Row>>,
}

impl Output {
    /// Begins the file at `path`, in a folder that is there. A CSV has the first of the tables only.
    pub(super) fn begin(
        path: PathBuf,
        format: ExportFormat,
        title: String,
        tables: &'static [Table],
    ) -> Self {
        let (steps, inbox) = mpsc::channel(WAITING_PAGES);
        let writing = tokio::task::spawn_blocking(move || write(&path, format, &title, tables, inbox));
        let mut hash = RowHash::default();
        for table in tables {
            hash.add(table.columns.iter().map(|(heading, _)| *heading));
        }
        Self { format, steps, writing, hash, rows: 0, totals: tables.iter().map(|_| None).collect() }
    }

    /// Writes rows of a table.
    pub(super) async fn rows(&mut self, table: usize, rows: Vec<Row>) -> Result<(), DetailError> {
        if self.format == ExportFormat::Xlsx || table == 0 {
            self.rows += i64::try_from(rows.len()).unwrap_or(i64::MAX);
        }
        if self.format == ExportFormat::Xlsx && self.rows > XLSX_ROWS_MAX {
            return Err(DetailError::TooLarge);
        }
        for row in &rows {
            self.hash.add(row.iter().map(Cell::text));
        }
        // A closed channel: the writing failed, and says why at the end.
        let _ = self.steps.send(Step::Rows(table, rows)).await;
        if self.steps.is_closed() { Err(DetailError::Stopped) } else { Ok(()) }
    }

    /// The row below a table.
    pub(super) fn totals(&mut self, table: usize, row: Row) {
        self.totals[table] = Some(row);
    }

    /// The hash of the rows given so far.
    pub(super) fn hash(&self) -> String {
        self.hash.hex()
    }

    /// Ends the file. `computed`: whether all rows were given, and what explains them.
    pub(super) async fn finish(
        self,
        computed: Result<Vec<(String, String)>, DetailError>,
    ) -> Result<ExportFile, DetailError> {
        let Self { steps, writing, rows, totals, .. } = self;
        let computed = match computed {
            Ok(notes) => {
                let _ = steps.send(Step::End(totals, notes)).await;
                Ok(())
            }
            Err(error) => Err(error),
        };
        drop(steps);
        let written = writing.await.map_err(|error| DetailError::File(std::io::Error::other(error)))?;
        // Where the writing broke off, the computing only found nobody there.
        match (computed, written) {
            (Err(DetailError::Stopped) | Ok(()), Err(why)) | (Err(why), _) => Err(why),
            (Ok(()), Ok((bytes, sha256))) => {
                Ok(ExportFile { size_bytes: i64::try_from(bytes).unwrap_or(i64::MAX), rows, sha256 })
            }
        }
    }
}

/// Removed when it is dropped, unless it was kept.
struct Draft {
    path: PathBuf,
    kept: bool,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn write(
    path: &Path,
    format: ExportFormat,
    title: &str,
    tables: &'static [Table],
    inbox: mpsc::Receiver<Step>,
) -> Result<(u64, String), DetailError> {
    let mut draft = Draft { path: path.with_extension("draft"), kept: false };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft.path)?;
    match format {
        ExportFormat::Csv => write_csv(&file, tables, inbox)?,
        ExportFormat::Xlsx => {
            let folder = path.parent().unwrap_or(Path::new("."));
            write_xlsx(&mut file, title, tables, folder, inbox)?;
        }
    }
    let (bytes, sha256) = hash_of(&mut file)?;
    if bytes > BYTES_MAX {
        return Err(DetailError::TooLarge);
    }
    file.sync_all()?;
    std::fs::rename(&draft.path, path)?;
    draft.kept = true;
    Ok((bytes, sha256))
}

fn write_csv(
    file: &File,
    tables: &'static [Table],
    mut inbox: mpsc::Receiver<Step>,
) -> Result<(), DetailError> {
    let mut buffered = BufWriter::with_capacity(1 << 16, file);
    buffered.write_all(BOM)?;
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(buffered);
    writer.write_record(tables[0].columns.iter().map(|(heading, _)| *heading))?;
    while let Some(step) = inbox.blocking_recv() {
        match step {
            Step::Rows(0, rows) => {
                for row in &rows {
                    record(&mut writer, row.iter().map(field))?;
                }
                if file.metadata()?.len() > BYTES_MAX {
                    return Err(DetailError::TooLarge);
                }
            }
            Step::Rows(..) => {}
            Step::End(mut totals, _) => {
                if let Some(row) = totals[0].take() {
                    record(&mut writer, row.iter().map(field))?;
                }
                writer.flush()?;
                return Ok(());
            }
        }
    }
    // The computing broke off; it says why.
    Err(DetailError::Stopped)
}

fn write_xlsx(
    file: &mut File,
    title: &str,
    tables: &'static [Table],
    folder: &Path,
    mut inbox: mpsc::Receiver<Step>,
) -> Result<(), DetailError> {
    let mut book = Book::new(title, tables, folder)?;
    while let Some(step) = inbox.blocking_recv() {
        match step {
            Step::Rows(table, rows) => book.rows(table, &rows)?,
            Step::End(totals, notes) => return book.finish(&totals, &notes, file),
        }
    }
    Err(DetailError::Stopped)
}

/// Bytes and SHA-256 of a file, read from its beginning.
fn hash_of(file: &mut File) -> Result<(u64, String), DetailError> {
    file.rewind()?;
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((bytes, hex(&hash.finalize())));
        }
        hash.update(&piece[..read]);
        bytes += u64::try_from(read).unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static TABLES: [Table; 2] = [
        Table { name: "一", columns: &[("姓名", 10), ("秒", 8)], pages_wide: 1, repeated: None },
        Table { name: "二", columns: &[("姓名", 10)], pages_wide: 1, repeated: None },
    ];

    fn row(name: &str, seconds: i64) -> Row {
        vec![Cell::Text(name.to_owned()), Cell::Count(seconds)]
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("read");
        entries.map(|one| one.expect("one").file_name().to_string_lossy().into_owned()).collect()
    }

    #[tokio::test]
    async fn a_file_is_there_once_it_is_whole_and_a_csv_has_the_first_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        let mut output = Output::begin(path.clone(), ExportFormat::Csv, "题".to_owned(), &TABLES);
        output.rows(0, vec![row("=甲", 1), row("乙", -2)]).await.expect("taken");
        output.rows(1, vec![vec![Cell::Text("丙".to_owned())]]).await.expect("taken");
        output.totals(0, row("合计", -1));
        let file = output.finish(Ok(Vec::new())).await.expect("made");
        let text = std::fs::read_to_string(&path).expect("read");
        assert_eq!(text, "\u{feff}\"姓名\",\"秒\"\r\n\"'=甲\",\"1\"\r\n\"乙\",\"-2\"\r\n\"合计\",\"-1\"\r\n");
        assert_eq!((file.rows, usize::try_from(file.size_bytes)), (2, Ok(text.len())));
        assert_eq!(file.sha256, hex(&Sha256::digest(text.as_bytes())));
    }

    #[tokio::test]
    async fn what_broke_off_leaves_nothing_behind_and_says_why() {
        let folder = tempfile::tempdir().expect("a folder");
        for format in [ExportFormat::Csv, ExportFormat::Xlsx] {
            let mut output = Output::begin(folder.path().join("x"), format, "题".to_owned(), &TABLES);
            output.rows(0, vec![row("甲", 1)]).await.expect("taken");
            let broken = output.finish(Err(DetailError::NotAllowed)).await;
            assert!(matches!(broken, Err(DetailError::NotAllowed)), "{broken:?}");
        }
        assert_eq!(names(folder.path()), [] as [String; 0]);
        let nowhere = folder.path().join("no").join("x");
        let output = Output::begin(nowhere, ExportFormat::Xlsx, "题".to_owned(), &TABLES);
        assert!(matches!(output.finish(Ok(Vec::new())).await, Err(DetailError::File(_))));
    }

    /// Run with `--run-ignored only --no-capture`; a release says more than the dev profile.
    #[tokio::test]
    #[ignore = "a measurement, for people"]
    #[expect(clippy::print_stderr, reason = "it measures, and says what")]
    async fn how_fast_a_hundred_thousand_rows_are_written() {
        static WIDE: [Table; 1] =
            [Table { name: "宽", columns: &super::super::columns::COLUMNS, pages_wide: 2, repeated: None }];
        let folder = tempfile::tempdir().expect("a folder");
        for format in [ExportFormat::Csv, ExportFormat::Xlsx] {
            let cpu = || {
                let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
                spent.tv_sec * 1_000 + spent.tv_nsec / 1_000_000
            };
            let (begun, spent) = (std::time::Instant::now(), cpu());
            let mut output = Output::begin(folder.path().join("x"), format, "题".to_owned(), &WIDE);
            for page in 0..1_000 {
                let one = |n: i64| {
                    let mut row: Row = (0..15).map(|_| Cell::Text("创业大厦第一支部".to_owned())).collect();
                    row.extend((0..10).map(|at| Cell::Count(page * 100 + n + at)));
                    row
                };
                output.rows(0, (0..100).map(one).collect()).await.expect("taken");
            }
            let file = output.finish(Ok(Vec::new())).await.expect("made");
            let status = std::fs::read_to_string("/proc/self/status").expect("read");
            let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
            let spent = cpu() - spent;
            eprintln!(
                "{format:?}: {:?}, {spent} ms of CPU, {} bytes, {peak}",
                begun.elapsed(),
                file.size_bytes
            );
        }
    }
}
