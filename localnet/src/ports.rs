//! Free ports for processes that keep theirs over a restart.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    ops::Range,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// Below the range from which the kernel takes ports of outgoing connections: a prober opens thousands of those, and none may
/// land on the port of a process that is just being restarted.
const RANGE: Range<u16> = 20_000..32_000;

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// A TCP port on which nobody listens, and which this process has not given out before.
pub fn free() -> io::Result<u16> {
    let width = u32::from(RANGE.end - RANGE.start);
    // Harnesses that run side by side begin in different places.
    let first = process::id().wrapping_mul(97);
    for _ in 0..width {
        let offset = first.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % width;
        let port = RANGE.start + u16::try_from(offset).expect("is below the width of a range of u16; qed");
        let listens = |address: io::Result<TcpListener>| match address {
            Err(error) => error.kind() == io::ErrorKind::AddrInUse,
            Ok(_) => false,
        };
        if !listens(TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)))
            && !listens(TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)))
        {
            return Ok(port);
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrNotAvailable, format!("no free port in {RANGE:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::until;
    use futures::future::join_all;
    use std::time::Duration;

    /// Listens on `port`. For a moment a process that another test spawns holds a copy of what tried it.
    async fn listen(port: u16) -> TcpListener {
        let bind = async || Ok(Some(TcpListener::bind((Ipv4Addr::LOCALHOST, port))?));
        until(&format!("port {port}"), Duration::from_secs(60), bind).await.unwrap()
    }

    #[tokio::test]
    async fn ports_are_free_and_given_out_once() {
        let mut ports: Vec<_> = (0..50).map(|_| free().unwrap()).collect();
        let listeners = join_all(ports.iter().map(|port| listen(*port))).await;
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), listeners.len());
    }
}
