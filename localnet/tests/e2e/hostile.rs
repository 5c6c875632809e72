//! A cohort of which three in ten devices do whatever they can to spoil the report.

use crate::{
    alone_on,
    swarm::{register, up_in, CHANCES},
};
use anyhow::{bail, ensure, Context};
use codec::{DecodeAll, Encode};
use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use vouch_device::{
    agent::{Agent, Limits},
    chain::Registration,
    keys::DeviceKey,
    server::{connections_for, Server},
    swarm::Swarm,
};
use vouch_localnet::{devices::account, ports, Localnet};
use vouch_primitives::{
    probe::{Challenge, PROBE_PATH},
    Bitmap, DeviceId, Endpoint, Lane,
};

const DEVICES: usize = 1_000;
const LABEL: &str = "hostile";
const TEN_MEGABYTES: usize = 10 * 1024 * 1024;

/// What a device does with a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Manner {
    /// Answers as it should.
    Honest,
    /// Nobody listens.
    Refuse,
    /// Accepts the connection and says nothing.
    Hang,
    /// Sends a right answer, a byte a second.
    Drip,
    /// Sends something that is not HTTP.
    Garbage,
    /// Sends headers without end.
    Headers,
    /// Sends ten megabytes.
    Flood,
    /// Sends the prober to a device that would answer.
    Redirect,
    /// Signs with another key.
    Forge,
    /// Signs another challenge than the one it got.
    Replay,
    /// Answers with an empty body.
    Empty,
}

const HOSTILE: [Manner; 10] = [
    Manner::Refuse,
    Manner::Hang,
    Manner::Drip,
    Manner::Garbage,
    Manner::Headers,
    Manner::Flood,
    Manner::Redirect,
    Manner::Forge,
    Manner::Replay,
    Manner::Empty,
];

/// What device `n` does: three in ten are hostile, all manners mixed through the cohort.
fn manner(n: usize) -> Manner {
    if n % 10 < 3 {
        HOSTILE[(n / 10 * 3 + n % 10) % HOSTILE.len()]
    } else {
        Manner::Honest
    }
}

/// An address of its own for every device; all of them are this machine.
fn ip(n: usize) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 1)) + n as u32)
}

#[test]
fn report_is_right_and_in_time_whatever_three_in_ten_devices_do() {
    alone_on(Localnet::builder(), async |net| {
        let owner = account("//Alice")?;
        let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        // The honest server has every key, so that a prober that followed a redirect would be taken in.
        let all = (0..DEVICES).map(|n| Swarm::key(LABEL, n)).collect();
        let agent = Arc::new(Agent::new(net.genesis(), all, Limits::default())?);
        let server = Server::start(agent, everywhere, connections_for(DEVICES)).await?;

        let mut listeners = JoinSet::new();
        let mut ports = HashMap::from([(Manner::Honest, server.address().port()), (Manner::Refuse, ports::free()?)]);
        let keys: Arc<HashMap<DeviceId, DeviceKey>> =
            Arc::new((0..DEVICES).map(|n| Swarm::key(LABEL, n)).map(|key| (key.id().clone(), key)).collect());
        for manner in HOSTILE.into_iter().filter(|manner| *manner != Manner::Refuse) {
            let listener = TcpListener::bind(everywhere).await?;
            ports.insert(manner, listener.local_addr()?.port());
            listeners.spawn(listen(listener, manner, server.address().port(), keys.clone()));
        }

        let registrations: Vec<_> = (0..DEVICES)
            .map(|n| {
                let endpoint = Endpoint::V4 { ip: ip(n).octets(), port: ports[&manner(n)] };
                Registration::new(&Swarm::key(LABEL, n), net.genesis(), &owner, 0, 0, Some(endpoint), None)
            })
            .collect();
        register(net, &registrations).await?;
        let honest: Bitmap = (0..DEVICES).filter(|n| manner(*n) == Manner::Honest).map(|n| n as Lane).collect();

        let first_full = net.client().network().await?.round + 1;
        for round in first_full..first_full + CHANCES {
            // Covered means that the report came before the round was over.
            let Some(up) = up_in(net.nodes[0].rpc(), round).await? else { continue };
            println!("round {round}: {} of {} honest devices up", up.and(&honest).count(), honest.count());
            let wrong: Vec<_> = up.without(&honest).lanes().map(|lane| manner(lane.into())).collect();
            ensure!(wrong.is_empty(), "hostile devices passed as up: {wrong:?}");
            if up.count() * 100 >= honest.count() * 99 {
                listeners.shutdown().await;
                return Ok(server.stop().await?);
            }
        }
        bail!(
            "in none of {CHANCES} rounds were 99 % of the honest devices up; their agent counts {:?}",
            server.agent().counts()
        )
    });
}

/// Treats everyone who connects in one manner.
async fn listen(listener: TcpListener, manner: Manner, honest: u16, keys: Arc<HashMap<DeviceId, DeviceKey>>) {
    let mut guests = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let keys = keys.clone();
            // A guest who leaves is no failure.
            guests.spawn(async move { drop(treat(stream, manner, honest, &keys).await) });
        }
        while guests.try_join_next().is_some() {}
    }
}

async fn treat(
    mut stream: TcpStream,
    manner: Manner,
    honest: u16,
    keys: &HashMap<DeviceId, DeviceKey>,
) -> anyhow::Result<()> {
    let challenge = read_challenge(&mut stream).await?;
    let head = |length: usize| {
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n").into_bytes()
    };
    let whole = |body: Vec<u8>| [head(body.len()), body].concat();
    let key = &keys[&challenge.device];
    match manner {
        Manner::Honest | Manner::Refuse => unreachable!("nobody listens here for these"),
        Manner::Hang => tokio::time::sleep(Duration::from_secs(3_600)).await,
        Manner::Drip => {
            for byte in whole(key.answer(&challenge).encode()) {
                stream.write_all(&[byte]).await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        },
        Manner::Garbage => stream.write_all(&[0xff, 0x00, 0x16, 0x03].repeat(100)).await?,
        Manner::Headers => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                stream.write_all(b"x-and-another: header that leads nowhere\r\n").await?;
            }
        },
        Manner::Flood => {
            stream.write_all(&head(TEN_MEGABYTES)).await?;
            // Begins with the right answer.
            stream.write_all(&key.answer(&challenge).encode()).await?;
            for _ in 0..TEN_MEGABYTES / 65_536 {
                stream.write_all(&[0; 65_536]).await?;
            }
        },
        Manner::Redirect => {
            let to = format!(
                "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{honest}{PROBE_PATH}\r\n\
                 connection: close\r\ncontent-length: 0\r\n\r\n"
            );
            stream.write_all(to.as_bytes()).await?;
        },
        Manner::Forge => {
            let other = Swarm::key("another swarm", 0);
            stream.write_all(&whole(other.answer(&challenge).encode())).await?;
        },
        Manner::Replay => {
            let old = Challenge { nonce: [0; 32], ..challenge.clone() };
            stream.write_all(&whole(key.answer(&old).encode())).await?;
        },
        Manner::Empty => stream.write_all(&head(0)).await?,
    }
    Ok(())
}

/// Reads a request and the challenge in it.
async fn read_challenge(stream: &mut TcpStream) -> anyhow::Result<Challenge> {
    let mut request = Vec::new();
    loop {
        let head = request.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
        if let Some(challenge) = head.and_then(|head| Challenge::decode_all(&mut &request[head..]).ok()) {
            return Ok(challenge);
        }
        ensure!(request.len() < 4_096, "no challenge in so long a request");
        ensure!(stream.read_buf(&mut request).await.context("the prober is gone")? > 0, "the prober is gone");
    }
}
