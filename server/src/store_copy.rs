//! `yunke store copy`: moves a centre from one database to another, row by row, in one transaction of the target that is kept only when
//! what stands there has the same counts and hashes. It brings both schemas up to date first, and must change nothing
//! else of the source, nor anything of a target that holds something.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, bail};
use clap::Args;
use sha2::{Digest as _, Sha256};
use yunke_host::FolderLock;
use yunke_store::{
    Store,
    copy::{CopySource, CopyStore, CopyTarget, Table, Value, tables},
};
use yunke_store_postgres::PostgresStore;
use yunke_store_sqlite::SqliteStore;

use crate::{clock::Source, config::DatabaseUrl, problem::source_chain};

/// Rows read at a time; of tables whose rows may have megabytes fewer.
const ROWS: i64 = 2_000;
const LARGE_ROWS: i64 = 10;
const LARGE: &[&str] = &["posters", "captions"];

/// A server whose last sign of life is younger than this runs.
const ALIVE_MS: i64 = 10_000;

/// What a new database has of its own, each before what it refers to; it gives way.
const OF_ITS_OWN: &[&str] = &["rule_standings", "credit_rules", "library_revision"];

/// From where to where.
#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`; no server may run on it.
    #[arg(long)]
    from: String,
    /// The same; it must be empty or not be there yet.
    #[arg(long)]
    to: String,
}

/// An open database and whatever keeps servers off it meanwhile.
struct Opened {
    shown: String,
    copied: Arc<dyn CopyStore>,
    store: Arc<dyn Store>,
    takes_nul: bool,
    _folder: Option<FolderLock>,
}

/// A table's rows, in few words.
#[derive(Debug, PartialEq, Eq)]
struct Sum {
    rows: u64,
    hash: [u8; 32],
}

impl Copy {
    /// Copies; says a line for each table to `say`.
    pub(crate) async fn run(self, clock: &Source, mut say: impl FnMut(String)) -> anyhow::Result<()> {
        if self.from == self.to {
            bail!("--from and --to are the same database");
        }
        if let Some(file) = self.from.strip_prefix("sqlite://") {
            anyhow::ensure!(Path::new(file).is_file(), "there is no database {file}");
        }
        let from = open(&self.from).await?;
        let to = open(&self.to).await?;
        for (side, flag) in [(&from, "--from"), (&to, "--to")] {
            let last = side.store.last_run().await.map_err(|error| told(side, &error))?;
            if last.is_some_and(|run| run.stopped_at.is_none() && clock.wall() - run.last_alive_at < ALIVE_MS)
            {
                bail!("a server runs on {} ({flag}): stop it, wait ten seconds and try again", side.shown);
            }
        }
        let copied = copy(&from, &to, &mut say).await;
        from.store.close().await;
        to.store.close().await;
        let rows = copied?;
        say(format!("{rows} rows of {} tables are the same in both databases.", tables().count()));
        Ok(())
    }
}

fn told(side: &Opened, error: &yunke_store::StoreError) -> anyhow::Error {
    anyhow::anyhow!("the database {}: {}", side.shown, source_chain(error))
}

async fn open(url: &str) -> anyhow::Result<Opened> {
    if let Some(file) = url.strip_prefix("sqlite://") {
        let path = Path::new(file);
        let home = path.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(home).with_context(|| home.display().to_string())?;
        let folder = FolderLock::take(home)?;
        let store = SqliteStore::open(path)
            .await
            .map_err(|error| anyhow::anyhow!("the database {file}: {}", source_chain(&error)))?;
        let store = Arc::new(store);
        let shown = file.to_owned();
        return Ok(Opened { shown, copied: store.clone(), store, takes_nul: true, _folder: Some(folder) });
    }
    let url = DatabaseUrl::new(url);
    url.validate().map_err(|_| {
        anyhow::anyhow!("{url} is no database: give sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE")
    })?;
    let store = PostgresStore::open_to_copy(url.reveal())
        .await
        .map_err(|error| anyhow::anyhow!("the database {url}: {}", source_chain(&error)))?;
    let store = Arc::new(store);
    Ok(Opened { shown: url.to_string(), copied: store.clone(), store, takes_nul: false, _folder: None })
}

async fn copy(from: &Opened, to: &Opened, say: &mut impl FnMut(String)) -> anyhow::Result<u64> {
    let mut source = from.copied.copy_source().await.map_err(|error| told(from, &error))?;
    let mut target = to.copied.copy_target().await.map_err(|error| told(to, &error))?;
    for table in tables() {
        if OF_ITS_OWN.contains(&table.name) {
            continue;
        }
        let there = target.rows(table, None, 1).await.map_err(|error| told(to, &error))?;
        if !there.is_empty() {
            bail!("{} is not empty (there are {}): copy into a new database", to.shown, table.name);
        }
    }
    for name in OF_ITS_OWN {
        let table = tables().find(|table| table.name == *name).context("a table")?;
        target.clear(table).await.map_err(|error| told(to, &error))?;
    }
    let mut all = 0;
    for table in tables() {
        let before = one_table(source.as_mut(), target.as_mut(), table, from, to).await?;
        let after = sum(target.as_mut(), table).await.map_err(|error| told(to, &error))?;
        if before != after {
            bail!(
                "{}: {} rows were read and {} stand in {}, or they differ; nothing was kept",
                table.name,
                before.rows,
                after.rows,
                to.shown
            );
        }
        all += before.rows;
        if before.rows > 0 {
            say(format!("{:>10}  {}", before.rows, table.name));
        }
    }
    target.commit().await.map_err(|error| told(to, &error))?;
    Ok(all)
}

async fn one_table(
    source: &mut dyn CopySource,
    target: &mut dyn CopyTarget,
    table: &Table,
    from: &Opened,
    to: &Opened,
) -> anyhow::Result<Sum> {
    let mut summed = Summing::default();
    let mut after: Option<Vec<Value>> = None;
    loop {
        let rows = source
            .rows(table, after.as_deref(), at_a_time(table))
            .await
            .map_err(|error| told(from, &error))?;
        let Some(last) = rows.last() else { break };
        after = Some(last[..table.key].to_vec());
        for row in &rows {
            if !to.takes_nul {
                refuse_nul(table, row)?;
            }
            summed.add(row);
        }
        target.insert(table, &rows).await.map_err(|error| told(to, &error))?;
    }
    Ok(summed.end())
}

fn at_a_time(table: &Table) -> i64 {
    if LARGE.contains(&table.name) { LARGE_ROWS } else { ROWS }
}

async fn sum(of: &mut dyn CopyTarget, table: &Table) -> yunke_store::StoreResult<Sum> {
    let mut summed = Summing::default();
    let mut after: Option<Vec<Value>> = None;
    loop {
        let rows = of.rows(table, after.as_deref(), at_a_time(table)).await?;
        let Some(last) = rows.last() else { return Ok(summed.end()) };
        after = Some(last[..table.key].to_vec());
        for row in &rows {
            summed.add(row);
        }
    }
}

/// PostgreSQL keeps no text with the character U+0000. Whose it is has to decide what becomes of it.
fn refuse_nul(table: &Table, row: &[Value]) -> anyhow::Result<()> {
    for (value, (column, _)) in row.iter().zip(table.columns) {
        if matches!(value, Value::Text(text) if text.contains('\0')) {
            let key: Vec<String> = row[..table.key].iter().map(shown).collect();
            bail!(
                "{}, row {}, column {column}: the text has the character U+0000, which PostgreSQL does not keep. \
                 Change it in the old database, then copy again; nothing was kept",
                table.name,
                key.join(" ")
            );
        }
    }
    Ok(())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Uuid(id) => id.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Text(text) => text.escape_default().to_string(),
        Value::Bytes(bytes) => format!("{bytes:02x?}"),
    }
}

/// The hash of rows: each value with its kind and length, so that no two tables of different rows read the same.
#[derive(Default)]
struct Summing {
    rows: u64,
    hash: Sha256,
}

impl Summing {
    fn add(&mut self, row: &[Value]) {
        self.rows += 1;
        for value in row {
            let (kind, bytes): (u8, &[u8]) = match value {
                Value::Null => (0, &[]),
                Value::Uuid(id) => (1, id.as_bytes()),
                Value::Int(number) => (2, &number.to_be_bytes()),
                Value::Bool(yes) => (3, &[u8::from(*yes)]),
                Value::Text(text) => (4, text.as_bytes()),
                Value::Bytes(bytes) => (5, bytes),
            };
            self.hash.update([kind]);
            self.hash.update((bytes.len() as u64).to_be_bytes());
            self.hash.update(bytes);
        }
    }

    fn end(self) -> Sum {
        Sum { rows: self.rows, hash: self.hash.finalize().into() }
    }
}
