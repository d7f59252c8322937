//! Tables as rows.

use std::fmt::Write as _;

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, QueryBuilder, Row as _, Transaction};
use uuid::Uuid;
use yunke_store::StoreResult;
use yunke_store::copy::{CopySource, CopyStore, CopyTarget, Kind, Row, Table, Value};

use crate::db::{Db, SqlStore};
use crate::dialect::counters_go_on;
use crate::error::failed;

/// Values of one statement at most.
const VALUES: usize = 10_000;

struct Copying(Transaction<'static, Db>);

#[async_trait]
impl CopyStore for SqlStore {
    async fn copy_source(&self) -> StoreResult<Box<dyn CopySource>> {
        Ok(Box::new(Copying(self.begin_snapshot().await?)))
    }

    async fn copy_target(&self) -> StoreResult<Box<dyn CopyTarget>> {
        Ok(Box::new(Copying(self.begin().await?)))
    }
}

#[async_trait]
impl CopySource for Copying {
    async fn rows(&mut self, table: &Table, after: Option<&[Value]>, limit: i64) -> StoreResult<Vec<Row>> {
        let columns = names(table.columns);
        let key = names(&table.columns[..table.key]);
        let mut query = QueryBuilder::<Db>::new(format!("SELECT {columns} FROM {}", table.name));
        if let Some(after) = after {
            query.push(format!(" WHERE ({key}) > ("));
            for (at, value) in after.iter().enumerate() {
                if at > 0 {
                    query.push(", ");
                }
                bind(&mut query, value, table.columns[at].1);
            }
            query.push(")");
        }
        query.push(format!(" ORDER BY {key} LIMIT "));
        query.push_bind(limit);
        let rows = query.build().fetch_all(&mut *self.0).await.map_err(failed)?;
        rows.iter()
            .map(|row| {
                let values = table.columns.iter().enumerate();
                values
                    .map(|(at, (_, kind))| value(row, at, *kind))
                    .collect::<Result<Row, _>>()
                    .map_err(failed)
            })
            .collect()
    }
}

#[async_trait]
impl CopyTarget for Copying {
    async fn clear(&mut self, table: &Table) -> StoreResult<()> {
        let sql = format!("DELETE FROM {}", table.name);
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *self.0).await.map_err(failed)?;
        Ok(())
    }

    async fn insert(&mut self, table: &Table, rows: &[Row]) -> StoreResult<()> {
        for some in rows.chunks(VALUES / table.columns.len()) {
            let columns = names(table.columns);
            let mut query =
                QueryBuilder::<Db>::new(format!("INSERT INTO {} ({columns}) VALUES ", table.name));
            for (nth, row) in some.iter().enumerate() {
                query.push(if nth > 0 { ", (" } else { "(" });
                for (at, (value, (_, kind))) in row.iter().zip(table.columns).enumerate() {
                    if at > 0 {
                        query.push(", ");
                    }
                    bind(&mut query, value, *kind);
                }
                query.push(")");
            }
            query.build().persistent(false).execute(&mut *self.0).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> StoreResult<()> {
        for sql in counters_go_on() {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *self.0).await.map_err(failed)?;
        }
        self.0.commit().await.map_err(failed)
    }
}

fn names(columns: &[(&str, Kind)]) -> String {
    let mut text = String::new();
    for (at, (name, _)) in columns.iter().enumerate() {
        let _ = write!(text, "{}{name}", if at > 0 { ", " } else { "" });
    }
    text
}

fn value(row: &<Db as sqlx::Database>::Row, at: usize, kind: Kind) -> Result<Value, sqlx::Error> {
    let value = match kind {
        Kind::Uuid => row.try_get::<Option<Uuid>, _>(at)?.map(Value::Uuid),
        Kind::Int => row.try_get::<Option<i64>, _>(at)?.map(Value::Int),
        Kind::Bool => row.try_get::<Option<bool>, _>(at)?.map(Value::Bool),
        Kind::Text => row.try_get::<Option<String>, _>(at)?.map(Value::Text),
        Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map(Value::Bytes),
    };
    Ok(value.unwrap_or(Value::Null))
}

/// A missing value is of its column's kind, too: one database asks.
fn bind(query: &mut QueryBuilder<Db>, value: &Value, kind: Kind) {
    match (kind, value) {
        (Kind::Uuid, Value::Uuid(id)) => query.push_bind(*id),
        (Kind::Int, Value::Int(number)) => query.push_bind(*number),
        (Kind::Bool, Value::Bool(yes)) => query.push_bind(*yes),
        (Kind::Text, Value::Text(text)) => query.push_bind(text.clone()),
        (Kind::Bytes, Value::Bytes(bytes)) => query.push_bind(bytes.clone()),
        (Kind::Uuid, _) => query.push_bind(None::<Uuid>),
        (Kind::Int, _) => query.push_bind(None::<i64>),
        (Kind::Bool, _) => query.push_bind(None::<bool>),
        (Kind::Text, _) => query.push_bind(None::<String>),
        (Kind::Bytes, _) => query.push_bind(None::<Vec<u8>>),
    };
}
