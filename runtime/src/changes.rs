//! The answer of `VouchApi::changes`: what the events of one block say, for whoever follows the chain without decoding them.
//!
//! Every event of our pallets is named here, including those that change nothing: a new one has to be thought about.

use crate::{Balance, Devices, Runtime, RuntimeEvent, System};
use alloc::{collections::BTreeSet, vec::Vec};
use vouch_primitives::{
    api::{Accounted, BlockChanges, ClosedEpoch, CohortRound},
    DeviceId,
};

/// See `VouchApi::changes`.
pub fn changes() -> BlockChanges<Balance> {
    let mut changes = BlockChanges { opened: None, closed: None, accounted: Vec::new(), devices: Vec::new() };
    let mut devices = BTreeSet::new();
    for record in System::read_events_no_consensus() {
        match record.event {
            RuntimeEvent::Devices(event) => note_devices(event, &mut devices),
            RuntimeEvent::Uptime(event) => note_rounds(event, &mut changes),
            RuntimeEvent::Rewards(event) => note_rewards(event, &mut changes, &mut devices),
            RuntimeEvent::Work(event) => devices.extend(worker_of(event)),
            _ => {},
        }
    }
    changes.devices = devices.into_iter().collect();
    changes
}

fn note_devices(event: pallet_devices::Event<Runtime>, devices: &mut BTreeSet<DeviceId>) {
    use pallet_devices::Event::*;
    match event {
        Registered { device, .. }
        | EndpointSet { device, .. }
        | BeneficiarySet { device, .. }
        | Offered { device, .. }
        | Transferred { device, .. }
        | Paused { device, .. }
        | Resumed { device, .. }
        | Deregistered { device, .. }
        | Released { device, .. }
        | Evicted { device, .. }
        | Fined { device, .. }
        | ToppedUp { device, .. } => {
            devices.insert(device);
        },
        KeyRotated { old, new, .. } => devices.extend([old, new]),
        ClassSet { .. } | ParamsSet { .. } => {},
    }
}

fn note_rounds(event: pallet_uptime::Event<Runtime>, changes: &mut BlockChanges<Balance>) {
    use pallet_uptime::Event::*;
    match event {
        RoundOpened { round, .. } => changes.opened = Some(round),
        Tallied { round, cohort, up, judged, ballots } => {
            let outcome = Accounted::Judged { up, judged, ballots };
            changes.accounted.push(CohortRound { round, cohort, outcome });
        },
        Uncovered { round, cohort, rounds } => {
            changes.accounted.push(CohortRound { round, cohort, outcome: Accounted::Uncovered { rounds } });
        },
        ParamsSet { .. }
        | Reported { .. }
        | AuditDrawn { .. }
        | AuditAnswered { .. }
        | Accused { .. }
        | OffenceReported { .. } => {},
    }
}

fn note_rewards(
    event: pallet_rewards::Event<Runtime>,
    changes: &mut BlockChanges<Balance>,
    devices: &mut BTreeSet<DeviceId>,
) {
    use pallet_rewards::Event::*;
    match event {
        EpochClosed {
            epoch: index,
            minted,
            total_points: uptime_points,
            rate: uptime_rate,
            treasury,
            probing_points,
            probing_rate,
            work_points,
            work_rate,
        } => {
            changes.closed = Some(ClosedEpoch {
                index,
                minted,
                treasury,
                uptime_points,
                uptime_rate,
                probing_points,
                probing_rate,
                work_points,
                work_rate,
            });
        },
        Claimed { device, .. } | Forfeited { device, .. } => {
            devices.insert(device);
        },
        PaidOut { place, .. } => devices.extend(Devices::occupant(place)),
        ProbingClaimed { .. } | ParamsSet { .. } => {},
    }
}

fn worker_of(event: pallet_work::Event<Runtime>) -> Option<DeviceId> {
    use pallet_work::Event::*;
    match event {
        Enlisted { device, .. }
        | Retired { device, .. }
        | Seated { device, .. }
        | Answered { device, .. }
        | Missed { device, .. }
        | Paid { device, .. }
        | Refused { device, .. } => Some(device),
        ParamsSet { .. }
        | Posted { .. }
        | Cancelled { .. }
        | FellShort { .. }
        | Contested { .. }
        | Disputed { .. }
        | Judged { .. }
        | Settled { .. }
        | Failed { .. }
        | Ended { .. }
        | Closed { .. } => None,
    }
}
