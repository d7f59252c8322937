//! The store as the server sees it: models, errors, and traits whose methods are use cases.
//!
//! One method is one transaction. Not-found is `Ok(None)` or a named outcome, never an error.
//! No SQL, no clock and no randomness here: ids and times come from the caller.
//! Every backend passes [`conformance`].

mod account;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod copy;
pub mod decide;
mod error;
mod evidence;
mod exports;
mod lesson;
mod library;
mod library_stats;
mod listening;
mod media;
mod operation;
mod people;
mod replay;
mod result_store;
mod results;
mod roll;
mod roster;
mod rules;
mod session;
mod share;
mod talk;
mod types;
mod unit;

pub use account::{
    AccountStore, Credentials, NewGrant, NewUser, Person, RoleGrant, SHARED_BY, Setup, SetupOutcome,
    SignInName, User,
};
pub use error::{StoreError, StoreResult};
pub use evidence::*;
pub use exports::*;
pub use lesson::{
    Cancel, Edit, EditOutcome, Lesson, LessonFilter, LessonStore, LessonSummary, NewLesson, PhaseChange,
    PhaseOutcome, SeenBy,
};
pub use library::{
    Episode, EpisodeChapter, EpisodeEdit, EpisodeTerms, EpisodeVersion, Library, LibraryOutcome,
    LibraryStore, NewSeries, NewVersion, Series, SeriesCredit, SeriesEdit, Settled, Speaker, VersionOf,
    VersionState, VersionTerms,
};
pub use library_stats::{
    CURVE_PARTS, CurveFilter, FIGURES_MAX, FiguresBy, FiguresFilter, FiguresRow, LibraryFigures,
    LibraryStatsStore, PLAY_MS,
};
pub use listening::{Listened, ListeningStore, Place, QUEUE_MAX, SITTING_GAP_MS};
pub use media::{MediaOutcome, MediaReport, MediaStore, StreamTarget};
pub use operation::{AuditEntry, AuditFilter, AuditLine, ClockChange, OperationStore, RunClock, ServerRun};
pub use people::{
    NewPassword, PeopleStore, PersonEdit, PersonOutcome, PersonRecord, RosterFilter, RosterPage,
};
pub use replay::{
    CHAPTERS_MAX, CaptionLanguage, CaptionsInfo, Chapter, ChapterChange, ChapterOutcome, NewCaptions,
    NewChapter, Poster, PosterKind, REPLAY_EDITS_MAX, ReplayChange, ReplayEdit, ReplayOutcome, ReplayStore,
    SLIDE_TURNED_MS, Trim,
};
pub use result_store::ResultStore;
pub use results::{
    BranchProgress, ItemBasis, ItemFigures, Listed, MemberResult, MonthFigures, PeopleInMonths,
    RESULT_ROWS_MAX, ReportPeople, ReportPeopleFilter, ResultCredit, ResultDue, ResultFigures, UnitFigures,
    YearLine, YearPerson, YearTargets,
};
pub use roll::{NewExcuse, RollCounts, RollEntry, RollFilter, RollPage, RollPart, RollStore};
pub use roster::{
    ApplyOutcome, IMPORT_FILES_BYTES, IMPORT_KEPT_MS, ImportApply, ImportKind, ImportPiece, ImportPreview,
    ImportState, ImportWrite, KeptPerson, NewImport, OPEN_IMPORTS, PersonColumns, RosterFacts, RosterImport,
    RosterPerson, RosterStore, UndoOutcome,
};
pub use rules::{
    ChangeRule, DEFAULT_RULE, NewRuleVersion, RULE_VERSIONS_MAX, RULES_MAX, Rule, RuleChange, RuleDraft,
    RuleHistory, RuleOutcome, RuleStanding, RuleStore, RuleSummary, RuleVersion,
};
pub use session::{Session, SessionStore};
pub use share::{NewShareCode, ShareStore, SharedCode};
pub use talk::{
    ASK_EVERY_MS, AskOutcome, NOTE_CHARS, NOTES_KEPT, NewPrivateNote, NewQuestion, OPEN_QUESTIONS_MAX,
    PrivateNote, QUESTION_CHARS, QUESTIONS_MAX, Question, QuestionState, Settle, TalkFigures, TalkOutcome,
    TalkStore,
};
pub use types::{LessonMillis, Page, UtcMillis};
pub use unit::{NewUnit, Unit, UnitOutcome, UnitStore};
pub use yunke_domain::{
    BeatCause, BeatMode, BeatSource, BeatState, Interval, Item, ItemKind, LeaseDevice, LeasePurpose,
    LessonPhase, Role, TextEnum, UnitKind,
};

/// Everything the server asks of its database.
pub trait Store:
    AccountStore
    + SessionStore
    + PeopleStore
    + UnitStore
    + LessonStore
    + LibraryStore
    + LibraryStatsStore
    + ListeningStore
    + MediaStore
    + EvidenceStore
    + ExportStore
    + OperationStore
    + ReplayStore
    + ResultStore
    + RollStore
    + RuleStore
    + RosterStore
    + ShareStore
    + TalkStore
{
}

impl<T> Store for T where
    T: AccountStore
        + SessionStore
        + PeopleStore
        + UnitStore
        + LessonStore
        + LibraryStore
        + LibraryStatsStore
        + ListeningStore
        + MediaStore
        + EvidenceStore
        + ExportStore
        + OperationStore
        + ReplayStore
        + ResultStore
        + RollStore
        + RuleStore
        + RosterStore
        + ShareStore
        + TalkStore
{
}
