//! What devices do to the prober, and what comes of it.

use super::*;
use crate::ocw::fake::{endpoint, id, Device, Network};
use polkadot_sdk::{
    sp_core::{
        offchain::{testing::TestOffchainExt, OffchainWorkerExt},
        sr25519, H256,
    },
    sp_io::TestExternalities,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use vouch_primitives::{probe::CHALLENGE_BYTES, prober::ProberId};

const NOW: u64 = 1_000_000;

fn prober() -> ProberId {
    sr25519::Public::from_raw([3; 32]).into()
}

fn probe(port: u16) -> Probe {
    let challenge = Challenge {
        genesis: H256::repeat_byte(1),
        round: 7,
        seed: H256::repeat_byte(2),
        prober: prober(),
        device: id(port),
        nonce: [port as u8; 32],
    };
    Probe { seat: 0, lane: port, endpoint: endpoint(port), challenge }
}

/// Probes all of `devices` in one run; outcomes by port.
fn run(network: &mut Network, devices: usize) -> BTreeMap<u16, Result<Evidence, Failure>> {
    let began = network.time();
    let mut engine = Engine::new(network, began, (1..=devices as u16).map(probe).collect());
    let mut outcomes = BTreeMap::new();
    let mut turns = 0;
    while let Some(verdicts) = engine.turn() {
        for Verdict { lane, outcome, .. } in verdicts {
            assert!(outcomes.insert(lane, outcome).is_none(), "lane {lane} was judged twice");
        }
        turns += 1;
        assert!(turns < 20_000);
    }
    assert!(network.time() <= began + RUN_MS + 10, "the run took {} ms", network.time() - began);
    for evidence in outcomes.values().flatten() {
        assert!(evidence.holds(H256::repeat_byte(1), 7, H256::repeat_byte(2), &prober()));
    }
    outcomes
}

fn failures(devices: &[Device]) -> Vec<Option<Failure>> {
    let outcomes = run(&mut Network::new(NOW, devices), devices.len());
    outcomes.into_values().map(|outcome| outcome.err()).collect()
}

#[test]
fn each_kind_of_failure_is_told_apart() {
    use Device::*;
    assert_eq!(
        failures(&[
            Honest(20),
            EarlyHead(20),
            Drip(1),
            Unaskable,
            Refuse,
            Hang,
            HangInBody,
            BreakOff,
            Garbage,
            Empty,
            Huge,
            Trailing,
            Impostor,
            Replay,
            Drip(1_000),
        ]),
        [
            None,
            None,
            None,
            Some(Failure::Unreachable),
            Some(Failure::Unreachable),
            Some(Failure::TimedOut),
            Some(Failure::TimedOut),
            Some(Failure::Unreachable),
            Some(Failure::Malformed),
            Some(Failure::Malformed),
            Some(Failure::TooLong),
            Some(Failure::Malformed),
            Some(Failure::WrongSignature),
            Some(Failure::WrongSignature),
            Some(Failure::TimedOut),
        ]
    );
}

#[test]
fn redirects_and_errors_are_not_followed_even_with_a_good_answer_inside() {
    let statuses = [201, 204, 301, 302, 303, 307, 308, 400, 404, 409, 429, 500];
    let devices: Vec<_> = statuses.map(Device::Status).into();
    let mut network = Network::new(NOW, &devices);
    let outcomes = run(&mut network, devices.len());
    let expected: Vec<_> = statuses.iter().map(|status| Err(Failure::Status(*status))).collect();
    assert_eq!(outcomes.into_values().collect::<Vec<_>>(), expected);
    assert_eq!(network.posted.len(), devices.len());
}

#[test]
fn ten_megabytes_are_not_read() {
    let mut network = Network::new(NOW, &[Device::Huge]);
    run(&mut network, 1);
    assert_eq!(network.longest_read, MAX_RESPONSE_BYTES + 1);
}

#[test]
fn round_trip_time_is_never_short_and_within_a_turn_of_the_truth() {
    let devices: Vec<_> = (0..300).map(|n| Device::Honest(n % 200)).collect();
    let mut network = Network::new(NOW, &devices);
    let outcomes = run(&mut network, devices.len());
    assert_eq!(outcomes.len(), 300);
    for (lane, outcome) in outcomes {
        let (truth, measured) = (u64::from(lane - 1) % 200, u64::from(outcome.unwrap().rtt_ms));
        assert!((truth..=truth + 5).contains(&measured), "{measured} ms measured of {truth} ms");
    }
}

#[test]
fn early_status_does_not_make_an_answer_fast() {
    let outcomes = run(&mut Network::new(NOW, &[Device::EarlyHead(700), Device::Drip(10)]), 2);
    let rtt = |lane: u16| outcomes[&lane].as_ref().unwrap().rtt_ms;
    assert!((700..=705).contains(&rtt(1)) && rtt(2) >= 640, "{} {}", rtt(1), rtt(2));
}

#[test]
fn hanging_third_of_a_cohort_delays_nobody() {
    use Device::*;
    let bad = [Refuse, Hang, HangInBody, Garbage, Huge, Impostor, Drip(1_000), Status(302), Replay, BreakOff];
    let devices: Vec<_> = (0..600).map(|n| if n % 10 < 3 { bad[n / 10 % bad.len()] } else { Honest(30) }).collect();
    let mut network = Network::new(NOW, &devices);
    let outcomes = run(&mut network, devices.len());
    assert_eq!(outcomes.len(), 600);
    for (lane, outcome) in &outcomes {
        assert_eq!(outcome.is_ok(), devices[usize::from(lane - 1)] == Honest(30), "lane {lane}: {outcome:?}");
        assert!(outcome.as_ref().is_ok_and(|evidence| evidence.rtt_ms <= 35) || outcome.is_err());
    }
    // All the others were asked in the first second or so: what is left of the time is waiting for those that hang.
    assert!(network.time() - NOW < PROBE_MS + 1_500, "{} ms", network.time() - NOW);
}

#[test]
fn cohort_that_hangs_as_a_whole_is_tried_in_one_run() {
    let mut network = Network::new(NOW, &[Device::Hang; 1_024]);
    let outcomes = run(&mut network, 1_024);
    assert_eq!(outcomes.len(), 1_024);
    assert!(outcomes.values().all(|outcome| *outcome == Err(Failure::TimedOut)));
}

#[test]
fn window_bounds_what_is_in_flight() {
    let mut network = Network::new(NOW, &[Device::Lost(250); 2_000]);
    let outcomes = run(&mut network, 2_000);
    assert!(network.peak <= WINDOW, "{}", network.peak);
    assert!(
        outcomes.len() >= 1_500 && outcomes.values().all(|outcome| *outcome == Err(Failure::Status(404))),
        "{}",
        outcomes.len()
    );
}

#[test]
fn every_probe_made_had_its_full_time() {
    let mut network = Network::new(NOW, &[Device::Lost(PROBE_MS - 10); 3_000]);
    let outcomes = run(&mut network, 3_000);
    // More than there is time for: those that were not asked get no verdict, and nobody is called down.
    assert_eq!(outcomes.len(), network.posted.len());
    assert!(outcomes.len() < 3_000 && outcomes.values().all(|outcome| *outcome == Err(Failure::Status(404))));
}

#[test]
fn clock_that_jumps_back_ends_the_run_without_verdicts() {
    let mut network = Network::new(NOW * 10, &[Device::Hang; 10]);
    network.jumps_at = NOW * 10 + 100;
    let mut engine = Engine::new(&mut network, NOW * 10, (1..=10).map(probe).collect());
    let mut turns = 0;
    while let Some(verdicts) = engine.turn() {
        assert!(verdicts.is_empty());
        turns += 1;
        assert!(turns < 200);
    }
}

#[test]
fn nothing_to_probe_takes_no_turn() {
    let mut network = Network::new(NOW, &[]);
    assert!(Engine::new(&mut network, NOW, Vec::new()).turn().is_none());
    assert_eq!(network.waits, 0);
}

#[test]
fn waiting_does_not_spin() {
    let mut network = Network::new(NOW, &[Device::Hang, Device::HangInBody]);
    run(&mut network, 2);
    assert!(network.waits as u64 <= PROBE_MS / POLL_MS + 10, "{}", network.waits);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn only_whoever_answers_correctly_in_time_is_up(
        devices in proptest::collection::vec(
            prop_oneof![
                (0u64..4_000).prop_map(Device::Honest),
                (0u64..4_000).prop_map(Device::EarlyHead),
                (1u64..100).prop_map(Device::Drip),
                (100u16..600).prop_map(Device::Status),
                prop_oneof![
                    Just(Device::Unaskable), Just(Device::Refuse), Just(Device::Hang), Just(Device::HangInBody),
                    Just(Device::BreakOff), Just(Device::Garbage), Just(Device::Empty), Just(Device::Huge),
                    Just(Device::Trailing), Just(Device::Impostor), Just(Device::Replay),
                ],
            ],
            1..120,
        )
    ) {
        let outcomes = run(&mut Network::new(NOW, &devices), devices.len());
        prop_assert_eq!(outcomes.len(), devices.len());
        for (lane, outcome) in outcomes {
            let device = devices[usize::from(lane - 1)];
            let takes = match device {
                Device::Honest(ms) | Device::EarlyHead(ms) => Some(ms),
                Device::Drip(every) => Some(every * 65),
                Device::Status(200) => Some(3),
                _ => None,
            };
            // Within a turn of the deadline either verdict is right.
            if takes.is_none_or(|takes| takes.abs_diff(PROBE_MS) > 10) {
                prop_assert_eq!(outcome.is_ok(), takes.is_some_and(|takes| takes < PROBE_MS), "{:?}: {:?}", device, outcome);
            }
        }
    }
}

#[test]
fn host_is_asked_for_a_fresh_connection_and_the_fixed_path() {
    let (offchain, state) = TestOffchainExt::new();
    let mut ext = TestExternalities::default();
    ext.register_extension(OffchainWorkerExt::new(offchain));
    ext.execute_with(|| {
        let body = probe(9).challenge.encode();
        let request = Host.post(&endpoint(9).url(PROBE_PATH), &body).unwrap();
        {
            let state = state.read();
            let sent = &state.requests[&request];
            assert_eq!((sent.method.as_str(), sent.uri.as_str()), ("POST", "http://127.0.0.1:9/vouch/v1/probe"));
            assert_eq!(sent.body, body);
            let headers: Vec<_> = sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(headers, HEADERS);
        }
        state.write().requests.get_mut(&request).unwrap().response = Some(vec![5; 70]);
        let mut buffer = [0; 64];
        assert_eq!(Host.wait(&[request], 0), [Head::Status(200)]);
        assert_eq!(Host.read(request, &mut buffer), Chunk::Bytes(64));
        assert_eq!(Host.read(request, &mut buffer), Chunk::Bytes(6));
        assert_eq!(Host.read(request, &mut buffer), Chunk::End);
        assert_eq!(Host.wait(&[request], 0), [Head::Failed]);
        assert_eq!(Host.read(request, &mut buffer), Chunk::Failed);
        assert!(Host.wait(&[], 7).is_empty());
        assert_eq!(Host.now(), 7);
    });
}

#[test]
fn declared_length_is_the_length_of_a_challenge() {
    assert_eq!(HEADERS[1], ("Content-Length", CHALLENGE_BYTES.to_string().as_str()));
}
