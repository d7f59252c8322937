//! The suite every backend must pass. A backend calls [`suite!`](crate::conformance_suite) in a test
//! file with a function that opens an empty store; each case gets a store of its own.

mod accounts;
mod beats;
mod deliveries;
mod evidence;
mod exports;
mod lessons;
mod library;
mod library_stats;
mod marks;
mod media;
mod operation;
mod people;
mod replay;
mod results;
mod roll;
mod roster;
mod rules;
mod share;
mod talk;
mod units;

pub use accounts::*;
pub use beats::*;
pub use deliveries::*;
pub use evidence::*;
pub use exports::*;
pub use lessons::*;
pub use library::*;
pub use library_stats::*;
pub use marks::*;
pub use media::*;
pub use operation::*;
pub use people::*;
pub use replay::*;
pub use results::*;
pub use roll::*;
pub use roster::*;
pub use rules::*;
pub use share::*;
pub use talk::*;
pub use units::*;

use uuid::Uuid;

use crate::{NewLesson, NewUnit, NewUser, Role, Setup, SetupOutcome, Store, Unit, UnitKind};

/// Makes a test of every case. `$open` is an async function `() -> (impl Store, impl Drop)`; the second
/// value keeps whatever the store lives in.
#[macro_export]
macro_rules! conformance_suite {
    ($open:path) => {
        $crate::conformance_suite!(@cases $open:
            a_centre_is_set_up_once, a_phone_number_may_be_shared, a_role_ends_by_itself, an_unknown_reference_is_dangling,
            a_person_comes_with_branch_and_roles, a_session_ends_in_time_and_everywhere, people_are_found_in_their_scope,
            units_are_a_tree, a_unit_moves_with_what_is_in_it_and_the_past_stays, a_unit_is_closed_when_nobody_is_left_in_it, a_lesson_goes_its_way_once, an_edit_keeps_to_the_phase, low_latency_is_kept, a_list_shows_who_may_see,
            every_change_is_in_the_audit_log, a_new_key_replaces_the_old, a_revoked_key_opens_nothing, targets_are_what_media_needs, a_booth_is_open_without_a_key,
            an_older_snapshot_changes_nothing, a_timeline_is_written_once,
            a_rule_has_versions_and_one_is_active, whoever_did_not_see_a_change_of_a_rule_is_told, there_is_one_default_rule,
            what_was_planned_keeps_its_version, a_series_has_a_rule_and_what_was_opened_keeps_its_own,
            runs_that_overlap_are_found, a_clock_that_is_put_right_ends_no_session, a_lease_is_kept_as_it_was_issued, leases_beyond_the_bound_are_superseded, leases_of_who_is_out_are_revoked, evidence_in_bulk_is_the_same,
            a_digest_stands_for_the_beats_in_it,
            a_beat_is_kept_once_and_never_changed, a_batch_is_kept_whole_or_not_at_all,
            a_commit_of_beats_is_a_sign_of_life, attendees_keep_to_the_scope, evidence_is_of_leases_to_watch,
            a_members_other_lessons_are_found, deliveries_are_a_union_in_any_order,
            a_node_that_was_silent_too_long_is_heard_anew, whatever_is_added_changes_the_mark,
            an_edit_of_a_replay_is_a_version, a_hidden_replay_is_in_no_list, chapters_are_in_order_and_bounded,
            captions_are_kept_by_language, a_poster_is_replaced_and_taken_away,
            a_roster_is_of_its_part_and_no_page_loses_anybody, a_first_password_is_known_until_it_is_replaced,
            whoever_is_disabled_is_signed_out_and_can_come_back, an_edit_of_a_person_changes_what_it_names,
            who_is_no_organizer_any_more_changes_nobody, a_unit_gets_another_name, a_lesson_has_one_code_until_it_is_revoked,
            the_nearest_lesson_comes_first,
            an_excuse_stands_on_the_roll_until_it_is_taken_back,
            a_roll_has_who_was_invited_and_who_came, who_was_invited_is_decided_at_the_lessons_time,
            an_import_is_kept_with_its_file_and_its_lines, imports_are_bounded_and_go_after_a_day,
            an_import_is_applied_once_as_a_whole_and_taken_back, an_import_of_what_was_changed_meanwhile_writes_nothing,
            what_somebody_went_on_from_is_not_taken_back, facts_are_of_their_part_and_of_who_left_it,
            evidence_after_the_end_makes_a_member_due, an_item_is_settled_by_a_basis, results_are_replaced_and_add_up_the_tree,
            people_of_a_year_are_listed, a_members_year_has_what_they_missed,
            an_episode_has_versions_and_the_newest_ready_one_is_heard, an_edit_of_the_library_changes_what_it_names,
            what_was_heard_is_never_removed, a_place_is_where_was_listened_last,
            sittings_are_of_a_device_and_in_the_order_they_were_heard,
            what_was_heard_is_counted_once, days_have_24_hours_and_a_completion_is_one, a_curve_has_the_parts_that_were_heard,
            an_export_goes_its_way_once, exports_that_wait_are_bounded, an_export_is_begun_again_but_not_for_ever,
            files_of_exports_expire_by_time_and_by_bytes,
            a_question_is_asked_once_and_settled, questions_are_bounded, private_notes_are_read_once_and_bounded,
        );
    };
    (@cases $open:path: $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                let (store, _home) = $open().await;
                $crate::conformance::$case(&store).await;
            }
        )+
    };
}

/// A moment all cases agree on.
pub const NOW: i64 = 1_800_000_000_000;

/// An id by number.
pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | number)
}

/// A small centre: `/1/` with stations A `/1/1/` and B `/1/2/`, a branch in each, and people.
pub struct Town {
    /// The centre.
    pub centre: Uuid,
    /// Station A.
    pub station_a: Unit,
    /// Station B.
    pub station_b: Unit,
    /// The branch in station A.
    pub branch_a: Unit,
    /// The branch in station B.
    pub branch_b: Unit,
    /// Organizes the centre.
    pub organizer: Uuid,
    /// Lecturer for the centre.
    pub lecturer: Uuid,
    /// Member of branch A.
    pub member_a: Uuid,
    /// Member of branch B.
    pub member_b: Uuid,
}

/// A person to add, with a phone number made of their id.
pub fn person(number: u128, name: &str, branch_id: Option<Uuid>, roles: Vec<(Role, Uuid)>) -> NewUser {
    NewUser {
        id: id(number),
        name: name.to_owned(),
        phone: Some(format!("1380000{number:04}")),
        password_hash: Some("$argon2id$x".to_owned()),
        first_password: false,
        branch_id,
        member_no: None,
        roles: roles.into_iter().map(Into::into).collect(),
        at: NOW,
    }
}

/// Builds the town.
pub async fn town(store: &dyn Store) -> Town {
    let centre = id(1);
    let organizer = person(10, "组织者", None, Vec::new());
    let setup = Setup { centre_id: centre, centre_name: "中心".to_owned(), organizer };
    assert_eq!(store.set_up(setup).await.expect("set up"), SetupOutcome::Done);
    let unit = |number, parent_id, kind, name: &str| NewUnit {
        id: id(number),
        parent_id,
        kind,
        name: name.to_owned(),
        actor_id: None,
        at: NOW,
    };
    let add = async |new| store.add_unit(new).await.expect("unit");
    let station_a = add(unit(2, centre, UnitKind::Station, "甲站")).await;
    let station_b = add(unit(3, centre, UnitKind::Station, "乙站")).await;
    let branch_a = add(unit(4, station_a.id, UnitKind::Branch, "甲支部")).await;
    let branch_b = add(unit(5, station_b.id, UnitKind::Branch, "乙支部")).await;
    for new in [
        person(11, "讲师", None, vec![(Role::Lecturer, centre)]),
        person(12, "学员甲", Some(branch_a.id), Vec::new()),
        person(13, "𠮷田", Some(branch_b.id), Vec::new()),
    ] {
        store.add_user(new).await.expect("person");
    }
    Town {
        centre,
        station_a,
        station_b,
        branch_a,
        branch_b,
        organizer: id(10),
        lecturer: id(11),
        member_a: id(12),
        member_b: id(13),
    }
}

/// Plans a lesson of station A for station A, an hour from `NOW` on, 45 minutes long.
pub async fn planned(store: &dyn Store, town: &Town, number: u128) -> Uuid {
    let lesson = NewLesson {
        id: id(number),
        title: format!("课程 {number}"),
        summary: String::new(),
        unit_id: town.station_a.id,
        lecturer_id: town.lecturer,
        audience: vec![town.station_a.id],
        planned_start_at: NOW + 3_600_000,
        planned_end_at: NOW + 3_600_000 + 45 * 60_000,
        low_latency: false,
        rule_id: None,
        actor_id: town.organizer,
        at: NOW,
    };
    store.plan_lesson(lesson).await.expect("planned");
    id(number)
}
