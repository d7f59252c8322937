//! A UDP socket that looks at what it receives first.

use std::{
    io::{self, IoSliceMut},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{io::ReadBuf, net::UdpSocket};
use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

use crate::count::{Counts, Verdict};

/// The socket.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) socket: UdpSocket,
    pub(crate) counts: Arc<Counts>,
}

impl AsyncUdpSocket for Watched {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        self.socket.poll_send_to(cx, transmit.contents, transmit.destination)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (Some(buffer), Some(meta)) = (bufs.first_mut(), meta.first_mut()) else {
            return Poll::Ready(Ok(0));
        };
        loop {
            let mut read = ReadBuf::new(buffer);
            let from = ready!(self.socket.poll_recv_from(cx, &mut read))?;
            let length = read.filled().len();
            if self.counts.look(read.filled()) == Verdict::Drop {
                continue;
            }
            *meta = RecvMeta::default();
            meta.addr = from;
            meta.len = length;
            meta.stride = length.max(1);
            return Poll::Ready(Ok(1));
        }
    }
}
