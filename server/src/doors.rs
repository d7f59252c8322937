//! The addresses people reach the server by: plain http, and https beside it. All share the room for connections.

use std::{io::ErrorKind, sync::Arc, time::Duration};

use anyhow::anyhow;
use tokio::{net::TcpListener, task::JoinHandle};
use yunke_host::Slots;

use crate::{
    config::Config,
    forward::before,
    https::{Files, Keeper, Wish},
    listen::{self, Door},
    routes,
    state::AppState,
};

/// What is bound and not served yet.
#[derive(Debug)]
pub(crate) struct Doors {
    plain: TcpListener,
    https: Option<TcpListener>,
}

impl Doors {
    /// Beside this one binds that of https. The configuration then has the real address.
    pub(crate) async fn bind(plain: TcpListener, config: &mut Config) -> anyhow::Result<Self> {
        let Some(listen) = config.https.listen else { return Ok(Self { plain, https: None }) };
        let https = TcpListener::bind(listen).await.map_err(|error| {
            let advice = match error.kind() {
                ErrorKind::PermissionDenied => {
                    "ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE in yunke.service"
                }
                _ => "is another program there?",
            };
            anyhow!("https.listen: {listen} cannot be listened on ({error}); {advice}")
        })?;
        config.https.listen = Some(https.local_addr()?);
        Ok(Self { plain, https: Some(https) })
    }

    /// Serves at each until the server stops.
    pub(crate) fn open(self, app: &AppState) -> Vec<JoinHandle<()>> {
        let slots = Slots::new(app.config.http.max_connections);
        let by_line = !app.config.http.trust_forwarded;
        let pages = routes::router(app);
        let plain = Door { listener: self.plain, handshakes: None, by_line };
        let https = self.https.map(|listener| {
            let handshakes = Some(app.https.handshakes());
            Door { listener, handshakes, by_line: true }
        });
        let serve = |door: Door| {
            let router = if door.handshakes.is_some() { before(pages.clone(), app) } else { pages.clone() };
            #[expect(
                clippy::disallowed_methods,
                reason = "its end is awaited before the tracker's: see `app::end`"
            )]
            tokio::spawn(listen::serve(door, router, Arc::clone(&slots), app.stopping.clone()))
        };
        [Some(plain), https].into_iter().flatten().map(serve).collect()
    }
}

/// Where the certificate comes from. Opened before anybody asks for it: what is there is shown at once.
pub(crate) enum Certificate {
    /// There is no https.
    None,
    /// Files that somebody else looks after.
    Files(Box<Files>),
    /// An authority.
    Ordered(Box<Keeper>),
}

impl Certificate {
    pub(crate) fn open(app: &AppState) -> Self {
        let config = &app.config.https;
        if let Some((cert, key)) = config.files() {
            let mut files = Files::new(cert, key);
            files.load(&app.https, app.source.now());
            return Self::Files(Box::new(files));
        }
        if config.listen.is_none() {
            return Self::None;
        }
        let acme = config.acme.clone();
        let wish = Wish {
            names: acme.names,
            contact: acme.contact,
            directory: acme.directory,
            ca_file: acme.ca_file,
            dns_hook: acme.dns_hook,
            dns_wait: Duration::from_secs(acme.dns_wait_s.into()),
            folder: app.config.data_dir.join("acme"),
        };
        Self::Ordered(Box::new(Keeper::open(wish, app.https.clone(), app.source.clone())))
    }
}
