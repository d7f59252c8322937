//! Which peer a datagram belongs to, when all share one port. A STUN request names its peer (RFC 8445, 7.2.2: `USERNAME`
//! begins with our user name fragment); everything else is routed by the address a request came from before. Datagrams
//! of strangers are dropped after one look into a table.
//!
//! Pure. All tables are bounded: by the number of peers, and by [`MAX_ADDRESSES`] each.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
};

/// Addresses of one peer: its networks, and what its router made of them. When full, the oldest is forgotten.
const MAX_ADDRESSES: usize = 8;
/// Names of one peer: the one in use and the one of a restart under way.
const MAX_NAMES: usize = 2;

/// A peer.
pub(super) type PeerId = u64;

#[derive(Debug)]
struct Entry<T> {
    inbox: T,
    names: VecDeque<String>,
    addresses: VecDeque<SocketAddr>,
}

/// The tables; `T` is where a peer's datagrams go.
#[derive(Debug)]
pub(super) struct Routes<T> {
    peers: HashMap<PeerId, Entry<T>>,
    by_name: HashMap<String, PeerId>,
    by_address: HashMap<SocketAddr, PeerId>,
}

impl<T> Default for Routes<T> {
    fn default() -> Self {
        Self { peers: HashMap::new(), by_name: HashMap::new(), by_address: HashMap::new() }
    }
}

impl<T> Routes<T> {
    pub(super) fn add(&mut self, peer: PeerId, inbox: T) {
        let entry = Entry { inbox, names: VecDeque::new(), addresses: VecDeque::new() };
        self.peers.insert(peer, entry);
    }

    /// STUN requests with this user name fragment are the peer's.
    pub(super) fn name(&mut self, peer: PeerId, ufrag: &str) {
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        if entry.names.iter().any(|name| name == ufrag) {
            return;
        }
        entry.names.push_back(ufrag.to_owned());
        self.by_name.insert(ufrag.to_owned(), peer);
        if entry.names.len() > MAX_NAMES
            && let Some(old) = entry.names.pop_front()
        {
            self.by_name.remove(&old);
        }
    }

    pub(super) fn remove(&mut self, peer: PeerId) {
        let Some(entry) = self.peers.remove(&peer) else { return };
        for name in entry.names {
            self.by_name.remove(&name);
        }
        for address in entry.addresses {
            if self.by_address.get(&address) == Some(&peer) {
                self.by_address.remove(&address);
            }
        }
    }

    /// The peer of this user name fragment.
    pub(super) fn named(&self, ufrag: &str) -> Option<&T> {
        self.peers.get(self.by_name.get(ufrag)?).map(|entry| &entry.inbox)
    }

    /// Where a datagram goes.
    pub(super) fn route(&mut self, datagram: &[u8], from: SocketAddr) -> Option<&T> {
        let named = stun_name(datagram).and_then(|name| self.by_name.get(name).copied());
        let known = self.by_address.get(&from).copied();
        let peer = named.or(known)?;
        if known != Some(peer) {
            self.by_address.insert(from, peer);
            let entry = self.peers.get_mut(&peer)?;
            entry.addresses.retain(|address| *address != from);
            entry.addresses.push_back(from);
            if entry.addresses.len() > MAX_ADDRESSES
                && let Some(old) = entry.addresses.pop_front()
                && self.by_address.get(&old) == Some(&peer)
            {
                self.by_address.remove(&old);
            }
        }
        self.peers.get(&peer).map(|entry| &entry.inbox)
    }
}

/// The part of a STUN binding request's `USERNAME` before the colon (RFC 8489, 5 and 14.3).
pub(super) fn stun_name(datagram: &[u8]) -> Option<&str> {
    let (head, mut rest) = datagram.split_first_chunk::<20>()?;
    if head[..2] != [0, 1] || head[4..8] != [0x21, 0x12, 0xa4, 0x42] {
        return None;
    }
    while let Some((attribute, after)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([attribute[2], attribute[3]]));
        let value = after.get(..length)?;
        if attribute[..2] == [0, 6] {
            return std::str::from_utf8(value).ok()?.split(':').next();
        }
        rest = after.get(length.next_multiple_of(4)..)?;
    }
    None
}

/// For [`crate::fuzz`]: a datagram of a stranger at the tables; whether it got past them.
pub(crate) fn knock(datagram: &[u8]) -> bool {
    let mut routes = Routes::default();
    routes.add(1, ());
    routes.name(1, "name");
    routes.route(datagram, SocketAddr::from(([192, 0, 2, 1], 1))).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(name: &str) -> Vec<u8> {
        let mut datagram = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        datagram.extend([7; 12]);
        datagram.extend([0x80, 0x22, 0, 3, b'a', b'b', b'c', 0]); // SOFTWARE, padded
        datagram.extend([0, 6]);
        datagram.extend(u16::try_from(name.len()).expect("short").to_be_bytes());
        datagram.extend(name.as_bytes());
        datagram.resize(datagram.len().next_multiple_of(4), 0);
        datagram
    }

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn two() -> Routes<&'static str> {
        let mut routes = Routes::default();
        routes.add(1, "one");
        routes.add(2, "two");
        routes.name(1, "oneA");
        routes.name(2, "twoA");
        routes
    }

    #[test]
    fn a_request_opens_the_way_for_its_address() {
        let mut routes = two();
        assert_eq!(routes.route(&[22, 1, 2], at(1)), None, "a stranger");
        assert_eq!(routes.route(&request("nobody:x"), at(1)), None);
        assert_eq!(routes.route(&request("twoA:x"), at(1)), Some(&"two"));
        assert_eq!(routes.route(&[22, 1, 2], at(1)), Some(&"two"));
        assert_eq!(
            routes.route(&request("oneA:x"), at(1)),
            Some(&"one"),
            "a new session from the old address"
        );
        assert_eq!(routes.route(&[22, 1, 2], at(1)), Some(&"one"));
    }

    #[test]
    fn a_restart_has_two_names_and_the_third_forgets_the_first() {
        let mut routes = two();
        routes.name(1, "oneB");
        assert!(routes.route(&request("oneA:x"), at(1)).is_some());
        routes.name(1, "oneC");
        assert!(routes.route(&request("oneA:x"), at(9)).is_none());
        assert!(routes.route(&request("oneB:x"), at(9)).is_some());
    }

    #[test]
    fn a_removed_peer_leaves_nothing_and_addresses_are_bounded() {
        let mut routes = two();
        for port in 0..100 {
            routes.route(&request("oneA:x"), at(port));
        }
        assert_eq!(routes.by_address.len(), MAX_ADDRESSES);
        assert_eq!(routes.route(&[22], at(0)), None);
        routes.route(&request("twoA:x"), at(99));
        routes.remove(1);
        assert_eq!((routes.peers.len(), routes.by_name.len(), routes.by_address.len()), (1, 1, 1));
        assert_eq!(routes.route(&[22], at(99)), Some(&"two"));
    }

    proptest! {
        #[test]
        fn garbage_of_strangers_goes_nowhere(bytes in proptest::collection::vec(any::<u8>(), 0..200), stun in any::<bool>()) {
            let mut routes = two();
            let mut datagram = if stun { vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42] } else { Vec::new() };
            datagram.extend(bytes);
            prop_assert_eq!(routes.route(&datagram, at(5)), None);
            prop_assert!(routes.by_address.is_empty());
        }
    }
}
