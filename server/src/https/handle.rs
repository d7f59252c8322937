//! What the whole server knows of its certificate: the one that is shown, and what went wrong with the last that was not taken.

use std::sync::{Arc, Mutex};

use yunke_store::UtcMillis;

use super::{challenges::Challenges, current::Current, facts::Facts, pem::Pair};

/// What the whole server knows of its certificate.
#[derive(Debug, Clone, Default)]
pub struct Https(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    current: Arc<Current>,
    /// Why the last attempt to get another certificate failed; none after one that did not.
    trouble: Mutex<Option<String>>,
    /// When the certificate's successor is ordered; none where files are.
    next_order: Mutex<Option<UtcMillis>>,
    challenges: Arc<Challenges>,
}

impl Https {
    /// What stands in the certificate; `None`: there is none yet.
    pub fn facts(&self) -> Option<Facts> {
        self.0.current.facts()
    }

    /// The sentence that the last attempt to get another certificate failed with.
    pub fn trouble(&self) -> Option<String> {
        self.0.trouble.lock().expect("no panic while held").clone()
    }

    /// Every browser takes the certificate for this host.
    pub fn is_public_for(&self, host: &str, now: UtcMillis) -> bool {
        self.0.current.is(|facts| facts.is_public(now) && facts.covers(host)).unwrap_or(false)
    }

    /// When the certificate's successor is ordered; `None`: somebody else brings it.
    pub fn next_order(&self) -> Option<UtcMillis> {
        *self.0.next_order.lock().expect("no panic while held")
    }

    /// What authorities are answered over plain http.
    pub(crate) fn challenges(&self) -> Arc<Challenges> {
        Arc::clone(&self.0.challenges)
    }

    /// The successor is ordered then, at the earliest; `trouble` is what the last order failed with.
    pub(super) fn set_renewal(&self, next_order: UtcMillis, trouble: Option<String>) {
        *self.0.next_order.lock().expect("no panic while held") = Some(next_order);
        if trouble.is_some() {
            *self.0.trouble.lock().expect("no panic while held") = trouble;
        }
    }

    pub(super) fn current(&self) -> Arc<Current> {
        Arc::clone(&self.0.current)
    }

    /// Shows this certificate from now on, unless it is worse than the one there is; says whether it does.
    pub(crate) fn take(&self, pair: Pair, now: UtcMillis) -> bool {
        let Facts { names, not_after, self_made, leaf_only, .. } = &pair.facts;
        let valid = pair.facts.is_valid(now);
        if !valid && self.0.current.is(|facts| facts.is_valid(now)) == Some(true) {
            self.refuse("the new certificate is not valid now; the one before goes on");
            return false;
        }
        let until =
            jiff::Timestamp::from_millisecond(*not_after).map(|at| at.to_string()).unwrap_or_default();
        tracing::info!(names = names.join(" "), until, self_made, "https has a certificate");
        if !valid {
            tracing::error!(until, "the certificate is not valid now: browsers refuse it; replace it");
        }
        if *leaf_only {
            tracing::warn!(
                "the certificate comes alone: phones will refuse it without those between it and its root; use the file called fullchain"
            );
        }
        *self.0.trouble.lock().expect("no panic while held") = None;
        self.0.current.set(pair);
        true
    }

    /// A certificate cannot be used, for this reason; the one there is goes on. One line, however often it is said.
    pub(crate) fn refuse(&self, reason: &str) {
        let kept = self.0.current.is(|_| ()).is_some();
        let before = self.0.trouble.lock().expect("no panic while held").replace(reason.to_owned());
        if before.as_deref() != Some(reason) {
            tracing::error!(reason, kept, "the certificate cannot be used");
        }
    }
}
