//! Puts the service together: owns everything, in the order in which it is built and ended.

use std::{future::Future, io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Json, Router, extract::State, routing::get};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use object_store::{ObjectStore, local::LocalFileSystem};
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::{Notify, Semaphore},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use yunke_host::{FolderError, FolderLock, raise_open_files};
use yunke_protocol::{FileKey, LeaseKey, SteadyClock};

use crate::{
    clock::Clock,
    config::Config,
    control::{self, Control, HttpServer},
    ingest::{
        rtmp, srt,
        whip::{self, Whip},
    },
    jobs::{self, Jobs, Worker},
    lesson::{self, Lessons},
    library::{self, Lane, Library},
    live::{self, Origin},
    pipeline::packager,
    recording::Reserved,
    replay::Replays,
    serve,
    server::Server,
    upload::Parts,
    webrtc::{Ports, WebRtc},
    whep::{self, Whep},
};

/// Tasks that have not ended so long after everything was closed are left behind.
const LAST_TASKS_TIME: Duration = Duration::from_secs(1);
/// A service that ends has still this folder; the one after it waits so long for it.
const FOLDER_TIME: Duration = Duration::from_secs(5);
/// How often it looks.
const FOLDER_LOOK: Duration = Duration::from_millis(100);
/// Readers get so long to finish what they are fetching.
const LAST_READERS_TIME: Duration = Duration::from_millis(500);

/// Where the service listens; injected, so that tests choose.
pub struct Listeners {
    /// HTTP.
    pub http: TcpListener,
    /// RTMP.
    pub rtmp: TcpListener,
    /// WebRTC.
    pub webrtc: Ports,
    /// SRT, unless it is off.
    pub srt: Option<UdpSocket>,
}

/// The real addresses of [`Listeners`].
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// HTTP.
    pub http: SocketAddr,
    /// RTMP.
    pub rtmp: SocketAddr,
    /// WebRTC.
    pub webrtc: SocketAddr,
    /// SRT, unless it is off.
    pub srt: Option<SocketAddr>,
}

impl Listeners {
    /// Binds what the configuration says.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        let http = serve::listen(config.http).with_context(|| format!("http {}", config.http))?;
        let rtmp = TcpListener::bind(config.rtmp).await.with_context(|| format!("rtmp {}", config.rtmp))?;
        let webrtc = Ports::bind(config.webrtc).await.with_context(|| format!("webrtc {}", config.webrtc))?;
        let srt = match config.srt {
            Some(address) => Some(UdpSocket::bind(address).await.with_context(|| format!("srt {address}"))?),
            None => None,
        };
        Ok(Self { http, rtmp, webrtc, srt })
    }

    /// The real addresses.
    pub fn addresses(&self) -> io::Result<Addresses> {
        let (http, rtmp) = (self.http.local_addr()?, self.rtmp.local_addr()?);
        let srt = self.srt.as_ref().map(UdpSocket::local_addr).transpose()?;
        Ok(Addresses { http, rtmp, webrtc: self.webrtc.local_addr()?, srt })
    }
}

/// The service, ready to run.
pub struct App {
    config: Config,
    origin: Origin,
    replays: Replays,
    lessons: Arc<Lessons>,
    control: Arc<Control>,
    jobs: Jobs,
    library: Library,
    worker: Option<Worker>,
    lane: Option<Lane>,
    metrics: Option<PrometheusHandle>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl App {
    /// Builds it; `boot` is new at every start of the process. Nothing runs yet.
    pub fn build(config: Config, steady: Arc<SteadyClock>, boot: Uuid) -> anyhow::Result<Self> {
        packager::init().context("GStreamer")?;
        std::fs::create_dir_all(&config.store_dir)
            .with_context(|| format!("store_dir {}", config.store_dir.display()))?;
        let store: Arc<dyn ObjectStore> = Arc::new(Reserved::new(
            LocalFileSystem::new_with_prefix(&config.store_dir)?,
            config.store_dir.clone(),
        ));
        let now = Arc::clone(&steady);
        let clock: Clock = Arc::new(move || now.now());
        // Only the first service of a process has the metrics; tests may build more.
        let metrics = PrometheusBuilder::new().install_recorder().ok();
        let secret = &config.shared_secret.0;
        let origin =
            Origin::behind(LeaseKey::derive(secret.as_bytes()), Arc::clone(&clock), &config.edge_token.0);
        let server: Arc<dyn Server> = Arc::new(HttpServer::new(&config.server_url, secret, &config.node)?);
        let (tasks, changed) = (TaskTracker::new(), Arc::new(Notify::new()));
        let files = FileKey::derive(secret.as_bytes());
        let replays = Replays::new(origin.clone(), Arc::clone(&store));
        let parts = Parts::new(config.store_dir.join("work"), config.store_dir.clone());
        let (jobs, worker) = Jobs::new(
            Arc::clone(&store),
            &config.store_dir,
            Arc::clone(&parts),
            replays.clone(),
            files.clone(),
            Arc::clone(&clock),
            tasks.clone(),
        );
        let ground = library::Ground {
            store: Arc::clone(&store),
            store_dir: config.store_dir.clone(),
            origin: origin.clone(),
            parts,
            key: files,
            clock: Arc::clone(&clock),
            tasks: tasks.clone(),
        };
        let context = lesson::Context {
            origin: origin.clone(),
            store,
            clock,
            tasks: tasks.clone(),
            changed: Arc::clone(&changed),
            part_target: config.part_target(),
            transcode_slots: Arc::new(Semaphore::new(config.transcode_slots)),
        };
        let lessons = Arc::new(Lessons::new(context, Arc::clone(&server)));
        let on_air = Arc::clone(&lessons);
        let (library, lane) = Library::new(ground, config.library_limits(), Arc::new(move || on_air.busy()));
        let control = Control::new(&config.node, boot, steady, Arc::clone(&lessons), server, changed);
        let control = Arc::new(control);
        let shutdown = CancellationToken::new();
        let (worker, lane) = (Some(worker), Some(lane));
        Ok(Self {
            config,
            origin,
            replays,
            lessons,
            control,
            jobs,
            library,
            worker,
            lane,
            metrics,
            tasks,
            shutdown,
        })
    }

    /// Ends the service when cancelled.
    pub fn shutdown(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Runs until `shutdown` is cancelled or, supervised, nobody needs it any more; then ends cleanly.
    pub async fn run(mut self, listeners: Listeners) -> anyhow::Result<()> {
        let Listeners { http, rtmp, webrtc, srt } = listeners;
        let peers = WebRtc::new(webrtc, &self.config.webrtc_hosts, self.tasks.clone()).context("webrtc")?;
        let peers = Arc::new(peers);
        let stop = self.shutdown.clone();
        let readers = CancellationToken::new();
        let files = raise_open_files();
        let connections = files.connections(serve::CONNECTIONS);
        tracing::info!(
            open_files = files.now,
            open_files_before = files.before,
            connections,
            "room for connections"
        );
        let serving = serve::http(
            http,
            live::front(&self.origin, self.routes(Arc::clone(&peers))),
            connections,
            self.tasks.clone(),
            readers.clone(),
        );
        let http = self.tasks.spawn(serving);
        self.tasks.spawn(rtmp::serve(rtmp, Arc::clone(&self.lessons), self.tasks.clone(), stop.clone()));
        // Publishers say goodbye through it until the end.
        let exchange = readers.clone();
        self.spawn(async move |_| peers.run(exchange).await);
        if let Some(socket) = srt {
            let secret = &self.config.srt_passphrase.0;
            let passphrase = (!secret.is_empty()).then(|| secret.clone().into_bytes());
            let serving = srt::serve(
                socket,
                Arc::clone(&self.lessons),
                passphrase,
                self.tasks.clone(),
                readers.clone(),
            );
            self.spawn(async move |_| serving.await);
        }
        let control = Arc::clone(&self.control);
        self.spawn(async move |stop| control.report(&stop).await);
        let control = Arc::clone(&self.control);
        self.spawn(async move |stop| control.tick(&stop).await);
        if let Some(worker) = self.worker.take() {
            self.spawn(async move |stop| worker.run(&stop).await);
        }
        if let Some(lane) = self.lane.take() {
            self.spawn(async move |stop| lane.run(&stop).await);
        }
        if self.config.supervised {
            let control = Arc::clone(&self.control);
            self.spawn(async move |stop| {
                if stop.run_until_cancelled(control.orphaned()).await.is_some() {
                    tracing::info!("the server has been away for ten minutes and nothing is on air: the end");
                    stop.cancel();
                }
            });
        }
        tokio::select! {
            () = stop.cancelled() => {}
            ended = http => anyhow::bail!("the HTTP listener ended: {ended:?}"),
        }
        tracing::info!("ending: publishers are sent away, recordings are finished");
        self.lessons.close().await;
        tokio::time::sleep(LAST_READERS_TIME).await;
        readers.cancel();
        drop((self.lessons, self.control));
        self.tasks.close();
        if timeout(LAST_TASKS_TIME, self.tasks.wait()).await.is_err() {
            tracing::debug!(tasks = self.tasks.len(), "tasks were left behind");
        }
        Ok(())
    }

    /// A task that ends the service if it fails.
    fn spawn<F, T>(&self, task: F)
    where
        F: FnOnce(CancellationToken) -> T,
        T: Future<Output = ()> + Send + 'static,
    {
        let stop = self.shutdown.clone();
        let guard = stop.clone().drop_guard();
        let task = task(stop.clone());
        self.tasks.spawn(async move {
            let guard = guard; // a task that panics takes the service with it: the supervisor starts it anew
            task.await;
            if stop.is_cancelled() {
                drop(guard);
            } else {
                guard.disarm();
            }
        });
    }

    fn routes(&self, peers: Arc<WebRtc>) -> Router {
        let (gate, config) = (Arc::clone(&self.lessons), &self.config);
        let viewers = Whep::new(
            self.origin.clone(),
            Arc::clone(&gate) as _,
            Arc::clone(&peers) as _,
            self.tasks.clone(),
            &config.ice_servers,
            whep::Limits::new(config.whep_sessions),
        );
        let publishers = Whip::new(
            gate,
            peers,
            self.tasks.clone(),
            &config.ice_servers,
            whip::Limits::new(config.whip_sessions),
        );
        let secret = &self.config.shared_secret.0;
        let metrics = self.metrics.clone();
        Router::new()
            .route("/health", get(health))
            .with_state(Arc::clone(&self.control))
            .route(
                "/metrics",
                get(move || std::future::ready(metrics.map(|m| m.render()).unwrap_or_default())),
            )
            .merge(control::router(
                Arc::clone(&self.control),
                jobs::control(self.jobs.clone()).merge(library::control(self.library.clone())),
                secret,
                self.shutdown.clone(),
            ))
            .merge(jobs::router(self.jobs.clone()))
            .merge(library::router(self.library.clone()))
            .merge(live::radio::router(self.origin.clone(), self.tasks.clone(), self.shutdown.clone()))
            .merge(whip::router(Arc::new(publishers)))
            .merge(whep::router(Arc::new(viewers)))
            .merge(self.replays.router())
            .layer(axum::middleware::from_fn(serve::in_time))
    }
}

/// Takes the folder of recordings for this process alone; two would write into one recording.
pub async fn own_folder(folder: &Path) -> anyhow::Result<FolderLock> {
    std::fs::create_dir_all(folder).with_context(|| format!("store_dir {}", folder.display()))?;
    let free = async {
        loop {
            match FolderLock::take(folder) {
                Err(FolderError::Taken { .. }) => tokio::time::sleep(FOLDER_LOOK).await,
                taken => return taken,
            }
        }
    };
    match timeout(FOLDER_TIME, free).await {
        Ok(taken) => Ok(taken?),
        Err(_) => Ok(FolderLock::take(folder)?),
    }
}

/// Writes the real addresses to a file, as a whole.
pub fn write_addresses(file: &Path, addresses: Addresses) -> io::Result<()> {
    let Addresses { http, rtmp, webrtc, srt } = addresses;
    let part = file.with_extension("part");
    let srt = srt.map(|srt| format!("srt={srt}\n")).unwrap_or_default();
    std::fs::write(&part, format!("http={http}\nrtmp={rtmp}\nwebrtc={webrtc}\n{srt}"))?;
    std::fs::rename(part, file)
}

async fn health(State(control): State<Arc<Control>>) -> Json<serde_json::Value> {
    Json(control.health())
}
