//! Ends connections whose network swallows bytes: whoever waits on one of them would wait until the kernel gives it up, a quarter of an
//! hour, and sqlx has no way to say so. The sockets of this process to the database are found and shut down from outside of it.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    os::fd::OwnedFd,
};

use rustix::{
    net::{Shutdown, getpeername, shutdown},
    process::{ForeignRawFd, PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open},
};

/// Shuts down every socket of this process that leads to one of `peers`; says how many.
///
/// # Errors
/// Where the system lets no process look at its own sockets (some container profiles).
pub(crate) fn shut_down(peers: &[SocketAddr]) -> io::Result<usize> {
    let own = pidfd_open(getpid(), PidfdFlags::empty())?;
    let mut shut = 0;
    for entry in fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        // One that is gone meanwhile, or is no socket, leads nowhere.
        let is_socket = fs::read_link(entry.path())
            .is_ok_and(|to| to.as_os_str().as_encoded_bytes().starts_with(b"socket:"));
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse::<ForeignRawFd>().ok())
        else {
            continue;
        };
        if !is_socket {
            continue;
        }
        let socket: OwnedFd = pidfd_getfd(&own, number, PidfdGetfdFlags::empty())?;
        let peer = getpeername(&socket).ok().flatten().and_then(|peer| SocketAddr::try_from(peer).ok());
        if peer.is_some_and(|peer| peers.iter().any(|wanted| same(peer, *wanted)))
            && shutdown(&socket, Shutdown::Both).is_ok()
        {
            shut += 1;
        }
    }
    Ok(shut)
}

/// IPv4 addresses may be written as IPv6.
fn same(a: SocketAddr, b: SocketAddr) -> bool {
    let plain = |ip: IpAddr| ip.to_canonical();
    a.port() == b.port() && plain(a.ip()) == plain(b.ip())
}

#[cfg(test)]
mod tests {
    use std::{
        io::Read as _,
        net::{TcpListener, TcpStream},
        time::Duration,
    };

    use super::*;

    #[test]
    fn whoever_waits_on_a_silent_peer_is_told_and_others_are_left_alone() {
        let (silent, other) = (
            TcpListener::bind("127.0.0.1:0").expect("bound"),
            TcpListener::bind("127.0.0.1:0").expect("bound"),
        );
        let peer = silent.local_addr().expect("an address");
        let mut waiting = TcpStream::connect(peer).expect("connected");
        let mut untouched = TcpStream::connect(other.local_addr().expect("an address")).expect("connected");
        let reader = std::thread::spawn(move || waiting.read(&mut [0]).expect("an end"));
        assert_eq!(shut_down(&[peer]).expect("allowed"), 1);
        assert_eq!(reader.join().expect("ended"), 0);
        untouched.set_read_timeout(Some(Duration::from_millis(50))).expect("set");
        assert!(untouched.read(&mut [0]).is_err(), "still open, still silent");
    }
}
