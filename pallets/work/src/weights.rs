//! What the calls and hooks of this pallet weigh.

use crate::types::MAX_SEATS;
use polkadot_sdk::{frame_support::weights::constants::RocksDbWeight, sp_weights::Weight};
use vouch_primitives::work::draw::OFFERS;

/// What the pallet asks its runtime for; each is the worst case of what it names.
pub trait WeightInfo {
    /// Setting the parameters.
    fn set_params() -> Weight;
    /// Putting a device on the list.
    fn enlist() -> Weight;
    /// Taking a device off a list whose last entry takes its number.
    fn retire() -> Weight;
    /// Posting a job behind a queue that is full but for one place.
    fn post_job() -> Weight;
    /// Cancelling a job of which nothing is open, out of a full queue.
    fn cancel() -> Weight;
    /// Checking a device's answer.
    fn authorize_answer() -> Weight;
    /// Noting the last fingerprint wanted.
    fn answer() -> Weight;
    /// Checking a reveal against as many seats as there can be.
    fn authorize_reveal() -> Weight;
    /// Settling a chunk with as many seats as there can be, half of them paid and half of them fined, by which its job ends. What
    /// crediting points takes comes on top.
    fn reveal() -> Weight;
    /// Checking the digests of as many tasks as there can be.
    fn authorize_open() -> Weight;
    /// Keeping the last digests of as many seats as there can be, whereupon the chunk is given up and its job ends. Filling seats
    /// instead comes on top.
    fn open() -> Weight;
    /// Checking a verdict.
    fn authorize_judge() -> Weight;
    /// Noting the verdict that decides, whereupon the chunk is given up and its job ends. Filling seats instead comes on top.
    fn judge() -> Weight;
    /// Looking whether anything is to do.
    fn look() -> Weight;
    /// Ending the stage of a chunk with as many seats as there can be, all of them missed, whereupon it is given up and its job
    /// ends. Filling seats instead comes on top.
    fn chase_up() -> Weight;
    /// Handing out a chunk, or filling its seats, for which all offers are made.
    fn hand_out() -> Weight;
    /// Closing a job by removing `n` records.
    fn close(n: u32) -> Weight;
}

/// Counted by hand from what each touches; a chain takes the ones that were measured.
impl WeightInfo for () {
    fn set_params() -> Weight {
        touching(10, 1, 1)
    }

    fn enlist() -> Weight {
        touching(30, 3, 3)
    }

    fn retire() -> Weight {
        touching(40, 4, 5)
    }

    fn post_job() -> Weight {
        touching(80, 6, 5)
    }

    fn cancel() -> Weight {
        touching(60, 4, 4)
    }

    fn authorize_answer() -> Weight {
        touching(90, 2, 0)
    }

    fn answer() -> Weight {
        touching(60, 6, 6)
    }

    fn authorize_reveal() -> Weight {
        touching(40, 3, 0)
    }

    fn reveal() -> Weight {
        touching(100 + 150 * seats(), 4 + 9 * seats(), 6 + 8 * seats())
    }

    fn authorize_open() -> Weight {
        touching(400, 3, 0)
    }

    fn open() -> Weight {
        touching(500 + 20 * seats(), 6 + 3 * seats() + 6 * offers(), 6 + 3 * seats())
    }

    fn authorize_judge() -> Weight {
        touching(80, 1, 0)
    }

    fn judge() -> Weight {
        touching(300 + 20 * seats(), 6 + 3 * seats() + 6 * offers(), 6 + 3 * seats())
    }

    fn look() -> Weight {
        touching(10, 3, 2)
    }

    fn chase_up() -> Weight {
        touching(300 + 40 * seats(), 8 + 4 * seats() + 6 * offers(), 8 + 4 * seats())
    }

    fn hand_out() -> Weight {
        touching(200, 6 + 6 * offers(), 6 + 2 * seats())
    }

    fn close(n: u32) -> Weight {
        touching(40 + u64::from(n), 3, 4 + u64::from(n))
    }
}

fn seats() -> u64 {
    MAX_SEATS.into()
}

fn offers() -> u64 {
    OFFERS.into()
}

/// So many microseconds, reads and writes.
fn touching(micros: u64, reads: u64, writes: u64) -> Weight {
    Weight::from_parts(micros.saturating_mul(1_000_000), 0)
        .saturating_add(RocksDbWeight::get().reads_writes(reads, writes))
}
