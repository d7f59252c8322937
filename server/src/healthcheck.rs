//! `yunke healthcheck`: asks a running server how it is, for service managers, containers and people. It must end with a
//! failure when anything at all is not well: whoever calls it looks at nothing else.

use std::{io::Write as _, net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// How long the server may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// What is read of `/health/ready`.
#[derive(Deserialize)]
struct Health {
    status: String,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    name: String,
    ok: bool,
    reason: String,
}

/// Asks, prints the answer, and fails unless all is well.
pub(crate) fn run(address: SocketAddr) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_LIMIT).build()?;
        let answer = client.get(format!("http://{address}/health/ready")).send().await?;
        answer.text().await
    });
    let text = text.with_context(|| format!("no server answers at {address}"))?;
    writeln!(std::io::stdout(), "{text}")?;
    judge(&text)
}

fn judge(text: &str) -> anyhow::Result<()> {
    let health: Health = serde_json::from_str(text).context("this is no answer of yunke")?;
    if health.status == "ok" {
        return Ok(());
    }
    let wrong: Vec<String> = health
        .checks
        .iter()
        .filter(|check| !check.ok)
        .map(|check| format!("{}: {}", check.name, check.reason))
        .collect();
    bail!("{} ({})", health.status, wrong.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_not_well_is_a_failure_that_names_it() {
        let with = |status: &str, ok: bool| {
            judge(&format!(
                r#"{{"status":"{status}","version":"1","checks":[{{"name":"disk","ok":{ok},"reason":"full"}}]}}"#
            ))
        };
        with("ok", true).expect("well");
        let degraded = with("degraded", false).expect_err("not well").to_string();
        assert_eq!(degraded, "degraded (disk: full)");
        assert!(with("down", false).is_err() && judge("<html>").is_err());
    }
}
