//! A whole store as rows, to move a centre from one database to another. Knows tables and nothing of what they mean.

use async_trait::async_trait;
use uuid::Uuid;

use crate::StoreResult;

/// What a column holds, in whichever database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An id.
    Uuid,
    /// A whole number.
    Int,
    /// Yes or no.
    Bool,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns; the first `key` of them name a row.
    pub columns: &'static [(&'static str, Kind)],
    /// How many columns the key has.
    pub key: usize,
    /// Its key is counted up by the database.
    pub counted: bool,
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// An id.
    Uuid(Uuid),
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row: one value a column.
pub type Row = Vec<Value>;

/// One view of a store, read table after table.
#[async_trait]
pub trait CopySource: Send {
    /// Rows of a table whose key is after `after`, in the order of the key, at most `limit`.
    async fn rows(&mut self, table: &Table, after: Option<&[Value]>, limit: i64) -> StoreResult<Vec<Row>>;
}

/// A transaction that fills an empty store. Dropped, it leaves nothing.
#[async_trait]
pub trait CopyTarget: CopySource {
    /// Removes what a new database has of its own.
    async fn clear(&mut self, table: &Table) -> StoreResult<()>;

    /// Adds rows.
    async fn insert(&mut self, table: &Table, rows: &[Row]) -> StoreResult<()>;

    /// Keeps all of it.
    async fn commit(self: Box<Self>) -> StoreResult<()>;
}

/// A store that can be moved.
#[async_trait]
pub trait CopyStore: Send + Sync {
    /// Begins to read: what others write meanwhile is not seen.
    async fn copy_source(&self) -> StoreResult<Box<dyn CopySource>>;

    /// Begins to fill.
    async fn copy_target(&self) -> StoreResult<Box<dyn CopyTarget>>;
}

use Kind::{Bool, Bytes, Int, Text, Uuid as Id};

const fn table(name: &'static str, key: usize, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name, columns, key, counted: false }
}

const fn counted(name: &'static str, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name, columns, key: 1, counted: true }
}

/// Every table with rows of a centre, each after those it refers to.
pub const TABLES: &[Table] = &[
    // By path: a unit comes after the one it is in.
    table(
        "units",
        1,
        &[("path", Text), ("id", Id), ("parent_id", Id), ("kind", Text), ("name", Text), ("created_at", Int)],
    ),
    table(
        "users",
        1,
        &[
            ("id", Id),
            ("name", Text),
            ("phone", Text),
            ("password_hash", Text),
            ("branch_id", Id),
            ("member_no", Text),
            ("locale", Text),
            ("disabled_at", Int),
            ("created_at", Int),
            ("password_first", Bool),
        ],
    ),
    counted(
        "memberships",
        &[("seq", Int), ("user_id", Id), ("branch_id", Id), ("from_at", Int), ("to_at", Int)],
    ),
    table("roles", 3, &[("user_id", Id), ("role", Text), ("unit_id", Id), ("granted_at", Int)]),
    table(
        "sessions",
        1,
        &[("token_hash", Bytes), ("user_id", Id), ("created_at", Int), ("seen_at", Int), ("expires_at", Int)],
    ),
    table(
        "credit_rules",
        2,
        &[
            ("id", Id),
            ("version", Int),
            ("name", Text),
            ("full_percent", Int),
            ("half_percent", Int),
            ("max_rate_milli", Int),
            ("receipt_gap_ms", Int),
            ("allowance_ms", Int),
            ("edge_slack_ms", Int),
            ("long_ms", Int),
            ("long_hours_milli", Int),
            ("medium_ms", Int),
            ("medium_hours_milli", Int),
            ("short_hours_milli", Int),
            ("hidden_video_counts", Bool),
            ("checks_required", Int),
            ("created_at", Int),
            ("uncorroborated_counts", Bool),
            ("delivery_slack_ms", Int),
            ("make_up_ms", Int),
            ("hidden_sound_gap_ms", Int),
        ],
    ),
    table("items", 1, &[("id", Id), ("kind", Text)]),
    table(
        "lessons",
        1,
        &[
            ("id", Id),
            ("title", Text),
            ("summary", Text),
            ("unit_id", Id),
            ("lecturer_id", Id),
            ("planned_start_at", Int),
            ("planned_end_at", Int),
            ("phase", Text),
            ("started_at", Int),
            ("ended_at", Int),
            ("zero_at", Int),
            ("edge_ms", Int),
            ("length_ms", Int),
            ("replay_ready", Bool),
            ("rule_id", Id),
            ("rule_version", Int),
            ("stream_key_hash", Bytes),
            ("created_by", Id),
            ("created_at", Int),
            ("updated_at", Int),
            ("stream_key_version", Int),
            ("low_latency", Bool),
        ],
    ),
    table("lesson_audience", 2, &[("lesson_id", Id), ("unit_id", Id)]),
    table("lesson_gaps", 2, &[("lesson_id", Id), ("from_ms", Int), ("to_ms", Int)]),
    table(
        "lesson_excuses",
        2,
        &[("lesson_id", Id), ("user_id", Id), ("reason", Text), ("excused_by", Id), ("excused_at", Int)],
    ),
    table(
        "share_codes",
        1,
        &[
            ("code", Text),
            ("lesson_id", Id),
            ("created_by", Id),
            ("created_at", Int),
            ("revoked_at", Int),
            ("revoked_by", Id),
        ],
    ),
    table("media_nodes", 1, &[("node", Text), ("boot", Id), ("version", Int), ("seen_at", Int)]),
    table(
        "replay_edits",
        2,
        &[
            ("lesson_id", Id),
            ("version", Int),
            ("in_ms", Int),
            ("out_ms", Int),
            ("hidden", Bool),
            ("changed_by", Id),
            ("changed_at", Int),
        ],
    ),
    table(
        "chapters",
        1,
        &[("id", Id), ("lesson_id", Id), ("at_ms", Int), ("title", Text), ("from_slides", Bool)],
    ),
    table(
        "captions",
        2,
        &[("lesson_id", Id), ("language", Text), ("vtt", Text), ("cues", Int), ("changed_at", Int)],
    ),
    table("posters", 1, &[("lesson_id", Id), ("media_type", Text), ("bytes", Bytes), ("changed_at", Int)]),
    table("talks", 1, &[("lesson_id", Id), ("revision", Int)]),
    table(
        "questions",
        1,
        &[
            ("id", Id),
            ("lesson_id", Id),
            ("user_id", Id),
            ("text", Text),
            ("asked_at", Int),
            ("at_ms", Int),
            ("state", Text),
            ("decided_at", Int),
            ("decided_by", Id),
        ],
    ),
    table(
        "private_notes",
        1,
        &[
            ("id", Id),
            ("lesson_id", Id),
            ("text", Text),
            ("written_by", Id),
            ("written_at", Int),
            ("read_at", Int),
            ("read_by", Id),
        ],
    ),
    table(
        "speakers",
        1,
        &[("id", Id), ("name", Text), ("about", Text), ("created_by", Id), ("created_at", Int)],
    ),
    table(
        "series",
        1,
        &[
            ("id", Id),
            ("title", Text),
            ("about", Text),
            ("category", Text),
            ("unit_id", Id),
            ("public", Bool),
            ("credit", Text),
            ("created_by", Id),
            ("created_at", Int),
            ("updated_at", Int),
        ],
    ),
    table(
        "series_covers",
        1,
        &[("series_id", Id), ("media_type", Text), ("bytes", Bytes), ("changed_at", Int)],
    ),
    table(
        "episodes",
        1,
        &[
            ("id", Id),
            ("series_id", Id),
            ("place", Int),
            ("number", Int),
            ("title", Text),
            ("about", Text),
            ("speaker_id", Id),
            ("publish_at", Int),
            ("withdrawn_at", Int),
            ("rule_id", Id),
            ("rule_version", Int),
            ("created_by", Id),
            ("created_at", Int),
            ("updated_at", Int),
        ],
    ),
    table(
        "episode_versions",
        1,
        &[
            ("id", Id),
            ("episode_id", Id),
            ("file_name", Text),
            ("bytes", Int),
            ("state", Text),
            ("code", Text),
            ("length_ms", Int),
            ("facts", Text),
            ("created_by", Id),
            ("created_at", Int),
            ("settled_at", Int),
        ],
    ),
    table("episode_chapters", 2, &[("episode_id", Id), ("at_ms", Int), ("title", Text)]),
    table("episode_transcripts", 1, &[("episode_id", Id), ("cues", Text), ("changed_at", Int)]),
    table(
        "places",
        3,
        &[
            ("user_id", Id),
            ("item_id", Id),
            ("began_at", Int),
            ("heard_at", Int),
            ("heard_ms", Int),
            ("position_ms", Int),
            ("device", Text),
            ("finished", Bool),
        ],
    ),
    table("favourites", 2, &[("user_id", Id), ("series_id", Id), ("added_at", Int)]),
    table("listening_queue", 2, &[("user_id", Id), ("place", Int), ("episode_id", Id)]),
    table("library_revision", 1, &[("one", Int), ("revision", Int)]),
    table(
        "leases",
        1,
        &[
            ("id", Id),
            ("item_id", Id),
            ("user_id", Id),
            ("branch_id", Id),
            ("purpose", Text),
            ("device", Text),
            ("issued_at", Int),
            ("expires_at", Int),
        ],
    ),
    table("superseded_leases", 1, &[("lease_id", Id), ("superseded_at", Int)]),
    table("revoked_leases", 1, &[("lease_id", Id), ("revoked_at", Int), ("expires_at", Int)]),
    table("edge_leases", 1, &[("lease_id", Id)]),
    table(
        "beats",
        2,
        &[
            ("lease_id", Id),
            ("seq", Int),
            ("state", Text),
            ("cause", Text),
            ("source", Text),
            ("mode", Text),
            ("from_ms", Int),
            ("to_ms", Int),
            ("rate_milli", Int),
            ("visible", Bool),
            ("gesture", Bool),
            ("client_ms", Int),
            ("received_at", Int),
        ],
    ),
    counted(
        "beat_conflicts",
        &[("id", Int), ("lease_id", Id), ("seq", Int), ("body", Text), ("received_at", Int)],
    ),
    table("played", 2, &[("item_id", Id), ("user_id", Id)]),
    table("deliveries", 2, &[("lease_id", Id), ("from_ms", Int), ("to_ms", Int)]),
    table("media_heard", 3, &[("lesson_id", Id), ("boot", Id), ("from_at", Int), ("to_at", Int)]),
    table("replays_heard", 2, &[("boot", Id), ("from_at", Int), ("to_at", Int)]),
    table("room_digests", 2, &[("lesson_id", Id), ("user_id", Id), ("basis", Int), ("body", Text)]),
    table("room_digest_leases", 1, &[("lease_id", Id), ("through", Int)]),
    counted(
        "server_runs",
        &[
            ("seq", Int),
            ("id", Id),
            ("started_at", Int),
            ("last_alive_at", Int),
            ("stopped_at", Int),
            ("boot", Id),
            ("anchor_at", Int),
        ],
    ),
    counted(
        "audit_log",
        &[
            ("id", Int),
            ("at", Int),
            ("actor_id", Id),
            ("action", Text),
            ("subject_kind", Text),
            ("subject_id", Id),
            ("detail", Text),
        ],
    ),
];
