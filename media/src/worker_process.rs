//! A process of its own for what decodes files of strangers: this program started again, with a clean environment. The order goes
//! to its standard input as a line of JSON; what it says comes as lines of JSON.
//!
//! What it says is not trusted: its lines are bounded, and it is ended, and gone, before anything it made is looked at.

use std::{
    ffi::{OsStr, OsString},
    io::{BufRead as _, Error, ErrorKind, Read as _, Result},
    os::unix::process::ExitStatusExt as _,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::Signal;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::{Instant, timeout},
};

/// A line of a report: the facts of an episode with a long text in them. What says more is broken.
const LINE_BYTES: usize = 8 << 20;
/// How often a running worker is asked whether anybody still wants it.
const LOOK: Duration = Duration::from_millis(500);
/// From the last word to the end of the process; then it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// No work takes longer, whatever is said of it.
const LONGEST: Duration = Duration::from_hours(24);
/// The exit code of a Rust program that panicked.
const PANICKED: i32 = 101;

/// What a worker is given of our environment: where GStreamer finds its plugins and keeps their list, how much is logged, and
/// what any program needs. No secret is among it.
fn is_needed(name: &OsStr) -> bool {
    const NAMES: [&str; 9] = [
        "HOME",
        "LANG",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "PATH",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "YUNKE_LOG",
    ];
    name.to_str().is_some_and(|name| name.starts_with("GST_") || NAMES.contains(&name))
}

fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| is_needed(name))
}

/// A worker at its work. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    process: Child,
    /// Open as long as somebody waits for what is made: when it closes, the worker ends ([`end_with_parent`]).
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
}

/// How the work ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End<T> {
    /// The worker's last word.
    Said(T),
    /// It died without one.
    Died(Death),
    /// It was silent for too long, or at it for longer than anything takes.
    Silent,
    /// Nobody wants it any more.
    Unwanted,
}

impl Worker {
    /// Starts the program for this work.
    pub(crate) async fn start(work: &str, order: &impl Serialize) -> Result<Self> {
        let mut program = Command::new(std::env::current_exe()?);
        program
            .arg(work)
            .env_clear()
            .envs(environment())
            // Else each thread reserves 64 MB of what the worker may have.
            .env("MALLOC_ARENA_MAX", "2")
            // The list of plugins is ours to write; a worker takes it as it is.
            .env("GST_REGISTRY_UPDATE", "no");
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        let mut worker = Self::of(program)?;
        if let Some(input) = &mut worker.input {
            // One that is gone already is noticed at its other end.
            let _ = timeout(GRACE, input.write_all(&line)).await;
        }
        Ok(worker)
    }

    fn of(mut program: Command) -> Result<Self> {
        let program = program.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = program.spawn()?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        Ok(Self { process, input, output })
    }

    /// Hears what the worker says until `last` finds the last word in it, or until it is silent for so long or not `wanted`. The
    /// process is gone when this returns.
    pub(crate) async fn hear<R: DeserializeOwned, T>(
        mut self,
        silence: Duration,
        wanted: impl Fn() -> bool,
        last: impl FnMut(R) -> Option<T>,
    ) -> Result<End<T>> {
        let heard = self.listen(silence, wanted, last).await;
        // Nobody waits for it any more: that is its end, and if it is not, it is killed.
        drop(self.input.take());
        if timeout(GRACE, self.process.wait()).await.is_err() {
            self.process.kill().await?;
        }
        heard
    }

    async fn listen<R: DeserializeOwned, T>(
        &mut self,
        silence: Duration,
        wanted: impl Fn() -> bool,
        mut last: impl FnMut(R) -> Option<T>,
    ) -> Result<End<T>> {
        let output = self.output.take().ok_or(ErrorKind::BrokenPipe)?;
        let mut lines = Lines { reader: BufReader::new(output), line: Vec::new() };
        let begun = Instant::now();
        let mut silent = Duration::ZERO;
        while silent < silence && begun.elapsed() < LONGEST {
            match timeout(LOOK, lines.next()).await {
                Ok(line) => match line? {
                    Some(line) => {
                        silent = Duration::ZERO;
                        if let Some(word) = last(serde_json::from_slice(&line)?) {
                            return Ok(End::Said(word));
                        }
                    }
                    None => return self.died().await,
                },
                Err(_) => silent += LOOK,
            }
            if !wanted() {
                self.process.kill().await?;
                return Ok(End::Unwanted);
            }
        }
        self.process.kill().await?;
        Ok(End::Silent)
    }

    /// It said nothing more: it is dying, or has closed its mouth and stays.
    async fn died<T>(&mut self) -> Result<End<T>> {
        let Ok(status) = timeout(GRACE, self.process.wait()).await else {
            tracing::warn!("a worker says nothing more and does not end: it is killed");
            self.process.kill().await?;
            return Ok(End::Died(Death::Fault));
        };
        let status = status?;
        tracing::warn!(?status, "a worker ended without a word");
        Ok(End::Died(Death::by(status)))
    }
}

/// Lines of at most [`LINE_BYTES`].
struct Lines<R> {
    reader: R,
    line: Vec<u8>,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    /// The next line; none at the end. Given up in the middle, it loses nothing.
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            let come = self.reader.fill_buf().await?;
            if come.is_empty() {
                return Ok(None);
            }
            let end = come.iter().position(|byte| *byte == b'\n');
            self.line.extend_from_slice(&come[..end.unwrap_or(come.len())]);
            let taken = end.map_or(come.len(), |end| end + 1);
            self.reader.consume(taken);
            if self.line.len() > LINE_BYTES {
                return Err(Error::new(ErrorKind::InvalidData, "a worker says more than any report has"));
            }
            if end.is_some() {
                return Ok(Some(std::mem::take(&mut self.line)));
            }
        }
    }
}

/// In the worker: the order.
pub(crate) fn order<T: DeserializeOwned>() -> anyhow::Result<T> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// In the worker: from now on it ends when who started it does, however that ends. The kernel's own signal for it
/// (`PR_SET_PDEATHSIG`) comes when the *thread* ends that started the process, and threads of the runtime do.
pub(crate) fn end_with_parent() -> Result<()> {
    let watch = || {
        let (mut input, mut more) = (std::io::stdin().lock(), [0; 64]);
        while matches!(input.read(&mut more), Ok(1..)) {}
        // At once, whatever the other threads do.
        std::process::abort()
    };
    std::thread::Builder::new().name("parent".to_owned()).spawn(watch)?;
    Ok(())
}

/// Why a worker ended that said nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// It used up its processor time.
    Time,
    /// It got no memory, or the machine had none left.
    Memory,
    /// A file became too large.
    Size,
    /// What it read brought it down.
    Fault,
    /// It could not begin: of the machine, not of the file.
    Broken,
}

impl Death {
    /// By the signal that ended it, or the code it ended with.
    pub(crate) fn by(status: ExitStatus) -> Self {
        match status.signal().and_then(Signal::from_named_raw) {
            Some(Signal::XCPU) => Self::Time,
            // Who gets no memory gives himself up; `Kill` is the system's when there is none left at all.
            Some(Signal::TRAP | Signal::ABORT | Signal::KILL) => Self::Memory,
            Some(Signal::XFSZ) => Self::Size,
            None if status.code() != Some(PANICKED) => Self::Broken,
            _ => Self::Fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than anything here takes, and shorter than what is waited for in vain.
    const LONG: Duration = Duration::from_mins(5);

    fn worker(script: &str) -> Worker {
        let mut program = Command::new("sh");
        program.args(["-c", script]);
        Worker::of(program).expect("a shell")
    }

    async fn heard(script: &str, silence: Duration) -> Result<End<u8>> {
        worker(script).hear(silence, || true, |word: u8| (word > 9).then_some(word)).await
    }

    #[tokio::test]
    async fn the_last_word_counts_and_each_death_has_its_reason() {
        for (script, end) in [
            ("echo 1; echo 2; echo 10; echo 11", End::Said(10)),
            ("echo 1; kill -XCPU $$", End::Died(Death::Time)),
            ("kill -ABRT $$", End::Died(Death::Memory)),
            ("kill -XFSZ $$", End::Died(Death::Size)),
            ("kill -SEGV $$", End::Died(Death::Fault)),
            ("exit 101", End::Died(Death::Fault)),
            ("exit 1", End::Died(Death::Broken)),
            ("printf 12", End::Died(Death::Broken)),
        ] {
            assert_eq!(heard(script, LONG).await.expect(script), end, "{script}");
        }
    }

    #[tokio::test]
    async fn who_stays_silent_talks_on_or_is_not_wanted_is_ended() {
        let (silent, deaf) = ("trap '' TERM; exec sleep 600", "exec >&-; exec sleep 600");
        assert_eq!(heard(silent, Duration::from_millis(1)).await.expect("ended"), End::Silent);
        assert_eq!(heard(deaf, LONG).await.expect("ended"), End::Died(Death::Fault));
        // The last word was said, and it does not go.
        assert_eq!(heard("echo 12; exec sleep 600", LONG).await.expect("ended"), End::Said(12));
        let unwanted = worker(silent).hear(LONG, || false, |word: u8| Some(word)).await;
        assert_eq!(unwanted.expect("ended"), End::Unwanted);
        assert!(heard("exec cat /dev/zero", LONG).await.is_err(), "a line without an end");
        assert!(heard("echo nonsense; exec sleep 600", LONG).await.is_err());
    }

    #[tokio::test]
    async fn a_line_that_comes_in_pieces_is_one() {
        let pieces = std::io::Cursor::new(b"one\ntwo and more\nthe rest".to_vec());
        let mut lines = Lines { reader: BufReader::with_capacity(2, pieces), line: Vec::new() };
        assert_eq!(lines.next().await.expect("read"), Some(b"one".to_vec()));
        assert_eq!(lines.next().await.expect("read"), Some(b"two and more".to_vec()));
        assert_eq!(lines.next().await.expect("read"), None, "it was killed in the middle of a word");
    }
}
