//! Where WebRTC is reached: a UDP port, the TCP port of the same number, and the machine's own addresses.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::net::{TcpListener, UdpSocket};

/// How often a free number is looked for that both have.
const TRIES: usize = 16;

/// Both ports.
#[derive(Debug)]
pub struct Ports {
    pub(super) udp: UdpSocket,
    pub(super) tcp: TcpListener,
}

impl Ports {
    /// Binds both at this address; a machine without IPv6 takes `[::]` as `0.0.0.0`.
    pub async fn bind(at: SocketAddr) -> io::Result<Self> {
        let bound = Self::same(at).await;
        match bound {
            Err(error)
                if at.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
                    && error.kind() != io::ErrorKind::AddrInUse =>
            {
                tracing::info!(%error, "webrtc: no IPv6 on this machine");
                Self::same(SocketAddr::from((Ipv4Addr::UNSPECIFIED, at.port()))).await
            }
            bound => bound,
        }
    }

    async fn same(at: SocketAddr) -> io::Result<Self> {
        let mut tries = if at.port() == 0 { TRIES } else { 1 };
        loop {
            tries -= 1;
            let udp = UdpSocket::bind(at).await?;
            match TcpListener::bind(udp.local_addr()?).await {
                Ok(tcp) => return Ok(Self { udp, tcp }),
                // The number is free for UDP only.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where they are; one number for both.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.udp.local_addr()
    }
}

/// Where a socket can be reached, as far as one can tell from here.
pub(super) fn own_hosts(bound: IpAddr) -> Vec<IpAddr> {
    if !bound.is_unspecified() {
        return vec![bound];
    }
    let v4 = outward(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 = outward(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    let v6 = v6.filter(|_| bound.is_ipv6());
    v4.into_iter().chain(v6).chain([Ipv4Addr::LOCALHOST.into()]).collect()
}

/// Our address on the way to `to`, by the routing table: no packet is sent.
fn outward(from: IpAddr, to: IpAddr) -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind((from, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified() && !ip.is_loopback()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_have_the_same_number() {
        let ports = Ports::bind(([127, 0, 0, 1], 0).into()).await.expect("free ports");
        let at = ports.local_addr().expect("an address");
        assert_eq!(ports.tcp.local_addr().ok(), Some(at));
        let taken = Ports::bind(at).await.expect_err("taken");
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn a_bound_address_is_the_only_one_and_ipv4_offers_no_ipv6() {
        let one = IpAddr::from([192, 0, 2, 7]);
        assert_eq!(own_hosts(one), [one]);
        let all = own_hosts(Ipv4Addr::UNSPECIFIED.into());
        assert!(all.iter().all(IpAddr::is_ipv4) && all.contains(&Ipv4Addr::LOCALHOST.into()));
    }
}
