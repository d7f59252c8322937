//! The smallest HTTP/1.1 client that 2,000 readers can share two cores with the server they measure:
//! keep-alive GETs whose bodies carry a Content-Length.

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// More than any playlist; a longer answer is an error, not memory.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// One keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects to `host` (`address:port`).
    pub(crate) async fn open(host: &str) -> Result<Self> {
        let stream = TcpStream::connect(host).await.with_context(|| format!("connect to {host}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: host.to_owned(), buffer: Vec::new() })
    }

    /// GETs `path` and returns the body of a 200.
    pub(crate) async fn get(&mut self, path: &str, gzip: bool) -> Result<&[u8]> {
        let encoding = if gzip { "Accept-Encoding: gzip\r\n" } else { "" };
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{encoding}\r\n", self.host);
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let mut body_at = 0;
        let mut whole = usize::MAX;
        while self.buffer.len() < whole {
            ensure!(self.buffer.len() < MAX_ANSWER_BYTES, "the answer is too long");
            let before = self.buffer.len();
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
            if body_at == 0 {
                let from = before.saturating_sub(3);
                if let Some(end) = self.buffer[from..].windows(4).position(|w| w == b"\r\n\r\n") {
                    body_at = from + end + 4;
                    whole = body_at + content_length(&self.buffer[..body_at])?;
                }
            }
        }
        Ok(&self.buffer[body_at..])
    }
}

/// The body's length out of a 200's head.
fn content_length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head)?;
    if !head.starts_with("HTTP/1.1 200") {
        bail!("answered {}", head.lines().next().unwrap_or_default());
    }
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("the answer has no Content-Length")?
        .1
        .trim()
        .parse()
        .context("Content-Length is no number")
}
