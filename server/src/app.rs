//! The server, built in order and run to its end. It owns every task.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use tokio::{net::TcpListener, task::JoinHandle};
use yunke_host::{FolderLock, raise_open_files};
use yunke_protocol::{FileKey, LeaseKey, PassKey};
use yunke_store::{Lesson, StoreError, UtcMillis};

use crate::{
    auth::Auth,
    catalogue::LibraryKeeper,
    clock::Source,
    clock_watch::watch_clock,
    config::Config,
    core::Core,
    database, demo,
    disk::DiskCheck,
    doors::{Certificate, Doors},
    evidence::{KeptLevels, KeptProgress},
    exports::{Exports, keep_exports},
    https::Https,
    library::{follow_files, keep_places},
    media_nodes::{Addresses, MediaNodes, supervise_local},
    problem::source_chain,
    results::keep_settled,
    room::{Rooms, Sockets},
    roster::Imports,
    routes,
    rule_preview::Previews,
    secret,
    setup::SetupLink,
    state::{AppState, Shared},
    sweeps,
};

/// How often the record of this run is kept up to date: what evidence takes as "the server was up".
const ALIVE_EVERY: Duration = Duration::from_secs(2);

/// How long the store may take to end: a database may be silent for ever.
const STORE_END_LIMIT: Duration = Duration::from_secs(3);

/// A database that was away for so long is an outage; what is shorter phones make up for by themselves.
const OUTAGE_MS: i64 = 10_000;

/// How long a sign of life may take.
const ALIVE_LIMIT: Duration = Duration::from_secs(10);

/// How long tasks may take to end.
const END_LIMIT: Duration = Duration::from_millis(4200);

/// What the command line adds to the configuration.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Seed and run the demo.
    pub demo: bool,
    /// Write the real addresses here.
    pub addresses_file: Option<PathBuf>,
}

/// A server that listens and is about to run.
pub struct App {
    state: AppState,
    doors: Doors,
    address: SocketAddr,
    options: Options,
    folder: FolderLock,
}

impl App {
    /// Opens the data directory and the store, and puts everything together. `listener` is bound already.
    pub async fn build(
        mut config: Config,
        source: Source,
        listener: TcpListener,
        options: Options,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&config.data_dir)
            .with_context(|| format!("the data folder {}", config.data_dir.display()))?;
        let folder = FolderLock::take(&config.data_dir)?;
        fit_connections(&mut config);
        let secret = secret::load(&config, &source)?;
        let store = database::open(&config).await?;
        let address = listener.local_addr()?;
        let doors = Doors::bind(listener, &mut config).await?;
        routes::system::recorder();
        if let Some(last) = store.last_run().await? {
            source.go_on_from(&last);
        }
        let run_id = source.id();
        store.begin_run(run_id, source.now(), source.run_clock()).await?;
        let core = Core::new(store, source, config, run_id);
        let media = MediaNodes::new(core.clone(), secret.clone());
        if !core.config.media.supervise {
            media.set_control(core.config.media.control_url.clone());
        }
        let state = AppState::new(Shared {
            https: Https::default(),
            auth: Auth::new(&core.config.auth, secret.as_bytes()),
            lease_key: LeaseKey::derive(secret.as_bytes()),
            kept_progress: KeptProgress::default(),
            kept_levels: KeptLevels::default(),
            previews: Previews::default(),
            exports: Exports::default(),
            pass_key: PassKey::derive(secret.as_bytes()),
            file_key: FileKey::derive(secret.as_bytes()),
            library: LibraryKeeper::new(core.clone()),
            places: Arc::default(),
            results: Arc::default(),
            rooms: Rooms::new(core.clone(), media.clone()),
            sockets: Sockets::default(),
            imports: Imports::default(),
            unwritten: AtomicBool::new(false),
            disk: DiskCheck::default(),
            setup: SetupLink::default(),
            core,
            media,
        });
        Ok(Self { state, doors, address, options, folder })
    }

    /// The shared state, for tests.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// The real web address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until a signal or until the state's `stopping` is cancelled, then ends everything in order.
    pub async fn run(self) -> anyhow::Result<()> {
        let Self { state: app, doors, address, options, folder } = self;
        let certificate = Certificate::open(&app);
        let doors = doors.open(&app);
        start_tasks(&app, address, certificate);
        if options.demo {
            demo::start(&app, address).await?;
        } else if !app.store.is_set_up().await? {
            let token = app.setup.open(&app.source);
            tracing::info!("this server is empty; open http://{address}/setup?token={token}");
        }
        tracing::info!(%address, "web and API listen");
        if let Some(address) = app.config.https.listen {
            tracing::info!(%address, "https listens");
        }
        if let Some(file) = options.addresses_file {
            let app = app.clone();
            app.clone().tasks.spawn(async move { announce(&app, address, &file).await });
        }
        stop_signal(&app).await;
        end(&app, doors).await;
        drop(folder);
        Ok(())
    }
}

/// Raises the limit of open files, and takes no more connections than fit below it: one too many would be an error of
/// whatever opens a file next.
fn fit_connections(config: &mut Config) {
    let files = raise_open_files();
    let wanted = config.http.max_connections;
    // What https passes on to the media node takes a file at both ends.
    let connections = match config.https.listen {
        Some(_) => wanted.min(files.connections(wanted + wanted.div_ceil(2)).div_ceil(3) * 2),
        None => files.connections(wanted),
    };
    tracing::info!(
        open_files = files.now,
        open_files_before = files.before,
        connections,
        "room for connections"
    );
    if connections < wanted {
        tracing::warn!(
            max_connections = wanted,
            connections,
            open_files = files.now,
            "fewer connections than configured fit; raise the limit of open files (LimitNOFILE, ulimit -n)"
        );
        config.http.max_connections = connections;
    }
}

fn start_tasks(app: &AppState, address: SocketAddr, certificate: Certificate) {
    if app.config.media.supervise {
        spawn(app, "media supervisor", supervise_local(app.media.clone(), address));
    }
    match certificate {
        Certificate::None => {}
        Certificate::Files(files) => {
            let watch = files.watch(app.https.clone(), app.source.clone(), app.stopping.clone());
            spawn(app, "certificate files", watch);
        }
        Certificate::Ordered(keeper) => spawn(app, "certificate", keeper.keep(app.stopping.clone())),
    }
    spawn(app, "orders", app.media.clone().push_orders());
    spawn(app, "deliveries", app.media.clone().keep_deliveries());
    spawn(app, "library", app.library.clone().watch());
    spawn(app, "library files", follow_files(app.core.clone(), app.media.clone(), app.library.clone()));
    spawn(app, "places", keep_places(app.core.clone(), app.places.clone()));
    let windows = {
        let app = app.clone();
        Arc::new(move |lesson: &Lesson| routes::window(&app, lesson))
    };
    let exports = keep_exports(app.core.clone(), app.exports.clone(), app.places.clone(), windows);
    spawn(app, "exports", exports);
    spawn(app, "results", keep_settled(app.core.clone(), app.results.clone()));
    spawn(app, "sign of life", keep_alive(app.clone()));
    spawn(app, "roster imports", Imports::sweep(app.core.clone()));
    spawn(app, "session sweep", sweeps::sessions(app.clone()));
    spawn(app, "socket sweep", sweeps::sockets(app.clone()));
    spawn(app, "clock", watch_clock(app.clone()));
    let rooms = app.rooms.clone();
    app.tasks.spawn(async move {
        if let Err(error) = rooms.resume().await {
            tracing::error!(error = source_chain(&error), "the rooms of live lessons could not be opened");
        }
    });
}

/// Starts a task that must live as long as the server; one that ends or panics before is noticed.
fn spawn(app: &AppState, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    let stopping = app.stopping.clone();
    let task = app.tasks.spawn(work);
    app.tasks.spawn(async move {
        let ended = task.await;
        if !stopping.is_cancelled() {
            tracing::error!(task = name, ?ended, "a task ended that must not; the server stops");
            stopping.cancel();
        }
    });
}

async fn keep_alive(app: AppState) {
    let mut ticks = tokio::time::interval(ALIVE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // When the first sign of those that failed in a row was due.
    let mut failing_since = None;
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let due = app.source.now();
        let kept = tokio::time::timeout(ALIVE_LIMIT, app.store.keep_run(app.run_id, app.source.now())).await;
        let kept = kept.unwrap_or_else(|silent| Err(StoreError::Unavailable(Box::new(silent))));
        app.unwritten.store(kept.is_err(), Ordering::Relaxed);
        if let Err(error) = kept {
            tracing::error!(error = source_chain(&error), "the sign of life could not be stored");
            failing_since.get_or_insert(due);
            continue;
        }
        if let Some(since) = failing_since.take() {
            note_outage(&app, since).await;
        }
    }
}

/// Nobody could deliver a beat since then: as when the server itself was down, nobody may lose by it.
async fn note_outage(app: &AppState, since: UtcMillis) {
    let now = app.source.now();
    if now - since < OUTAGE_MS {
        return;
    }
    tracing::warn!(
        duration_ms = now - since,
        "the database is back; the time without it counts as an outage of the server"
    );
    if let Err(error) = app.store.note_outage(app.run_id, since, now, app.source.run_clock()).await {
        tracing::error!(error = source_chain(&error), "the outage could not be stored");
        return;
    }
    app.rooms.was_out().await;
}

/// Writes the addresses once media listens, too; a reader sees the whole file or none.
async fn announce(app: &AppState, address: SocketAddr, file: &Path) {
    let mut news = app.media.subscribe();
    while app.config.media.supervise && !app.media.is_up(app.source.now()) {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            changed = news.changed() => if changed.is_err() { return },
        }
    }
    let Addresses { http, rtmp, webrtc, srt } = app.media.addresses();
    let srt = srt.map(|srt| format!("srt={srt}\n")).unwrap_or_default();
    let https = app.config.https.listen.map(|https| format!("https={https}\n")).unwrap_or_default();
    let text = format!("http={address}\nmedia_http={http}\nrtmp={rtmp}\nwebrtc={webrtc}\n{srt}{https}");
    let draft = file.with_extension("draft");
    let written = async {
        tokio::fs::write(&draft, text).await?;
        tokio::fs::rename(&draft, file).await
    };
    if let Err(error) = written.await {
        tracing::error!(%error, file = %file.display(), "the addresses could not be written");
    }
}

/// Waits for Ctrl-C or SIGTERM; a second one aborts at once.
async fn stop_signal(app: &AppState) {
    tokio::select! {
        () = app.stopping.cancelled() => {}
        () = signal() => tracing::info!("stopping"),
    }
    app.stopping.cancel();
    #[expect(
        clippy::disallowed_methods,
        reason = "it waits for what may never come and dies with the runtime"
    )]
    tokio::spawn(async {
        signal().await;
        tracing::warn!("stopped at once");
        std::process::exit(130);
    });
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}

/// Connections first, then tasks (evidence is flushed, media ended), then the store.
async fn end(app: &AppState, doors: Vec<JoinHandle<()>>) {
    let everything = async {
        for door in doors {
            let _ = door.await;
        }
        app.tasks.close();
        app.tasks.wait().await;
    };
    if tokio::time::timeout(END_LIMIT, everything).await.is_err() {
        tracing::warn!("some tasks did not end in time");
    }
    let last = async {
        if let Err(error) = app.store.end_run(app.run_id, app.source.now()).await {
            tracing::error!(error = source_chain(&error), "the end of the run could not be stored");
        }
        app.store.close().await;
    };
    if tokio::time::timeout(STORE_END_LIMIT, last).await.is_err() {
        tracing::warn!("the database does not answer; the end of the run is not stored");
    }
}
