//! A scripted network of devices in virtual time, for tests of the prober.

use super::http::{Chunk, Head, Http};
use codec::{Decode, Encode};
use polkadot_sdk::sp_core::{ed25519, Pair};
use std::collections::BTreeMap;
use vouch_primitives::{
    probe::{Challenge, ProbeResponse, MAX_RESPONSE_BYTES},
    DeviceId, Endpoint,
};

/// What a device does when it is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// Answers correctly after so many milliseconds.
    Honest(u64),
    /// Sends the status at once and the answer, correct, after so many milliseconds.
    EarlyHead(u64),
    /// Its answer comes one byte at a time, one every so many milliseconds.
    Drip(u64),
    /// Cannot even be asked.
    Unaskable,
    /// Refuses the connection.
    Refuse,
    /// Takes the connection and says nothing.
    Hang,
    /// Sends the status and nothing else.
    HangInBody,
    /// Breaks off in the middle of a correct answer.
    BreakOff,
    /// Answers correctly, with another status.
    Status(u16),
    /// Answers with status 404 after so many milliseconds.
    Lost(u64),
    /// Sends bytes that mean nothing.
    Garbage,
    /// Sends nothing, properly.
    Empty,
    /// Sends ten megabytes.
    Huge,
    /// Sends a correct answer and one byte more.
    Trailing,
    /// Answers with another device's signature.
    Impostor,
    /// Answers with its own signature for another nonce.
    Replay,
}

/// Ten megabytes, as sent by [`Device::Huge`].
const HUGE: usize = 10 << 20;

/// What one post, and one look at the clock, take, in microseconds.
const POST_US: u64 = 40;

struct Request {
    device: Device,
    posted: u64,
    signer: ed25519::Pair,
    signed: Challenge,
    /// The body, once somebody reads it.
    body: Option<Vec<u8>>,
    read: usize,
}

impl Request {
    /// When the head is there, and what it is.
    fn head(&self) -> (u64, Head) {
        match self.device {
            Device::Honest(delay) => (self.posted + delay, Head::Status(200)),
            Device::Refuse => (self.posted + 1, Head::Failed),
            Device::Hang | Device::Unaskable => (u64::MAX, Head::Pending),
            Device::Status(status) => (self.posted + 3, Head::Status(status)),
            Device::Lost(delay) => (self.posted + delay, Head::Status(404)),
            _ => (self.posted + 3, Head::Status(200)),
        }
    }

    fn body(&mut self) -> &[u8] {
        self.body.get_or_insert_with(|| {
            let mut body = ProbeResponse { signature: self.signer.sign(&self.signed.payload()).into() }.encode();
            match self.device {
                Device::Garbage => body[0] = 0xff,
                Device::Empty => body.clear(),
                Device::Trailing => body.push(0),
                _ => {},
            }
            body
        })
    }

    /// Bytes of the body that are there at `now`, and what comes after them.
    fn arrived(&mut self, now: u64) -> (usize, Chunk) {
        let all = self.body().len();
        let age = now.saturating_sub(self.posted);
        match self.device {
            Device::EarlyHead(delay) if age < delay => (0, Chunk::Pending),
            Device::HangInBody => (0, Chunk::Pending),
            Device::BreakOff => (all / 2, Chunk::Failed),
            Device::Drip(every) if age / every < all as u64 => ((age / every) as usize, Chunk::Pending),
            Device::Huge => (HUGE, Chunk::End),
            _ => (all, Chunk::End),
        }
    }
}

/// The network, and what was seen of the prober.
pub struct Network {
    devices: BTreeMap<u16, (Device, ed25519::Pair)>,
    requests: Vec<Request>,
    clock_us: u64,
    /// Everything posted: port and challenge.
    pub posted: Vec<(u16, Challenge)>,
    /// Most requests waited for at once.
    pub peak: usize,
    /// Most bytes read of one body.
    pub longest_read: usize,
    /// Calls of [`Http::wait`].
    pub waits: usize,
    /// The prober's process is killed at this time, in milliseconds.
    pub killed_at: u64,
    /// At this time, in milliseconds, the clock jumps back by an hour.
    pub jumps_at: u64,
}

impl Network {
    /// A network of `devices` at ports from 1 on, at time `now` in milliseconds.
    pub fn new(now: u64, devices: &[Device]) -> Self {
        let devices = (1..).zip(devices).map(|(port, device)| (port, (*device, pair(port)))).collect();
        Self {
            devices,
            requests: Vec::new(),
            clock_us: now * 1_000,
            posted: Vec::new(),
            peak: 0,
            longest_read: 0,
            waits: 0,
            killed_at: u64::MAX,
            jumps_at: u64::MAX,
        }
    }

    /// Changes what the device at `port` does.
    pub fn turn_into(&mut self, port: u16, device: Device) {
        if let Some((was, _)) = self.devices.get_mut(&port) {
            *was = device;
        }
    }

    /// Lets time pass until `now`, in milliseconds.
    pub fn pass_until(&mut self, now: u64) {
        self.clock_us = self.clock_us.max(now * 1_000);
    }

    /// The time in milliseconds.
    pub fn time(&self) -> u64 {
        self.clock_us / 1_000
    }
}

/// The key of the device at `port`.
pub fn pair(port: u16) -> ed25519::Pair {
    let mut seed = [7; 32];
    seed[..2].copy_from_slice(&port.to_le_bytes());
    ed25519::Pair::from_seed(&seed)
}

/// The id of the device at `port`.
pub fn id(port: u16) -> DeviceId {
    DeviceId::new(pair(port).public().0)
}

/// Where the device at `port` answers, like all others.
pub fn endpoint(port: u16) -> Endpoint {
    endpoint_in(0, port)
}

/// Where the device at `port` answers as well, at an address whose prefix is the `prefix`-th.
pub fn endpoint_in(prefix: u16, port: u16) -> Endpoint {
    let [high, low] = prefix.to_be_bytes();
    Endpoint::V4 { ip: [127, high, low, 1], port }
}

impl Http for Network {
    type Request = usize;

    fn now(&mut self) -> u64 {
        assert!(self.time() < self.killed_at, "killed by the test");
        if self.time() >= self.jumps_at {
            self.jumps_at = u64::MAX;
            self.clock_us -= 3_600_000_000;
        }
        self.time()
    }

    fn post(&mut self, url: &str, body: &[u8]) -> Option<usize> {
        self.clock_us += POST_US;
        let (_, port) = url.strip_prefix("http://127.")?.strip_suffix("/vouch/v1/probe")?.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let challenge = Challenge::decode(&mut &body[..]).ok()?;
        self.posted.push((port, challenge.clone()));
        let (device, pair) = self.devices.get(&port)?;
        let signed = match device {
            Device::Unaskable => return None,
            Device::Replay => Challenge { nonce: [0; 32], ..challenge },
            _ => challenge,
        };
        let signer = if *device == Device::Impostor { self::pair(0) } else { *pair };
        let request = Request { device: *device, posted: self.clock_us / 1_000, signer, signed, body: None, read: 0 };
        self.requests.push(request);
        Some(self.requests.len() - 1)
    }

    fn wait(&mut self, requests: &[usize], until: u64) -> Vec<Head> {
        self.waits += 1;
        self.peak = self.peak.max(requests.len());
        let all = requests.iter().map(|request| self.requests[*request].head().0).max().unwrap_or(u64::MAX);
        self.pass_until(all.min(until));
        let now = self.time();
        requests
            .iter()
            .map(|request| self.requests[*request].head())
            .map(|(at, head)| if at <= now { head } else { Head::Pending })
            .collect()
    }

    fn read(&mut self, request: usize, buffer: &mut [u8]) -> Chunk {
        let now = self.time();
        let request = &mut self.requests[request];
        let (there, then) = request.arrived(now);
        let bytes = there.saturating_sub(request.read).min(buffer.len());
        if bytes == 0 {
            return then;
        }
        for byte in &mut buffer[..bytes] {
            let index = request.read;
            *byte = request.body().get(index).copied().unwrap_or(0);
            request.read += 1;
        }
        self.longest_read = self.longest_read.max(request.read);
        assert!(request.read <= MAX_RESPONSE_BYTES + 1);
        Chunk::Bytes(bytes)
    }
}
