//! Runs: several datagrams to one address by one system call (UDP GSO, Linux 4.18 on). A picture is some datagrams of one size,
//! and a shorter one.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket as StdSocket},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{io::Interest, net::UdpSocket};
use webrtc::runtime::{Transmit, UdpSockRef, UdpSocketState};

/// Datagrams of a call: 19 kB, which each connection keeps room for once it had a run of so many. Longer runs are several.
const MOST: usize = 16;

/// How long the runs are that a connection writes next. It makes one call of as many datagrams as it is told, or of 16, and single
/// ones of any rest: only who knows the picture can tell.
#[derive(Debug, Clone, Default)]
pub(super) struct Run(Arc<AtomicUsize>);

impl Run {
    /// Datagrams of these lengths come next: the longest run in them. Datagrams of one size are a run, and a shorter one ends it.
    pub(super) fn comes(&self, lengths: impl Iterator<Item = usize>) {
        let (mut longest, mut run, mut size, mut last) = (1, 0, 0, 0);
        for length in lengths {
            if run > 0 && last == size && length <= size {
                run += 1;
            } else {
                (run, size) = (1, length);
            }
            last = length;
            longest = run.max(longest);
        }
        self.0.store(longest.min(MOST), Ordering::Relaxed);
    }

    /// Datagrams of a call.
    pub(super) fn length(&self) -> usize {
        self.0.load(Ordering::Relaxed).max(1)
    }
}

/// Sends runs, as long as the system takes them.
#[derive(Debug)]
pub(super) struct Segments(UdpSocketState);

impl Segments {
    /// Asks the system whether it can.
    pub(super) fn new() -> io::Result<Self> {
        // A socket that is asked is also switched to receive runs as one, which the shared one is not to.
        let asked = StdSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(Self(UdpSocketState::new(UdpSockRef::from(&asked))?))
    }

    /// Whether the system takes runs, as far as is known.
    pub(super) fn taken(&self) -> bool {
        self.0.max_gso_segments() > 1
    }

    /// Sends `contents` as datagrams of this size, the last one as long as is left. The only error is that the socket would
    /// block; then nothing was sent.
    pub(super) fn send(
        &self,
        socket: &UdpSocket,
        contents: &[u8],
        size: usize,
        destination: SocketAddr,
    ) -> io::Result<()> {
        let transmit = Transmit { destination, ecn: None, contents, segment_size: Some(size), src_ip: None };
        let sent = socket.try_io(Interest::WRITABLE, || self.0.try_send(UdpSockRef::from(socket), &transmit));
        match sent {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                // A network card without checksums of its own, or a network of smaller packets. What the first means for all
                // is remembered by the state.
                tracing::debug!(%error, "webrtc: datagrams go out one by one");
                for datagram in contents.chunks(size) {
                    let _ = socket.try_send_to(datagram, destination); // full: lost, as in a network
                }
                Ok(())
            }
            sent => sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn arrive(at: &UdpSocket, contents: &[u8], size: usize) {
        let mut buffer = [0; 4_000];
        for piece in contents.chunks(size) {
            let length = at.recv(&mut buffer).await.expect("a datagram");
            assert_eq!(&buffer[..length], piece);
        }
    }

    #[test]
    fn the_longest_run_of_a_picture_is_told() {
        let run = Run::default();
        assert_eq!(run.length(), 1, "nothing was told");
        for (lengths, longest) in [
            (&[][..], 1),
            (&[80], 1),
            (&[1_180, 1_180, 1_180, 1_180, 1_180, 300], 6),
            // Three slices.
            (&[1_180, 900, 1_180, 910, 1_180, 890], 2),
            // Parameter sets in front.
            (&[40, 1_180, 1_180, 700, 600], 3),
            (&[1_180; 100], MOST),
        ] {
            run.comes(lengths.iter().copied());
            assert_eq!(run.length(), longest, "{lengths:?}");
        }
    }

    fn contents(length: u32) -> Vec<u8> {
        (0..length).map(|n| n.to_be_bytes()[3]).collect()
    }

    #[tokio::test]
    async fn a_run_arrives_as_the_datagrams_it_is_made_of() {
        let from = UdpSocket::bind("[::]:0").await.expect("a socket of both families");
        let v4 = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let v6 = UdpSocket::bind("[::1]:0").await.expect("a socket");
        let segments = Segments::new().expect("asked");
        from.writable().await.expect("open");
        for (at, address) in [(&v4, "[::ffff:127.0.0.1]"), (&v6, "[::1]")] {
            let port = at.local_addr().expect("bound").port();
            let to = format!("{address}:{port}").parse().expect("an address");
            segments.send(&from, &contents(2_500), 1_000, to).expect("sent");
            arrive(at, &contents(2_500), 1_000).await;
        }
        assert!(segments.taken(), "this system can");
    }

    #[tokio::test]
    async fn a_run_that_the_system_refuses_goes_out_one_by_one_and_is_the_last() {
        let from = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let at = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let segments = Segments::new().expect("asked");
        from.writable().await.expect("open");
        // More than any kernel takes at once.
        let to = at.local_addr().expect("bound");
        segments.send(&from, &contents(3_000), 20, to).expect("sent");
        arrive(&at, &contents(3_000), 20).await;
        assert!(!segments.taken());
    }
}
