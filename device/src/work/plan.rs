//! Decides what to do next about a chunk. No sockets, no clock and no disk: what the chain and the store say comes in, one action
//! goes out. The same state always gives the same action, so whatever was lost on the way is done again at the next block.

use crate::chain::{Assignment, Network};
use polkadot_sdk::sp_core::H256;
use vouch_primitives::{
    work::{
        api::{Seat, Stage},
        result::ChunkResult,
    },
    DeviceId, RoundIndex,
};

/// Most blocks before the end of a chunk's last round in which nothing is computed any more, but declined: an answer takes a block,
/// and another one if the first is full.
const CLOSING: u32 = 3;

/// When it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The running round.
    pub round: RoundIndex,
    /// Whether it ends so soon that what is sent now is in time, and what is sent later may not be.
    pub is_closing: bool,
}

impl Now {
    /// The moment at which the block with this number is the best, and this is the network as of it.
    pub fn new(network: &Network, best: u32) -> Self {
        // Blocks of the round that are still to come, which the one after this is the first of.
        let end = network.round_start.saturating_add(network.round_length);
        let left = end.saturating_sub(best.saturating_add(1));
        // In short rounds less, so that there is a time in which to compute.
        let closing = CLOSING.min(network.round_length / 4).max(1);
        Self { round: network.round, is_closing: left <= closing }
    }
}

/// What is known of a chunk here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it was not begun, is being computed, or what it is computed from was not to be had so far.
    Nothing,
    /// It cannot be computed on this machine.
    Impossible,
    /// It was computed, and gave this.
    Computed(ChunkResult),
}

/// What to do about a chunk for one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Compute it, or go on with that.
    Compute,
    /// Answer with this fingerprint.
    Answer(H256),
    /// Reveal this: enough devices found the same.
    Reveal(ChunkResult),
    /// Show the digests of all tasks. Showing them again does no harm.
    Open,
    /// Give the seat back.
    Decline,
    /// Wait, or be done with it.
    Nothing,
}

/// What `device` is to do about the chunk of `assignment`, of which this is `known`, on the chain whose first block is `genesis`.
///
/// - While devices compute, it computes, and answers once it has a result. It declines what it cannot compute, and what it has not
///   computed when the last round for it is about to end.
/// - It reveals its own result, and only if as many fingerprints as settle the chunk are of it.
/// - It opens what it has answered with, and nothing else.
/// - It does nothing for a seat that it does not hold.
pub fn next(genesis: H256, device: &DeviceId, assignment: &Assignment, known: Known, now: Now) -> Action {
    let state = &assignment.state;
    let Some(seat) = state.seats.iter().find(|seat| seat.device == *device) else { return Action::Nothing };
    let matches = |result: &ChunkResult, seat: &Seat| {
        seat.fingerprint == Some(result.fingerprint(genesis, assignment.job, assignment.chunk, &seat.device))
    };
    match (state.stage, known) {
        (Stage::Computing, _) if seat.fingerprint.is_some() || now.round > state.due => Action::Nothing,
        (Stage::Computing, Known::Computed(result)) => {
            Action::Answer(result.fingerprint(genesis, assignment.job, assignment.chunk, device))
        },
        (Stage::Computing, Known::Impossible) => Action::Decline,
        (Stage::Computing, Known::Nothing) if now.round == state.due && now.is_closing => Action::Decline,
        (Stage::Computing, Known::Nothing) => Action::Compute,
        (Stage::Revealing, Known::Computed(result)) => {
            let answered = state.seats.iter().filter(|seat| !seat.out && seat.fingerprint.is_some()).count();
            let alike = state.seats.iter().filter(|seat| !seat.out && matches(&result, seat)).count();
            if alike > 0 && alike >= quorum(assignment, answered) {
                Action::Reveal(result)
            } else {
                Action::Nothing
            }
        },
        (Stage::Opening, Known::Computed(result)) if !seat.out && matches(&result, seat) => Action::Open,
        _ => Action::Nothing,
    }
}

/// Fingerprints that settle a chunk which is being revealed and on which `answered` devices have answered. A chunk comes to be
/// revealed with fewer than the job's quorum only if the one device asked at first was believed alone.
fn quorum(assignment: &Assignment, answered: usize) -> usize {
    let quorum = usize::from(assignment.terms.quorum);
    if assignment.terms.adaptive {
        quorum.min(answered)
    } else {
        quorum
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::some_terms, *};
    use crate::chain::Terms;
    use proptest::{collection::vec, prelude::*};
    use vouch_primitives::{
        work::{api::ChunkInfo, TaskOutput},
        Place,
    };

    const GENESIS: H256 = H256::repeat_byte(1);
    const JOB: u32 = 7;
    const CHUNK: u32 = 1;
    const DUE: RoundIndex = 10;
    const IN_TIME: Now = Now { round: DUE - 1, is_closing: false };

    fn device(n: u8) -> DeviceId {
        DeviceId::new([n; 32])
    }

    /// A result that the one with another `fuel` is not.
    fn result(fuel: u64) -> ChunkResult {
        ChunkResult::new(2, &[TaskOutput { fuel, ..TaskOutput::bad_module() }.digest()])
    }

    /// A seat of device `n` that answered with the result of this fuel, if it did.
    fn seat(n: u8, fuel: Option<u64>) -> Seat {
        let device = device(n);
        let fingerprint = fuel.map(|fuel| result(fuel).fingerprint(GENESIS, JOB, CHUNK, &device));
        Seat { device, place: Place { cohort: 0, lane: n.into() }, fingerprint, out: false, contradicted: None }
    }

    fn assignment(stage: Stage, seats: Vec<Seat>) -> Assignment {
        let state = ChunkInfo { stage, due: DUE, seats, earns_points: true, dispute: None };
        Assignment { job: JOB, chunk: CHUNK, terms: some_terms(), state }
    }

    /// What device 1 does.
    fn plan(assignment: &Assignment, known: Known, now: Now) -> Action {
        next(GENESIS, &device(1), assignment, known, now)
    }

    #[test]
    fn while_devices_compute() {
        let ours = result(5);
        let computing = assignment(Stage::Computing, vec![seat(2, Some(5)), seat(1, None)]);
        let answer = Action::Answer(ours.fingerprint(GENESIS, JOB, CHUNK, &device(1)));
        let (known, early) = (Known::Computed(ours), IN_TIME);
        let last = Now { round: DUE, is_closing: false };
        let closing = Now { round: DUE, is_closing: true };
        let over = Now { round: DUE + 1, is_closing: false };
        for (known, now, expected) in [
            (Known::Nothing, early, Action::Compute),
            (Known::Nothing, Now { is_closing: true, ..early }, Action::Compute),
            (Known::Nothing, last, Action::Compute),
            (Known::Nothing, closing, Action::Decline),
            (Known::Nothing, over, Action::Nothing),
            (Known::Impossible, early, Action::Decline),
            (Known::Impossible, over, Action::Nothing),
            (known, early, answer),
            (known, closing, answer),
            (known, over, Action::Nothing),
        ] {
            assert_eq!(plan(&computing, known, now), expected, "{known:?} at {now:?}");
        }
        let answered = assignment(Stage::Computing, vec![seat(1, Some(5))]);
        for known in [Known::Nothing, Known::Impossible, known] {
            assert_eq!(plan(&answered, known, closing), Action::Nothing);
        }
    }

    #[test]
    fn one_that_is_believed_alone_reveals_alone() {
        let alone = assignment(Stage::Revealing, vec![seat(1, Some(5))]);
        assert_eq!(plan(&alone, Known::Computed(result(5)), IN_TIME), Action::Nothing);
        let adaptive = Assignment { terms: Terms { adaptive: true, ..some_terms() }, ..alone };
        assert_eq!(plan(&adaptive, Known::Computed(result(5)), IN_TIME), Action::Reveal(result(5)));
        assert_eq!(plan(&adaptive, Known::Computed(result(6)), IN_TIME), Action::Nothing);
        assert_eq!(plan(&adaptive, Known::Nothing, IN_TIME), Action::Nothing);
    }

    #[test]
    fn opens_what_it_answered_with() {
        let opening = |seat: Seat| assignment(Stage::Opening, vec![super::tests::seat(2, Some(6)), seat]);
        let ours = Known::Computed(result(5));
        assert_eq!(plan(&opening(seat(1, Some(5))), ours, IN_TIME), Action::Open);
        assert_eq!(plan(&opening(seat(1, Some(6))), ours, IN_TIME), Action::Nothing);
        assert_eq!(plan(&opening(Seat { out: true, ..seat(1, Some(5)) }), ours, IN_TIME), Action::Nothing);
        assert_eq!(plan(&opening(seat(1, Some(5))), Known::Nothing, IN_TIME), Action::Nothing);
    }

    #[test]
    fn round_is_closing_in_its_last_blocks_only() {
        let network = |round_length| Network {
            round: 3,
            round_start: 100,
            round_length,
            committee_size: 7,
            probers: 1,
            epoch: 5,
            rounds_done: 1,
            rounds_per_epoch: 2,
            emission: 0,
            uptime_budget: 0,
            total_points: 0,
            work_budget: 0,
            work_points: 0,
            last_work_rate: None,
            devices: 1,
            cohorts: 1,
        };
        // The block after the first that is closing is still of the round.
        for (length, first) in [(3, 101), (10, 107), (100, 196)] {
            let closing = |best| Now::new(&network(length), best).is_closing;
            assert!(!closing(99) && !closing(first - 1) && closing(first), "{length}");
            assert!(closing(100 + length) && first + 1 < 100 + length);
        }
    }

    fn any_seats() -> impl Strategy<Value = Vec<Seat>> {
        let one = (proptest::option::of(5u64..7), any::<bool>());
        vec(one, 1..8)
            .prop_map(|seats| (1..).zip(seats).map(|(n, (fuel, out))| Seat { out, ..seat(n, fuel) }).collect())
    }

    proptest! {
        /// Revealed is what the chain takes: a result that enough of those that count found, and never another's.
        #[test]
        fn reveals_exactly_where_a_quorum_agrees(seats in any_seats(), quorum in 2u8..5, adaptive: bool) {
            let alike = seats.iter().filter(|one| !one.out && one.fingerprint == seat(one.place.lane as u8, Some(5)).fingerprint);
            let (alike, wanted) = (alike.count(), usize::from(quorum));
            let answered = seats.iter().filter(|one| !one.out && one.fingerprint.is_some()).count();
            let mut asked = assignment(Stage::Revealing, seats);
            (asked.terms.quorum, asked.terms.adaptive) = (quorum, adaptive);
            let action = plan(&asked, Known::Computed(result(5)), IN_TIME);
            let enough = alike >= wanted || (adaptive && alike > 0 && alike == answered);
            prop_assert_eq!(action, if enough { Action::Reveal(result(5)) } else { Action::Nothing });
            prop_assert_eq!(plan(&asked, Known::Nothing, IN_TIME), Action::Nothing);
        }

        /// Nothing is done for seats of others, for chunks that are final, or while others decide.
        #[test]
        fn does_nothing_where_there_is_nothing_to_do(seats in any_seats(), round in 5u32..15, is_closing: bool) {
            let now = Now { round, is_closing };
            let known = [Known::Nothing, Known::Impossible, Known::Computed(result(5))];
            for stage in [Stage::Vetting, Stage::Judging, Stage::Settled(result(5)), Stage::Failed] {
                let asked = assignment(stage, seats.clone());
                prop_assert!(known.iter().all(|known| plan(&asked, *known, now) == Action::Nothing));
            }
            for stage in [Stage::Computing, Stage::Revealing, Stage::Opening] {
                let asked = assignment(stage, seats.clone());
                let stranger = |known: &Known| next(GENESIS, &device(99), &asked, *known, now);
                prop_assert!(known.iter().all(|known| stranger(known) == Action::Nothing));
            }
        }
    }
}
