//! The addresses people reach the server by: plain http, and https beside it. All share the room for connections.

use std::{io::ErrorKind, sync::Arc};

use anyhow::anyhow;
use tokio::{net::TcpListener, task::JoinHandle};
use yunke_host::Slots;

use crate::{
    config::Config,
    forward::before,
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
