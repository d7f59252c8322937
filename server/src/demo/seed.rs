//! The demo's centre, people and lessons, made once; lessons to come are made again when they are past.

use uuid::Uuid;
use yunke_store::{
    LessonFilter, LessonPhase, NewLesson, NewUnit, NewUser, Page, PhaseChange, Role, Setup, SetupOutcome,
    UnitKind,
};

use super::people::{
    Account, BRANCHES, CENTRE, LECTURER, MEMBERS, ORGANIZER, PASSWORD, PAST, PLANNED, STATIONS, known,
};
use crate::{calendar::day_of, state::AppState};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// Since when people belong to the demo's branches.
const MEMBERS_SINCE_MS: i64 = 60 * DAY_MS;

/// Whom and what the live lesson and the library need.
#[derive(Clone)]
pub(super) struct Cast {
    pub(super) centre: Uuid,
    pub(super) organizer: Uuid,
    pub(super) lecturer: Uuid,
}

/// Makes what is missing.
pub(super) async fn ensure(app: &AppState) -> anyhow::Result<Cast> {
    if !app.store.is_set_up().await? {
        people(app).await?;
    }
    let (organizer, lecturer) = (known(app, &ORGANIZER).await?, known(app, &LECTURER).await?);
    let (Some(organizer), Some(lecturer)) = (organizer, lecturer) else {
        anyhow::bail!(
            "this data folder belongs to a real centre; start the demo with another one: --data demo-data"
        );
    };
    let user = app.store.user(organizer, app.source.now()).await?;
    let grant = user.and_then(|user| user.roles.into_iter().next());
    let centre = grant.ok_or_else(|| anyhow::anyhow!("the demo's organizer has no role any more"))?.unit.id;
    let cast = Cast { centre, organizer, lecturer };
    lessons(app, &cast).await?;
    Ok(cast)
}

async fn people(app: &AppState) -> anyhow::Result<()> {
    // One hash for all: the password is no secret, and the first start stays fast.
    let hash = app.auth.passwords.hash(PASSWORD.to_owned(), app.source.bytes()).await?;
    let user = |account: &Account, branch_id, roles, number: Option<usize>| NewUser {
        id: app.source.id(),
        name: account.name.to_owned(),
        phone: Some(account.phone.to_owned()),
        password_hash: Some(hash.clone()),
        first_password: false,
        branch_id,
        member_no: number.map(|number| format!("QH{:04}", number + 1)),
        roles,
        // They were there before the past lessons, or they would have been invited to none.
        at: app.source.now() - MEMBERS_SINCE_MS,
    };
    let centre_id = app.source.id();
    let organizer = user(&ORGANIZER, None, Vec::new(), None);
    let done = app.store.set_up(Setup { centre_id, centre_name: CENTRE.to_owned(), organizer }).await?;
    anyhow::ensure!(done == SetupOutcome::Done, "somebody else set this server up just now");
    let mut points = Vec::new();
    for (station, point) in STATIONS {
        let station = add_unit(app, centre_id, UnitKind::Station, station).await?;
        points.push(add_unit(app, station, UnitKind::Point, point).await?);
    }
    let mut branches = Vec::new();
    for (branch, point) in BRANCHES {
        branches.push(add_unit(app, points[point], UnitKind::Branch, branch).await?);
    }
    app.store.add_user(user(&LECTURER, None, vec![(Role::Lecturer, centre_id).into()], None)).await?;
    for (number, (account, branch)) in MEMBERS.iter().enumerate() {
        app.store.add_user(user(account, Some(branches[*branch]), Vec::new(), Some(number))).await?;
    }
    Ok(())
}

async fn add_unit(app: &AppState, parent_id: Uuid, kind: UnitKind, name: &str) -> anyhow::Result<Uuid> {
    let (id, name, at) = (app.source.id(), name.to_owned(), app.source.now());
    let new = NewUnit { id, parent_id, kind, name, actor_id: None, at };
    Ok(app.store.add_unit(new).await?.id)
}

async fn lessons(app: &AppState, cast: &Cast) -> anyhow::Result<()> {
    let now = app.source.now();
    let one = Page { offset: 0, limit: 1 };
    let mine = LessonFilter { lecturer_id: Some(cast.lecturer), ..LessonFilter::default() };
    let coming = LessonFilter { phases: vec![LessonPhase::Planned], from: Some(now), ..mine.clone() };
    if app.store.lessons(&coming, one).await?.is_empty() {
        let today = day_of(now).start;
        for (title, summary, days, minute, length) in PLANNED {
            let mut starts = today + days * DAY_MS + minute * MINUTE_MS;
            if starts <= now {
                // Late in the evening: today's lesson is tonight, if there is time before midnight.
                starts = (now + 20 * MINUTE_MS) / MINUTE_MS * MINUTE_MS;
            }
            plan(app, cast, title, summary, starts, length).await?;
        }
    }
    let ended = LessonFilter { phases: vec![LessonPhase::Ended], ..mine };
    if app.store.lessons(&ended, one).await?.is_empty() {
        for (number, (title, summary, days_ago, length)) in PAST.into_iter().enumerate() {
            let starts = day_of(now).start - days_ago * DAY_MS + 12 * 60 * MINUTE_MS;
            let lesson_id = plan(app, cast, title, summary, starts, length).await?;
            for (to, at) in [(LessonPhase::Live, starts), (LessonPhase::Ended, starts + length * MINUTE_MS)] {
                let change = PhaseChange { lesson_id, to, actor_id: Some(cast.lecturer), at };
                app.store.change_phase(change).await?;
            }
            super::attended::attend(app, lesson_id, number, starts, length).await?;
        }
    }
    Ok(())
}

/// Plans a lesson for the whole centre.
pub(super) async fn plan(
    app: &AppState,
    cast: &Cast,
    title: &str,
    summary: &str,
    starts: i64,
    minutes: i64,
) -> anyhow::Result<Uuid> {
    let id = app.source.id();
    app.store
        .plan_lesson(NewLesson {
            id,
            title: title.to_owned(),
            summary: summary.to_owned(),
            unit_id: cast.centre,
            lecturer_id: cast.lecturer,
            audience: vec![cast.centre],
            planned_start_at: starts,
            planned_end_at: starts + minutes * MINUTE_MS,
            low_latency: false,
            rule_id: None,
            actor_id: cast.organizer,
            at: app.source.now(),
        })
        .await?;
    Ok(id)
}
