//! A server for one test, and the people of a small centre.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;
use yunke_server::{
    app::{App, Options},
    auth::{COOKIE, new_session},
    clock::{Machine, Source, SystemRandom},
    config::{Config, DatabaseUrl},
    state::AppState,
};
use yunke_store::{
    ChangeRule, DEFAULT_RULE, EpisodeEdit, NewLesson, NewRuleVersion, NewSeries, NewUnit, NewUser,
    NewVersion, Role, RuleChange, RuleDraft, RuleOutcome, SeriesCredit, Settled, Setup, Unit, UnitKind,
    VersionOf,
};
use yunke_store_postgres::testing::scratch;

/// The secret the played media node shares.
pub(crate) const SECRET: &str = "a secret of at least sixteen characters";

/// Everybody's password.
pub(crate) const PASSWORD: &str = "正确的密码 1";

/// 2027-01-15 08:00 UTC.
pub(crate) const NOW: i64 = 1_800_000_000_000;

pub(crate) const HOUR_MS: i64 = 3_600_000;

/// Length of an episode.
pub(crate) const EPISODE_MS: i64 = 600_000;

/// A machine whose time the test moves. It was started at the beginning of UTC.
#[derive(Clone)]
pub(crate) struct TestClock {
    uptime: Arc<AtomicI64>,
    stepped: Arc<AtomicI64>,
}

impl Machine for TestClock {
    fn wall(&self) -> i64 {
        self.uptime() + self.stepped.load(Ordering::SeqCst)
    }

    fn uptime(&self) -> i64 {
        self.uptime.load(Ordering::SeqCst)
    }

    fn boot(&self) -> Uuid {
        Uuid::from_u128(1)
    }
}

impl TestClock {
    fn new() -> Self {
        Self { uptime: Arc::new(AtomicI64::new(NOW)), stepped: Arc::default() }
    }

    /// Time passes.
    pub(crate) fn advance(&self, ms: i64) {
        self.uptime.fetch_add(ms, Ordering::SeqCst);
    }

    /// The wall clock is set.
    pub(crate) fn step(&self, ms: i64) {
        self.stepped.fetch_add(ms, Ordering::SeqCst);
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) app: AppState,
    pub(crate) clock: TestClock,
    base: String,
    http: reqwest::Client,
    _home: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.app.stopping.cancel();
    }
}

impl Server {
    /// An empty server.
    pub(crate) async fn empty() -> Self {
        Self::with(|_| {}).await
    }

    /// An empty server with a changed configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let mut config = Config { data_dir: home.path().to_owned(), ..Config::default() };
        config.media.supervise = false;
        config.media.control_url = Some("http://127.0.0.1:9".to_owned());
        config.media.shared_secret = Some(SECRET.to_owned());
        if std::env::var("YUNKE_TEST_STORE").is_ok_and(|store| store == "postgres") {
            config.database_url = Some(DatabaseUrl::new(scratch().await.url));
        }
        change(&mut config);
        config.validate().expect("a valid configuration");
        let clock = TestClock::new();
        let source = Source::new(Arc::new(clock.clone()), Arc::new(SystemRandom));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let app = App::build(config, source, listener, Options::default()).await.expect("built");
        let (state, address) = (app.state().clone(), app.address());
        #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
        tokio::spawn(app.run());
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { app: state, clock, base: format!("http://{address}"), http, _home: home }
    }

    /// A call without a session.
    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// A call in somebody's name.
    pub(crate) async fn call_as(&self, user: Option<Uuid>, method: Method, path: &str) -> RequestBuilder {
        let call = self.call(method, path);
        match user {
            None => call,
            Some(user) => call.header(header::COOKIE, self.session(user).await),
        }
    }

    /// A fresh session of somebody, as a `Cookie` header.
    pub(crate) async fn session(&self, user: Uuid) -> String {
        let (session, token) = new_session(&self.app.source, &self.app.config, user);
        self.app.store.open_session(session).await.expect("opened");
        format!("{COOKIE}={token}")
    }

    pub(crate) async fn get(&self, user: Option<Uuid>, path: &str) -> Response {
        self.call_as(user, Method::GET, path).await.send().await.expect("answered")
    }

    pub(crate) async fn post(&self, user: Option<Uuid>, path: &str, body: &Value) -> Response {
        self.call_as(user, Method::POST, path).await.json(body).send().await.expect("answered")
    }
}

/// The status and the problem's code; the answer must be a whole problem.
pub(crate) async fn problem(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).cloned();
    let text = response.text().await.expect("a body");
    assert!(
        kind.is_some_and(|kind| kind.as_bytes() == b"application/problem+json"),
        "{status} is no problem: {text}"
    );
    let body: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(body["status"], status.as_u16());
    assert!(body["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{body}");
    let code = body["code"].as_str().expect("a code").to_owned();
    assert_eq!(body["type"], format!("/problems/{code}"));
    (status, code)
}

/// The body of a good answer.
pub(crate) async fn good(response: Response) -> Value {
    let status = response.status();
    let text = response.text().await.expect("a body");
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Two stations with a branch each, and everybody who plays a part.
pub(crate) struct Town {
    pub(crate) station: Unit,
    pub(crate) other_station: Unit,
    pub(crate) branch: Unit,
    /// Organizes the centre.
    pub(crate) chief: Uuid,
    /// Organizes the station.
    pub(crate) organizer: Uuid,
    /// Organizes the other station.
    pub(crate) other_organizer: Uuid,
    /// Gives the lesson.
    pub(crate) lecturer: Uuid,
    /// Gives other lessons.
    pub(crate) other_lecturer: Uuid,
    /// Of the branch.
    pub(crate) member: Uuid,
    /// Audits the station.
    pub(crate) auditor: Uuid,
    /// The root of the tree.
    pub(crate) centre: Uuid,
    /// Of a branch of the other station.
    pub(crate) foreign_member: Uuid,
}

impl Server {
    /// The phone number of a person of the town.
    pub(crate) fn phone(number: u32) -> String {
        format!("1390000{number:04}")
    }

    /// Builds the town. Passwords are hashed only with `hash`.
    pub(crate) async fn town(&self) -> Town {
        let app = &self.app;
        let hash = app.auth.passwords.hash(PASSWORD.to_owned(), [1; 16]).await.expect("hashed");
        let user = |number, name: &str, branch_id, roles| NewUser {
            id: app.source.id(),
            name: name.to_owned(),
            phone: Some(Self::phone(number)),
            password_hash: Some(hash.clone()),
            first_password: false,
            branch_id,
            member_no: None,
            roles,
            at: NOW,
        };
        let centre_id = app.source.id();
        let organizer = user(0, "总组织者", None, vec![]);
        let chief = organizer.id;
        let setup = Setup { centre_id, centre_name: "中心".to_owned(), organizer };
        app.store.set_up(setup).await.expect("set up");
        let unit = async |parent_id, kind, name: &str| {
            let (id, name) = (app.source.id(), name.to_owned());
            let new = NewUnit { id, parent_id, kind, name, actor_id: None, at: NOW };
            app.store.add_unit(new).await.expect("a unit")
        };
        let station = unit(centre_id, UnitKind::Station, "甲站").await;
        let other_station = unit(centre_id, UnitKind::Station, "乙站").await;
        let branch = unit(station.id, UnitKind::Branch, "甲支部").await;
        let other_branch = unit(other_station.id, UnitKind::Branch, "乙支部").await;
        let add = async |new: NewUser| {
            let id = new.id;
            app.store.add_user(new).await.expect("a person");
            id
        };
        Town {
            chief,
            organizer: add(user(1, "组织者", None, vec![(Role::Organizer, station.id).into()])).await,
            other_organizer: add(user(
                2,
                "别处组织者",
                None,
                vec![(Role::Organizer, other_station.id).into()],
            ))
            .await,
            lecturer: add(user(3, "讲师", None, vec![(Role::Lecturer, centre_id).into()])).await,
            other_lecturer: add(user(4, "别的讲师", None, vec![(Role::Lecturer, centre_id).into()])).await,
            auditor: add(user(7, "审计员", None, vec![(Role::Auditor, station.id).into()])).await,
            centre: centre_id,
            member: add(user(5, "学员", Some(branch.id), vec![])).await,
            foreign_member: add(user(6, "别处学员", Some(other_branch.id), vec![])).await,
            station,
            other_station,
            branch,
        }
    }

    /// Adds somebody to the town's branch, who has no password.
    pub(crate) async fn somebody(&self, town: &Town) -> Uuid {
        let id = self.app.source.id();
        let number = u32::try_from(id.as_u128() & 0xFF_FFFF).expect("24 bits");
        let new = NewUser {
            id,
            name: "某人".to_owned(),
            phone: Some(format!("137{number:08}")),
            password_hash: None,
            first_password: false,
            branch_id: Some(town.branch.id),
            member_no: None,
            roles: vec![],
            at: NOW,
        };
        self.app.store.add_user(new).await.expect("a person");
        id
    }

    /// A series of the station with an episode that can be heard.
    pub(crate) async fn episode(&self, town: &Town) -> (Uuid, Uuid) {
        let app = &self.app;
        let (series, episode, version) = (app.source.id(), app.source.id(), app.source.id());
        let new = NewSeries {
            id: series,
            title: "红色故事".to_owned(),
            about: String::new(),
            category: "党史".to_owned(),
            unit_id: town.station.id,
            public: false,
            credit: SeriesCredit::Episode,
            rule_id: None,
            actor_id: town.organizer,
            at: NOW,
        };
        app.store.add_series(new).await.expect("a series");
        let file = NewVersion {
            id: version,
            episode_id: episode,
            of: VersionOf::New { series_id: series, number: Some(1), title: "第一讲 长征".to_owned() },
            file_name: "01 长征.mp3".to_owned(),
            bytes: 1_000_000,
            actor_id: town.organizer,
            at: NOW,
        };
        app.store.add_version(file).await.expect("a version");
        let facts = include_str!("facts.json").to_owned();
        let ready = Settled::Ready { length_ms: EPISODE_MS, facts, note: None };
        app.store.settle_version(version, ready, NOW).await.expect("ready");
        let out = EpisodeEdit { publish_at: Some(Some(0)), ..EpisodeEdit::default() };
        app.store.edit_episode(episode, out, town.organizer, NOW).await.expect("published");
        app.library.refresh().await.expect("read");
        (series, episode)
    }

    /// Another version of the default rule, which is active from now on.
    pub(crate) async fn another_version(&self, town: &Town, draft: RuleDraft) {
        let (store, actor_id, at) = (&self.app.store, town.chief, self.app.source.now());
        let standing = async || store.rule_standing(None).await.expect("asked").expect("there is one");
        let (rule_id, note) = (DEFAULT_RULE, String::new());
        let seen = Some(standing().await.revision);
        let new = NewRuleVersion { rule_id, seen, draft, note, actor_id, at };
        assert_eq!(store.add_rule_version(new).await.expect("asked"), RuleOutcome::Done);
        let history = store.rule_history(rule_id, &[]).await.expect("asked").expect("there");
        let change = RuleChange::Activate(history.versions[0].rule.version);
        let asked = ChangeRule { rule_id, seen: standing().await.revision, change, actor_id, at };
        assert_eq!(store.change_rule(asked).await.expect("asked"), RuleOutcome::Done);
    }

    /// Plans a lesson of the station for the station, in an hour, for 45 minutes.
    pub(crate) async fn plan(&self, town: &Town) -> Uuid {
        let id = self.app.source.id();
        let starts = self.app.source.now() + HOUR_MS;
        let lesson = NewLesson {
            id,
            title: "课程".to_owned(),
            summary: String::new(),
            unit_id: town.station.id,
            lecturer_id: town.lecturer,
            audience: vec![town.station.id],
            planned_start_at: starts,
            planned_end_at: starts + 45 * 60_000,
            low_latency: false,
            rule_id: None,
            actor_id: town.organizer,
            at: NOW,
        };
        self.app.store.plan_lesson(lesson).await.expect("planned");
        id
    }
}
