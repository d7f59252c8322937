//! How far the members of a room are, and what nodes sent to them. What the room knows it says at once; what only a whole
//! recomputation knows is computed beside it. It must never wait for a recomputation.

use tokio::{sync::oneshot, time::Instant};
use uuid::Uuid;

use super::{missed::Missed, task::Room};
use crate::{
    attendance::credit,
    evidence::{self, Progress, Records},
    problem::source_chain,
};

/// How often a room reads when nodes were heard of, which is written every 10 s.
const LISTEN_EVERY: std::time::Duration = std::time::Duration::from_secs(2);

/// A member whose progress is being recomputed, until that ends in whatever way.
struct Recomputing(Missed, Uuid);

impl Drop for Recomputing {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&self.1);
    }
}

impl Room {
    /// Answers how far a member is. Where only the whole recomputation knows, it is made beside the room, one of a member at a
    /// time: others do not wait for it, and who asks meanwhile hears nothing this time.
    pub(super) async fn say_progress(&mut self, user: Uuid, reply: oneshot::Sender<Progress>) {
        // Of whom something was missed the room does not know it.
        if !self.is_missed(user)
            && let Some(progress) = self.own_progress(user).await
        {
            let _ = reply.send(progress);
            return;
        }
        let recomputing = self.recomputing.clone();
        if !recomputing.lock().expect("no panic while held").insert(user) {
            return;
        }
        let whole = self.recomputed(user);
        self.core.tasks.spawn(async move {
            let _over = Recomputing(recomputing, user);
            if let Some(progress) = whole.await {
                let _ = reply.send(progress);
            }
        });
    }

    pub(super) async fn progress(&mut self, user: Uuid) -> Option<Progress> {
        match self.own_progress(user).await {
            Some(progress) => Some(progress),
            None => self.recomputed(user).await,
        }
    }

    /// How far a member is, if the room knows it by itself.
    async fn own_progress(&mut self, user: Uuid) -> Option<Progress> {
        if !self.members.has(user) {
            self.read(&[user]).await;
        }
        if !self.rule.uncorroborated_counts {
            self.listen().await;
        }
        let now = self.now();
        let covered = self.members.covered(user, &self.heard.0, &self.bounds, now)?;
        Some(credit(&covered, &evidence::timeline(&self.lesson), &self.rule, now).into())
    }

    /// How far a member is, by all there is in the store.
    fn recomputed(&self, user: Uuid) -> impl Future<Output = Option<Progress>> + Send + use<> {
        let (store, lesson, now) = (self.core.store.clone(), self.lesson.clone(), self.core.source.now());
        async move {
            let whole = async { Records::new(store, &lesson, now).await?.progress(user).await };
            whole
                .await
                .inspect_err(|error: &yunke_store::StoreError| {
                    tracing::error!(error = source_chain(error), "no progress could be computed");
                })
                .ok()
        }
    }

    /// Takes what the node told of the last minute, if that is new.
    pub(super) fn take_deliveries(&mut self) {
        if self.rule.uncorroborated_counts {
            return;
        }
        let view = self.media.view();
        if self.taken == (view.boot, view.version) {
            return;
        }
        self.taken = (view.boot, view.version);
        if let Some(told) = view.lessons.get(&self.lesson.id) {
            self.members.sent(&told.deliveries);
        }
        if let Some(told) = view.replays.get(&self.lesson.id) {
            self.members.sent(told);
        }
    }

    /// Reads now and then when nodes were heard of. What they told by then is taken first: silence is testimony only of what
    /// was listened to.
    async fn listen(&mut self) {
        if self.heard.1.is_some_and(|at| at.elapsed() < LISTEN_EVERY) {
            return;
        }
        let read = self.core.store.media_heard(self.lesson.id).await;
        self.take_deliveries();
        match read {
            Ok(heard) => {
                self.heard = (evidence::heard(&heard), Some(Instant::now()));
            }
            // What was known is still true; the next question tries again.
            Err(error) => {
                tracing::error!(error = source_chain(&error), "when nodes were heard of could not be read");
            }
        }
    }
}
