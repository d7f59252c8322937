//! Ends connections whose network swallows bytes: whoever waits on one of them would wait until the kernel gives it up, a quarter of an
//! hour, and sqlx has no way to say so. The sockets of this process to the database are found and shut down from outside of it.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    os::fd::OwnedFd,
};

use rustix::{
    io::Errno,
    net::{Shutdown, getpeername, shutdown},
    process::{ForeignRawFd, PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open},
};

/// Sockets of this process that lead to one of `peers`, each a second handle to it.
///
/// # Errors
/// Where the system lets no process look at its own sockets (some container profiles).
pub(crate) fn leading_to(peers: &[SocketAddr]) -> io::Result<Vec<OwnedFd>> {
    let own = pidfd_open(getpid(), PidfdFlags::empty())?;
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        // One that is gone meanwhile, or is no socket, leads nowhere.
        let is_socket = fs::read_link(entry.path())
            .is_ok_and(|to| to.as_os_str().as_encoded_bytes().starts_with(b"socket:"));
        let number = entry.file_name().to_str().and_then(|name| name.parse::<ForeignRawFd>().ok());
        let Some(number) = number.filter(|_| is_socket) else { continue };
        let socket = match pidfd_getfd(&own, number, PidfdGetfdFlags::empty()) {
            Ok(socket) => socket,
            Err(Errno::BADF) => continue,
            Err(forbidden) => return Err(forbidden.into()),
        };
        let peer = getpeername(&socket).ok().flatten().and_then(|peer| SocketAddr::try_from(peer).ok());
        if peer.is_some_and(|peer| peers.iter().any(|wanted| same(peer, *wanted))) {
            found.push(socket);
        }
    }
    Ok(found)
}

/// Whoever waits on one of them is told that it is over.
pub(crate) fn shut_down(sockets: &[OwnedFd]) {
    for socket in sockets {
        // Over already: nobody waits.
        let _ = shutdown(socket, Shutdown::Both);
    }
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
        let found = leading_to(&[peer]).expect("allowed");
        assert_eq!(found.len(), 1);
        shut_down(&found);
        assert_eq!(reader.join().expect("ended"), 0);
        untouched.set_read_timeout(Some(Duration::from_millis(50))).expect("set");
        assert!(untouched.read(&mut [0]).is_err(), "still open, still silent");
    }
}
