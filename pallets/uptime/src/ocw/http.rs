//! The probe engine: many probes in flight at once, none of which can hold up another.
//!
//! What it relies on in the host (`sc-offchain`), beyond the documentation of the host functions:
//!
//! * every run of the off-chain worker has its own set of requests, which dies with the run: connections that are still open
//!   are closed then. There is no way to cancel a single request earlier, so one that is given up keeps its socket, and at most
//!   a few chunks of body that nobody reads, until the run ends;
//! * `http_response_wait` waits until *all* its requests have headers, or for its deadline; hence the short deadlines;
//! * a deadline in the past makes waiting and reading return at once with what is there; reading never waits for a full buffer;
//! * redirects are a status like any other;
//! * request ids are 16 bits wide and start anywhere below 2,000, which bounds the probes of one run ([`MAX_PROBES`]);
//! * time is the wall clock in whole milliseconds, and may jump.
//!
//! **Round-trip times** span everything from before the connection is opened to the last byte of the answer: the status line
//! alone proves nothing. A measured time is never shorter than the true one (but for the clock's resolution of 1 ms). It is
//! longer by at most one turn of the engine, in which it waits [`POLL_MS`], starts [`STARTS_PER_TURN`] probes and verifies
//! [`VERIFICATIONS_PER_TURN`] answers, together about 5 ms on an idle core, plus whatever the machine's load adds.

use alloc::{string::String, vec::Vec};
use codec::{DecodeAll, Encode};
use polkadot_sdk::{
    sp_core::offchain::{HttpError, HttpRequestId, HttpRequestStatus, Timestamp},
    sp_io::offchain,
};
use vouch_primitives::{
    evidence::Evidence,
    probe::{Challenge, ProbeResponse, MAX_RESPONSE_BYTES, PROBE_CONTENT_TYPE, PROBE_PATH},
    Endpoint, Lane,
};

/// How long a device has to answer, connection included, in milliseconds.
pub const PROBE_MS: u64 = 2_500;

/// How long one run may probe, in milliseconds: well below a block's time, so that runs do not pile up. Probes are started only
/// as long as they can have their full [`PROBE_MS`].
pub const RUN_MS: u64 = 4_500;

/// Most probes started in one run: fewer than the host has request ids.
pub const MAX_PROBES: usize = 50_000;

/// Most probes in flight that are younger than [`YOUNG_MS`].
const WINDOW: usize = 256;

/// A probe that has gone unanswered for so long, in milliseconds, no longer takes up a place in the window: devices that hang
/// slow the others down by a fraction of their own time only.
const YOUNG_MS: u64 = 300;

/// Most probes in flight of any age. Each takes a file descriptor.
const MAX_FLIGHTS: usize = 2_048;

/// How long one turn may wait for answers, in milliseconds.
const POLL_MS: u64 = 2;

/// Most probes started in one turn.
const STARTS_PER_TURN: usize = 16;

/// Most answers verified in one turn.
const VERIFICATIONS_PER_TURN: usize = 8;

/// With so many answers still to be verified, no further probes are started.
const MAX_UNVERIFIED: usize = 512;

/// One byte more than any answer has, so that a longer one is seen to be longer and read no further.
const BUFFER_BYTES: usize = MAX_RESPONSE_BYTES + 1;

/// The headers of every probe. A connection of its own for each: the host would otherwise keep one open per device. With the
/// length given, the body is not sent in chunks, which some small servers do not understand.
const HEADERS: [(&str, &str); 3] =
    [("Content-Type", PROBE_CONTENT_TYPE), ("Content-Length", "164"), ("Connection", "close")];

/// What the engine needs of the outside world. Times are milliseconds of the Unix epoch.
pub trait Http {
    /// Identifies a request.
    type Request: Copy;

    /// The time.
    fn now(&mut self) -> u64;

    /// Starts posting `body` to `url`; `None` if that fails at once.
    fn post(&mut self, url: &str, body: &[u8]) -> Option<Self::Request>;

    /// Waits until every request has a status or has failed, but not beyond `until`. One answer per request, in order.
    fn wait(&mut self, requests: &[Self::Request], until: u64) -> Vec<Head>;

    /// Moves what has arrived of the response's body into `buffer`, without waiting for more.
    fn read(&mut self, request: Self::Request, buffer: &mut [u8]) -> Chunk;
}

/// What is known of a response's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// Nothing yet.
    Pending,
    /// The status.
    Status(u16),
    /// There will be none.
    Failed,
}

/// What came of reading a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Nothing is there yet.
    Pending,
    /// So many bytes, at least one.
    Bytes(usize),
    /// The body is over.
    End,
    /// The body broke off.
    Failed,
}

/// The host's HTTP client.
pub struct Host;

impl Http for Host {
    type Request = HttpRequestId;

    fn now(&mut self) -> u64 {
        offchain::timestamp().unix_millis()
    }

    fn post(&mut self, url: &str, body: &[u8]) -> Option<HttpRequestId> {
        let request = offchain::http_request_start("POST", url, &[]).ok()?;
        for (name, value) in HEADERS {
            offchain::http_request_add_header(request, name, value).ok()?;
        }
        offchain::http_request_write_body(request, body, at_once()).ok()?;
        Some(request)
    }

    fn wait(&mut self, requests: &[HttpRequestId], until: u64) -> Vec<Head> {
        let until = Timestamp::from_unix_millis(until);
        if requests.is_empty() {
            // The host would return at once.
            offchain::sleep_until(until);
            return Vec::new();
        }
        offchain::http_response_wait(requests, Some(until))
            .into_iter()
            .map(|status| match status {
                HttpRequestStatus::DeadlineReached => Head::Pending,
                HttpRequestStatus::Finished(status) => Head::Status(status),
                HttpRequestStatus::IoError | HttpRequestStatus::Invalid => Head::Failed,
            })
            .collect()
    }

    fn read(&mut self, request: HttpRequestId, buffer: &mut [u8]) -> Chunk {
        match offchain::http_response_read_body(request, buffer, at_once()) {
            Ok(0) => Chunk::End,
            Ok(bytes) => Chunk::Bytes(bytes as usize),
            Err(HttpError::DeadlineReached) => Chunk::Pending,
            Err(_) => Chunk::Failed,
        }
    }
}

/// A deadline that has always passed.
fn at_once() -> Option<Timestamp> {
    Some(Timestamp::from_unix_millis(0))
}

/// One probe to be made.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Which of the caller's records the verdict belongs to.
    pub seat: usize,
    /// The lane probed.
    pub lane: Lane,
    /// Where the device is said to answer.
    pub endpoint: Endpoint,
    /// What it is asked.
    pub challenge: Challenge,
}

/// Why a probe counts as unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection, or it broke.
    Unreachable,
    /// No complete answer in time.
    TimedOut,
    /// A status other than 200.
    Status(u16),
    /// More bytes than any answer has.
    TooLong,
    /// Not the encoding of an answer.
    Malformed,
    /// Not signed by this device for this challenge.
    WrongSignature,
}

/// How one probe went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// [`Probe::seat`].
    pub seat: usize,
    /// The lane probed.
    pub lane: Lane,
    /// The evidence, verified, or why there is none.
    pub outcome: Result<Evidence, Failure>,
}

/// A probe on its way.
struct Flight<R> {
    probe: Probe,
    request: R,
    started: u64,
    /// Whether the status has come and was 200.
    answering: bool,
    body: [u8; BUFFER_BYTES],
    length: usize,
    /// When the last byte so far came.
    seen: u64,
}

/// A complete body, not yet looked at.
struct Answer {
    probe: Probe,
    rtt_ms: u32,
    body: Vec<u8>,
}

/// Works through a list of probes; see [`Engine::turn`].
pub struct Engine<'a, H: Http> {
    http: &'a mut H,
    /// Still to be started, the next one last.
    waiting: Vec<Probe>,
    flights: Vec<Flight<H::Request>>,
    answers: Vec<Answer>,
    /// The last time anything may be started.
    last_start: u64,
    /// The latest time seen.
    clock: u64,
}

impl<'a, H: Http> Engine<'a, H> {
    /// An engine that will make `probes`, in this order, in a run that began at `began`. Probes it finds no time for get no
    /// verdict.
    pub fn new(http: &'a mut H, began: u64, mut probes: Vec<Probe>) -> Self {
        probes.truncate(MAX_PROBES);
        probes.reverse();
        let last_start = began.saturating_add(RUN_MS - PROBE_MS);
        Self { http, waiting: probes, flights: Vec::new(), answers: Vec::new(), last_start, clock: began }
    }

    /// The time at the last turn.
    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// Goes on for a few milliseconds and returns the verdicts reached meanwhile; `None` once there is nothing left to wait
    /// for. A clock that jumps back ends the run, for no deadline would hold any more; what is in flight gets no verdict.
    pub fn turn(&mut self) -> Option<Vec<Verdict>> {
        let now = self.http.now();
        if now < self.clock || (self.flights.is_empty() && self.answers.is_empty() && !self.may_start(now)) {
            return None;
        }
        self.clock = now;
        let mut verdicts = Vec::new();
        self.start(&mut verdicts);
        self.poll(&mut verdicts);
        self.verify(&mut verdicts);
        Some(verdicts)
    }

    fn may_start(&self, now: u64) -> bool {
        !self.waiting.is_empty() && now <= self.last_start
    }

    fn start(&mut self, verdicts: &mut Vec<Verdict>) {
        if !self.may_start(self.clock) || self.answers.len() >= MAX_UNVERIFIED {
            return;
        }
        let young = self.flights.iter().filter(|flight| self.clock.saturating_sub(flight.started) < YOUNG_MS).count();
        let room = WINDOW.saturating_sub(young).min(MAX_FLIGHTS.saturating_sub(self.flights.len()));
        for _ in 0..room.min(STARTS_PER_TURN) {
            let Some(probe) = self.waiting.pop() else { break };
            let started = self.http.now();
            let url: String = probe.endpoint.url(PROBE_PATH);
            match self.http.post(&url, &probe.challenge.encode()) {
                Some(request) => self.flights.push(Flight {
                    probe,
                    request,
                    started,
                    answering: false,
                    body: [0; BUFFER_BYTES],
                    length: 0,
                    seen: started,
                }),
                None => verdicts.push(probe.failed(Failure::Unreachable)),
            }
        }
    }

    fn poll(&mut self, verdicts: &mut Vec<Verdict>) {
        let busy = !self.answers.is_empty() || (self.may_start(self.clock) && self.flights.len() < WINDOW);
        let until = if busy { 0 } else { self.clock.saturating_add(POLL_MS) };
        let requests: Vec<_> =
            self.flights.iter().filter(|flight| !flight.answering).map(|flight| flight.request).collect();
        let mut heads = if self.flights.is_empty() { Vec::new() } else { self.http.wait(&requests, until) }.into_iter();
        let now = self.http.now();

        for mut flight in core::mem::take(&mut self.flights) {
            let head = if flight.answering { Head::Status(200) } else { heads.next().unwrap_or(Head::Failed) };
            let state = match head {
                Head::Pending => Ok(false),
                Head::Failed => Err(Failure::Unreachable),
                Head::Status(200) => {
                    flight.answering = true;
                    flight.read(self.http)
                },
                Head::Status(status) => Err(Failure::Status(status)),
            };
            match state {
                Ok(true) => self.answers.push(flight.answer()),
                Ok(false) if now.saturating_sub(flight.started) < PROBE_MS => self.flights.push(flight),
                Ok(false) => verdicts.push(flight.probe.failed(Failure::TimedOut)),
                Err(failure) => verdicts.push(flight.probe.failed(failure)),
            }
        }
    }

    fn verify(&mut self, verdicts: &mut Vec<Verdict>) {
        let some = self.answers.len().saturating_sub(VERIFICATIONS_PER_TURN);
        verdicts.extend(self.answers.drain(some..).map(Answer::verdict));
    }
}

impl Probe {
    fn failed(&self, failure: Failure) -> Verdict {
        Verdict { seat: self.seat, lane: self.lane, outcome: Err(failure) }
    }
}

impl<R: Copy> Flight<R> {
    /// Reads what is there; `true` if the body is complete.
    fn read<H: Http<Request = R>>(&mut self, http: &mut H) -> Result<bool, Failure> {
        loop {
            match http.read(self.request, &mut self.body[self.length..]) {
                Chunk::Pending => return Ok(false),
                Chunk::Failed => return Err(Failure::Unreachable),
                Chunk::End => return Ok(true),
                Chunk::Bytes(bytes) => {
                    self.length = self.length.saturating_add(bytes);
                    self.seen = http.now();
                    if self.length > MAX_RESPONSE_BYTES {
                        return Err(Failure::TooLong);
                    }
                },
            }
        }
    }

    fn answer(self) -> Answer {
        let rtt_ms = self.seen.saturating_sub(self.started).try_into().unwrap_or(u32::MAX);
        Answer { probe: self.probe, rtt_ms, body: self.body[..self.length].to_vec() }
    }
}

impl Answer {
    fn verdict(self) -> Verdict {
        let Self { probe, rtt_ms, body } = self;
        let outcome = match ProbeResponse::decode_all(&mut body.as_slice()) {
            Err(_) => Err(Failure::Malformed),
            Ok(response) if !probe.challenge.is_answered_by(&response) => Err(Failure::WrongSignature),
            Ok(response) => {
                Ok(Evidence { device: probe.challenge.device, nonce: probe.challenge.nonce, rtt_ms, response })
            },
        };
        Verdict { seat: probe.seat, lane: probe.lane, outcome }
    }
}

#[cfg(test)]
mod tests;
