//! Keeps a certificate: shows the one on the disk, orders when it is time, and remembers what went wrong.

use std::{path::PathBuf, sync::Arc, time::Duration};

use instant_acme::{Account, AccountCredentials, Error, NewAccount};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use yunke_store::UtcMillis;

use super::{
    attempts::Attempts,
    disk::Disk,
    failure::Failure,
    hook::Hook,
    http::Http,
    order::{Way, again, is_nonce, order},
};
use crate::{
    clock::Source,
    https::{challenges::Challenges, facts::Facts, handle::Https, pem, provider::provider},
};

const ACCOUNT: &str = "account.json";
const CERTIFICATE: &str = "certificate.pem";
const ATTEMPTS: &str = "attempts.json";

/// How often it is looked whether it is time. It costs nothing, and a machine that slept is awake again.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often a step is asked again because of nonces.
const NONCES: u32 = 8;

/// What is wanted of which authority.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) names: Vec<String>,
    pub(crate) contact: Option<String>,
    pub(crate) directory: String,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) dns_hook: Option<PathBuf>,
    pub(crate) dns_wait: Duration,
    /// Where everything is kept.
    pub(crate) folder: PathBuf,
}

/// Whoever keeps it.
pub(crate) struct Keeper {
    wish: Wish,
    https: Https,
    source: Source,
    disk: Option<Disk>,
    attempts: Attempts,
    /// The state of attempts could not be written: then nothing is asked, or a program that starts again and again would ask for
    /// ever.
    unwritten: bool,
}

/// An account, and of which authority it is.
#[derive(Serialize, Deserialize)]
struct Kept {
    directory: String,
    credentials: AccountCredentials,
}

impl Keeper {
    /// Shows what is on the disk.
    pub(crate) fn open(wish: Wish, https: Https, source: Source) -> Self {
        let disk = Disk::open(wish.folder.clone()).map_err(|error| {
            https.refuse(&format!(
                "the folder {} cannot be made ({error}): no certificate is ordered",
                wish.folder.display()
            ));
        });
        let disk = disk.ok();
        let mut attempts: Attempts = disk.as_ref().and_then(|disk| disk.value(ATTEMPTS)).unwrap_or_default();
        attempts.wanted(&wish.names);
        let keeper = Self { wish, https, source, disk, attempts, unwritten: false };
        if let Some(disk) = &keeper.disk
            && let Some(text) = disk.text(CERTIFICATE)
        {
            let file = disk.path(CERTIFICATE);
            match pem::pair((&file, text.as_bytes()), (&file, text.as_bytes()), &provider()) {
                Ok(pair) => {
                    keeper.https.take(pair, keeper.source.now());
                }
                Err(error) => disk.useless(CERTIFICATE, &error.to_string()),
            }
        }
        keeper.tell();
        keeper
    }

    /// When the next order is due.
    fn due(&self, now: UtcMillis) -> UtcMillis {
        let wanted = match self.https.facts() {
            Some(facts) if self.wish.names.iter().all(|name| has(&facts, name)) => facts.renew_at(),
            _ => 0,
        };
        wanted.max(self.attempts.next(now))
    }

    fn tell(&self) {
        self.https.set_renewal(self.due(self.source.now()), self.attempts.sentence.clone());
    }

    /// Until the server stops.
    pub(crate) async fn keep(mut self, stopping: CancellationToken) {
        let challenges = self.https.challenges();
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if self.due(self.source.now()) > self.source.now() {
                continue;
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                () = self.attempt(&challenges) => {}
            }
        }
    }

    async fn attempt(&mut self, challenges: &Arc<Challenges>) {
        let Some(disk) = self.disk.clone() else { return };
        let now = self.source.now();
        self.attempts.begin(&self.wish.names, now);
        if let Err(error) = disk.write_value(ATTEMPTS, &self.attempts) {
            if !self.unwritten {
                self.https.refuse(&format!(
                    "{} cannot be written ({error}), so no certificate is ordered",
                    disk.path(ATTEMPTS).display()
                ));
            }
            self.unwritten = true;
            return;
        }
        self.unwritten = false;
        tracing::info!(names = self.wish.names.join(" "), "a certificate is ordered");
        match self.ordered(&disk, challenges).await {
            Ok(()) => self.attempts.done(),
            Err(Failure { sentence, wait_ms, account_gone }) => {
                if account_gone {
                    let _ = std::fs::remove_file(disk.path(ACCOUNT));
                }
                self.https.refuse(&sentence);
                self.attempts.failed(sentence, wait_ms, self.source.now());
            }
        }
        if let Err(error) = disk.write_value(ATTEMPTS, &self.attempts) {
            tracing::error!(%error, "what came of the order could not be written");
        }
        self.tell();
    }

    async fn ordered(&self, disk: &Disk, challenges: &Challenges) -> Result<(), Failure> {
        let wish = &self.wish;
        let http = Http::new(wish.ca_file.as_deref()).map_err(Failure::say)?;
        let way = match &wish.dns_hook {
            Some(program) => Way::Dns(Hook::new(program, disk.folder()), wish.dns_wait),
            None => Way::Http,
        };
        let account =
            self.account(disk, &http).await.map_err(|error| Failure::of(&error, http.again_after()))?;
        let issued = order(&account, &http, &wish.names, &way, challenges).await?;
        let text = format!("{}{}", issued.key, issued.chain);
        let file = disk.path(CERTIFICATE);
        let pair =
            pem::pair((&file, text.as_bytes()), (&file, text.as_bytes()), &provider()).map_err(|error| {
                Failure::say(format!("the certificate authority sent what cannot be used: {error}"))
            })?;
        disk.write(CERTIFICATE, &text)
            .map_err(|error| Failure::say(format!("{} cannot be written ({error})", file.display())))?;
        if !self.https.take(pair, self.source.now()) {
            return Err(Failure::say(
                "the certificate that was issued is not valid by this machine's clock: look whether its clock is right",
            ));
        }
        Ok(())
    }

    async fn account(&self, disk: &Disk, http: &Http) -> Result<Account, Error> {
        let builder = || Account::builder_with_http(Box::new(http.clone()));
        if let Some(kept) = disk.value::<Kept>(ACCOUNT).filter(|kept| kept.directory == self.wish.directory) {
            return builder().from_credentials(kept.credentials).await;
        }
        let contact: Vec<String> = self.wish.contact.iter().map(|mail| format!("mailto:{mail}")).collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let new =
            NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let directory = &self.wish.directory;
        let (account, credentials) = again!(builder().create(&new, directory.clone(), None))?;
        if let Err(error) = disk.write_value(ACCOUNT, &Kept { directory: directory.clone(), credentials }) {
            tracing::error!(%error, "the account could not be written");
        }
        Ok(account)
    }
}

/// The certificate is for this name, as it was asked for.
fn has(facts: &Facts, name: &str) -> bool {
    facts.names.iter().any(|own| own.eq_ignore_ascii_case(name))
}
