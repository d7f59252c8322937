//! The operator's program that puts a value into DNS and takes it out again: `add NAME VALUE`, `remove NAME VALUE`.
//!
//! It is done when it ends, whatever it left running; it is ended with all it started when it does not. What it prints goes into a
//! file beside the account, since nobody knows what secrets are in it, and never into the log.

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

/// How long it may take; DNS services answer within seconds, some of them in tens of them.
const LIMIT: Duration = Duration::from_mins(2);

/// The program.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    program: PathBuf,
    /// Where its output goes.
    output: PathBuf,
    limit: Duration,
}

/// Why it did not do it.
#[derive(Debug, thiserror::Error)]
pub(super) enum HookError {
    #[error("the DNS hook {} cannot be started ({source}); is it executable?", program.display())]
    Start { program: PathBuf, source: std::io::Error },
    #[error("the DNS hook failed at \"{verb}\" ({status}); what it printed is in {}", output.display())]
    Failed { verb: &'static str, status: std::process::ExitStatus, output: PathBuf },
    #[error("the DNS hook did not end within {} s at \"{verb}\" and was ended; what it printed is in {}", limit.as_secs(), output.display())]
    Hangs { verb: &'static str, limit: Duration, output: PathBuf },
}

impl Hook {
    pub(super) fn new(program: &Path, folder: &Path) -> Self {
        Self { program: program.to_owned(), output: folder.join("hook.log"), limit: LIMIT }
    }

    pub(super) async fn add(&self, name: &str, value: &str) -> Result<(), HookError> {
        self.run("add", name, value).await
    }

    pub(super) async fn remove(&self, name: &str, value: &str) -> Result<(), HookError> {
        self.run("remove", name, value).await
    }

    async fn run(&self, verb: &'static str, name: &str, value: &str) -> Result<(), HookError> {
        let cannot = |source| HookError::Start { program: self.program.clone(), source };
        let output =
            OpenOptions::new().create(true).append(true).mode(0o600).open(&self.output).map_err(cannot)?;
        // One run of a year's renewals is enough to read.
        if output.metadata().is_ok_and(|about| about.len() > 1 << 20) {
            output.set_len(0).map_err(cannot)?;
        }
        let errors = output.try_clone().map_err(cannot)?;
        let mut command = Command::new(&self.program);
        command.args([verb, name, value]).stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
        for (key, _) in std::env::vars_os() {
            if key.to_string_lossy().starts_with("YUNKE_") {
                command.env_remove(key);
            }
        }
        let mut child = command.spawn().map_err(cannot)?;
        let group = child.id();
        match timeout(self.limit, child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(HookError::Failed { verb, status, output: self.output.clone() }),
            Ok(Err(source)) => Err(cannot(source)),
            Err(_) => {
                let group = group.and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
                if let Some(group) = group {
                    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
                }
                let _ = child.wait().await;
                Err(HookError::Hangs { verb, limit: self.limit, output: self.output.clone() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, time::Instant};

    use super::*;

    fn hook(home: &Path, script: &str) -> Hook {
        let program = home.join("hook");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("executable");
        Hook { limit: Duration::from_secs(2), ..Hook::new(&program, home) }
    }

    #[tokio::test]
    async fn it_is_done_when_it_ends_whatever_it_leaves_running() {
        let home = tempfile::tempdir().expect("a folder");
        let began = Instant::now();
        let hook = hook(home.path(), "sleep 20 & echo $! >\"$0.left\"; echo \"$1|$2|$3\"");
        hook.add("_acme-challenge.yunke.cn", "v-1").await.expect("done");
        assert!(began.elapsed() < Duration::from_secs(2));
        let printed = fs::read_to_string(home.path().join("hook.log")).expect("kept");
        assert_eq!(printed, "add|_acme-challenge.yunke.cn|v-1\n");
        let left = fs::read_to_string(home.path().join("hook.left"))
            .expect("left")
            .trim()
            .parse()
            .expect("a number");
        let left = rustix::process::Pid::from_raw(left).expect("a process");
        rustix::process::kill_process(left, rustix::process::Signal::KILL).expect("it was left alone");
    }

    #[tokio::test]
    async fn one_that_hangs_is_ended_with_all_it_started() {
        let home = tempfile::tempdir().expect("a folder");
        let hook = hook(home.path(), "sleep 60 & echo $! >\"$0.left\"; wait");
        let error = hook.remove("n", "a-secret-value").await.expect_err("ended").to_string();
        assert!(error.contains("did not end within 2 s") && !error.contains("a-secret-value"), "{error}");
        let left = fs::read_to_string(home.path().join("hook.left")).expect("left");
        let gone = async {
            // Nobody waits for it but init, which may be busy.
            while fs::read_to_string(format!("/proc/{}/stat", left.trim()))
                .is_ok_and(|stat| !stat.contains(") Z"))
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(5), gone).await.expect("gone");
    }

    #[tokio::test]
    async fn what_fails_says_where_to_look() {
        let home = tempfile::tempdir().expect("a folder");
        let failing = hook(home.path(), "echo the token is hunter2; exit 3");
        let error = failing.add("n", "v").await.expect_err("failed").to_string();
        assert!(error.contains("hook.log") && error.contains('3') && !error.contains("hunter2"), "{error}");
        let none = Hook::new(Path::new("/no/such/hook"), home.path()).add("n", "v").await.expect_err("none");
        assert!(none.to_string().contains("cannot be started"), "{none}");
    }
}
