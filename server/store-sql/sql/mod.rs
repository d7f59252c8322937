//! The statements of every store method, written once: each backend's crate has this folder as its module `sql`, and so has all of it
//! compiled and checked against its own schema. What differs between databases is `crate::db`, and functions of PostgreSQL's first
//! migration; nothing in here asks which database it is.

mod account;
mod attachment;
mod beats;
mod copy;
mod deliveries;
mod digests;
mod evidence;
mod exports;
mod leases;
mod lesson;
mod lesson_change;
mod library;
mod library_change;
mod library_episode;
mod library_rows;
mod library_stats;
mod listening;
mod marks;
mod media;
mod operation;
mod past;
mod people;
mod replay;
mod results;
mod results_member;
mod results_people;
mod results_read;
mod roll;
mod roster;
mod roster_facts;
mod roster_rows;
mod roster_write;
mod rules;
mod session;
mod share;
mod talk;
mod unit;
mod user;

/// A list as the JSON text that `json_each` takes.
fn json(list: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
    serde_json::Value::from(words).to_string()
}
