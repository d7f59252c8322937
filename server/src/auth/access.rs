//! Who may call a route: the words of the access table. Its lines are where the routes are.

use axum::http::Method;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody; the viewer is known if signed in.
    Anyone,
    /// Everybody who is signed in, also with a first password that must be replaced.
    Account,
    /// Everybody who is signed in.
    SignedIn,
    /// Lecturers and organizers of any part of the tree.
    Staff,
    /// Organizers of any part of the tree, and to read its auditors; the handler keeps to that part. So it is wherever this
    /// says "organizer".
    Organizer,
    /// Owners of the centre.
    Owner,
    /// Who organizes the whole centre, and to read whoever audits it.
    Centre,
    /// Who may watch the lesson `{id}`: invited, or its staff.
    LessonWatch,
    /// The lecturer of the lesson `{id}`, or its organizer.
    LessonRun,
    /// The organizer of the lesson `{id}`.
    LessonOrganize,
    /// Whoever organizes every unit the person `{person_id}` has to do with.
    PersonOrganize,
    /// The organizer of the unit `{unit_id}`.
    UnitOrganize,
    /// Who may listen to the series `{series_id}`: its members, everybody if it is public, or its organizer.
    SeriesListen,
    /// Who may listen to the episode `{episode_id}`: as for its series, once it is in the library.
    EpisodeListen,
    /// The organizer of the series `{series_id}`.
    SeriesOrganize,
    /// The organizer of the episode `{episode_id}`.
    EpisodeOrganize,
    /// Whoever made the export `{export_id}`, while they organize all it is of; to everybody else there is none.
    ExportOwn,
}

/// What a request is for. Auditors see what organizers see, and change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// It only reads.
    Only,
    /// It changes something.
    AndWrites,
}

/// Method, path and access of each route.
#[derive(Debug, Clone, Copy)]
pub struct AccessTable(pub &'static [(Method, &'static str, Access)]);

impl AccessTable {
    /// The entry of a route.
    pub fn of(self, method: &Method, path: &str) -> Option<Access> {
        self.0.iter().find(|(m, p, _)| m == method && *p == path).map(|(_, _, access)| *access)
    }
}
