//! The other end of a worker: starts it, hears how far it is, and ends it when it takes too long or nobody wants it any more.

use std::time::Duration;

use uuid::Uuid;
use yunke_protocol::WorkStatus;

use super::{
    super::{
        error::JobError,
        queue::{Jobs, Task},
    },
    wire::{Order, Outcome, Report},
};
use crate::{
    recording::fill::{FillRecord, FillState},
    worker_process::{Death, End, Worker},
};

/// The worker says something at least so often, or it is ended.
const SILENCE: Duration = Duration::from_mins(3);

/// The stable code of a worker's death.
fn cause(death: Death) -> &'static str {
    match death {
        Death::Time => "took_too_long",
        Death::Memory => "took_too_much",
        Death::Size | Death::Fault => "file_unreadable",
        Death::Broken => "internal",
    }
}

impl Jobs {
    /// Runs the work of a fill to its end, unless it is withdrawn meanwhile.
    pub(in crate::jobs) async fn run_fill(&self, lesson: Uuid, fill: Uuid) {
        let task = Task::Fill(lesson, fill);
        let Ok(Some((record, stream))) = self.wanted(lesson, fill).await else { return self.done(task) };
        self.set_status(task, WorkStatus::running(0));
        let outcome = if self.received(fill).await == record.plan.bytes {
            self.work_on(lesson, &record, stream).await.unwrap_or_else(|error| {
                tracing::error!(%lesson, %error, "a worker could not be started or heard");
                Outcome::failed("internal")
            })
        } else {
            Outcome::failed("file_gone")
        };
        let state = match outcome {
            Outcome::Done(filled) => FillState::Ready(filled),
            Outcome::Failed(code) => FillState::Failed { code },
        };
        let ready = matches!(state, FillState::Ready(_));
        let kept = self.conclude(lesson, record, state).await;
        if !ready || !matches!(kept, Ok(true)) {
            self.remove_stream(lesson, stream).await;
        }
        match kept {
            Ok(_) => tracing::info!(%lesson, ready, "the work of a fill is done"),
            // It stays marked and is done again after a restart, not at once: the disk may be full.
            Err(error) => {
                tracing::error!(%lesson, %error, "a fill could not be kept");
                self.set_status(task, WorkStatus::failed(error.code()));
            }
        }
    }

    /// The fill and its stream, if its work is still to be done.
    async fn wanted(&self, lesson: Uuid, fill: Uuid) -> Result<Option<(FillRecord, u64)>, JobError> {
        let record = self.record(lesson, fill).await?;
        Ok(if let FillState::Wanted { stream } = record.state { Some((record, stream)) } else { None })
    }

    /// Keeps what came of the work, which is over with it: who sees the outcome may ask for more at once. `false`: nobody wants
    /// it any more.
    async fn conclude(
        &self,
        lesson: Uuid,
        mut record: FillRecord,
        state: FillState,
    ) -> Result<bool, JobError> {
        let _change = self.0.changes.lock().await;
        let is_wanted = match self.record(lesson, record.fill).await {
            Ok(now) => now == record,
            Err(JobError::FillUnknown) => false,
            Err(error) => return Err(error),
        };
        let task = Task::Fill(lesson, record.fill);
        if is_wanted {
            record.state = state;
            self.put_record(lesson, &record).await?;
        }
        self.unmark(task).await;
        self.done(task);
        Ok(is_wanted)
    }

    async fn work_on(&self, lesson: Uuid, record: &FillRecord, stream: u64) -> std::io::Result<Outcome> {
        let order = Order {
            store_dir: self.0.store_dir.clone(),
            file: self.file(record.fill),
            lesson,
            record: record.clone(),
            stream,
        };
        let worker = Worker::start("fill-worker", &order).await?;
        let task = Task::Fill(lesson, record.fill);
        let heard = |report: Report| match report {
            Report::Progress(percent) => {
                self.update(task, WorkStatus::running(percent));
                None
            }
            Report::Over(outcome) => Some(outcome),
        };
        Ok(match worker.hear(SILENCE, || self.is_under_way(task), heard).await? {
            End::Said(outcome) => outcome,
            End::Died(death) => Outcome::failed(cause(death)),
            End::Silent | End::Unwanted => {
                tracing::warn!(%lesson, "a worker was ended: it was silent, or nobody wants it any more");
                Outcome::failed("took_too_long")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Pid, Resource, prlimit};
    use tokio::process::Command;

    use super::{super::worker::processor, *};

    #[tokio::test]
    async fn a_worker_that_uses_up_its_processor_time_took_too_long_and_not_too_much() {
        let mut busy = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .kill_on_drop(true)
            .spawn()
            .expect("a shell");
        let pid = Pid::from_raw(busy.id().expect("it runs").cast_signed());
        prlimit(pid, Resource::Cpu, processor(1)).expect("limited");
        let status = busy.wait().await.expect("it ends");
        assert_eq!(cause(Death::by(status)), "took_too_long", "{status}");
    }
}
