//! The other end of a worker: starts it, hears how far it is, and ends it when it takes too long or nobody wants it any more.

use std::{os::unix::process::ExitStatusExt as _, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};
use uuid::Uuid;
use yunke_protocol::WorkStatus;

use super::{
    super::{Jobs, Task},
    worker::{Order, Outcome, Report},
};
use crate::recording::fill::{FillRecord, FillState};

/// The worker says something at least so often, or it is ended.
const SILENCE: Duration = Duration::from_mins(3);
/// How often a running worker is asked whether anybody still wants it.
const LOOK: Duration = Duration::from_millis(500);
/// The signal of who used up his processor time.
const SIGXCPU: i32 = 24;

impl Jobs {
    /// Runs the work of a fill to its end, unless it is withdrawn meanwhile.
    pub(in crate::jobs) async fn run_fill(&self, lesson: Uuid, fill: Uuid) {
        let task = Task::Fill(lesson, fill);
        let Ok(mut record) = self.record(lesson, fill).await else { return self.done(task) };
        if record.state != FillState::Wanted {
            return self.done(task);
        }
        self.tell(task, WorkStatus::running(0));
        let stream = u64::try_from((self.0.clock)()).unwrap_or(0);
        let outcome = self.work_on(lesson, &record, stream).await.unwrap_or_else(|error| {
            tracing::error!(%lesson, %error, "a worker could not be started or heard");
            Outcome::failed("internal")
        });
        if !self.is_under_way(task) {
            if let Outcome::Done(filled) = outcome {
                self.remove_segments(lesson, &filled).await;
            }
            return;
        }
        record.state = match outcome {
            Outcome::Done(filled) => FillState::Ready(filled),
            Outcome::Failed(code) => FillState::Failed { code },
        };
        tracing::info!(%lesson, ready = matches!(record.state, FillState::Ready(_)), "the work of a fill is done");
        if let Err(error) = self.put_record(lesson, &record).await {
            // It stays wanted: who asks has it begun again.
            tracing::error!(%lesson, %error, "a fill could not be kept");
        }
        self.done(task);
    }

    async fn work_on(&self, lesson: Uuid, record: &FillRecord, stream: u64) -> std::io::Result<Outcome> {
        let order = Order {
            store_dir: self.0.store_dir.clone(),
            file: self.file(record.fill),
            lesson,
            record: record.clone(),
            stream,
        };
        let mut process = Command::new(std::env::current_exe()?)
            .arg("fill-worker")
            .env_remove("YUNKE_MEDIA_SHARED_SECRET")
            // Else each thread reserves 64 MB of what the worker may have.
            .env("MALLOC_ARENA_MAX", "2")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut input) = process.stdin.take() {
            // One that is gone already is noticed at its other end.
            let _ = input.write_all(&serde_json::to_vec(&order)?).await;
        }
        self.hear(Task::Fill(lesson, record.fill), &mut process).await
    }

    async fn hear(&self, task: Task, process: &mut Child) -> std::io::Result<Outcome> {
        let Some(output) = process.stdout.take() else { return Ok(Outcome::failed("internal")) };
        let mut lines = BufReader::new(output).lines();
        let mut silent = Duration::ZERO;
        while silent < SILENCE && self.is_under_way(task) {
            match timeout(LOOK, lines.next_line()).await {
                Ok(Ok(Some(line))) => match serde_json::from_str(&line)? {
                    Report::Progress(percent) => {
                        silent = Duration::ZERO;
                        self.update(task, WorkStatus::running(percent));
                    }
                    Report::Over(outcome) => return Ok(outcome),
                },
                Ok(_) => {
                    // A decoder brought it down, or it used up its time or memory.
                    let status = process.wait().await?;
                    tracing::warn!(?status, "a worker ended without a word");
                    let late = status.signal() == Some(SIGXCPU);
                    return Ok(Outcome::failed(if late { "took_too_long" } else { "file_unreadable" }));
                }
                Err(_) => silent += LOOK,
            }
        }
        tracing::warn!("a worker is ended: it was silent, or nobody wants it any more");
        process.kill().await?;
        Ok(Outcome::failed("took_too_long"))
    }
}
