//! That the prober runs once at a time, although the node starts it at every best block and does not wait for it to end.

use polkadot_sdk::{
    sp_core::offchain::Duration,
    sp_io::offchain,
    sp_runtime::offchain::{
        storage::StorageValueRef,
        storage_lock::{StorageLock, StorageLockGuard, Time},
    },
};

/// Where the persistent offchain store keeps the lock.
const LOCK: &[u8] = b"vouch/prober-lock";

/// How long the lock outlives a node that was killed, in milliseconds. A restart takes longer.
const LOCK_MS: u64 = 3_000;

/// How often a run renews its lock, in milliseconds.
const RENEWAL_MS: u64 = 500;

/// The right to probe, held by one run at a time.
pub struct Lease<'a, 'b> {
    guard: Option<StorageLockGuard<'a, 'b, Time>>,
    renewed: u64,
}

impl Lease<'_, '_> {
    /// Runs `task` unless another run holds the lease.
    pub fn with(task: impl FnOnce(&mut Lease<'_, '_>)) {
        let mut lock = StorageLock::with_deadline(LOCK, Duration::from_millis(LOCK_MS));
        let outcome = match lock.try_lock() {
            Ok(guard) => {
                let mut lease = Lease { guard: Some(guard), renewed: offchain::timestamp().unix_millis() };
                task(&mut lease);
                lease.end();
                Ok(())
            },
            Err(deadline) => Err(deadline),
        };
        // No run locks for longer than `LOCK_MS`: the clock jumped back. Without this the prober would rest until then.
        if outcome.is_err_and(|deadline| deadline.diff(&offchain::timestamp()).millis() > LOCK_MS) {
            StorageValueRef::persistent(LOCK).clear();
        }
    }

    /// Whether this run may go on, and write. `false` once the lease was lost, because the run stood still for so long that
    /// another may have begun.
    pub fn holds(&mut self) -> bool {
        let held = offchain::timestamp().unix_millis().checked_sub(self.renewed);
        match held {
            Some(held) if held < RENEWAL_MS => self.guard.is_some(),
            _ => self.renew(),
        }
    }

    fn renew(&mut self) -> bool {
        let now = offchain::timestamp().unix_millis();
        if let Some(mut guard) = self.guard.take() {
            // The lock does not tell whose it is, but for as long as we took it nobody else has.
            let ours = now.checked_sub(self.renewed).is_some_and(|held| held <= LOCK_MS);
            if ours && guard.extend_lock().is_ok() {
                self.renewed = now;
                self.guard = Some(guard);
            } else {
                // Dropping the guard would unlock whoever holds the lock now.
                guard.forget();
            }
        }
        self.guard.is_some()
    }

    fn end(mut self) {
        if self.renew() {
            drop(self.guard.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polkadot_sdk::{
        sp_core::offchain::{testing::TestOffchainExt, OffchainDbExt, OffchainWorkerExt, Timestamp},
        sp_io::TestExternalities,
    };

    fn with_clock(test: impl FnOnce(&dyn Fn(u64))) {
        let (offchain, state) = TestOffchainExt::new();
        let mut ext = TestExternalities::default();
        ext.register_extension(OffchainDbExt::new(offchain.clone()));
        ext.register_extension(OffchainWorkerExt::new(offchain));
        ext.execute_with(|| test(&|now| state.write().timestamp = Timestamp::from_unix_millis(now)));
    }

    fn runs() -> bool {
        let mut ran = false;
        Lease::with(|_| ran = true);
        ran
    }

    #[test]
    fn second_run_gives_way_until_the_first_ends() {
        with_clock(|at| {
            at(1_000_000);
            Lease::with(|_| assert!(!runs()));
            assert!(runs());
        });
    }

    #[test]
    fn long_run_keeps_its_lease() {
        with_clock(|at| {
            at(1_000_000);
            Lease::with(|lease| {
                for step in 1..100 {
                    at(1_000_000 + step * 100);
                    assert!(lease.holds());
                    assert!(!runs());
                }
            });
            assert!(runs());
        });
    }

    #[test]
    fn lease_of_a_killed_node_ends_within_seconds() {
        with_clock(|at| {
            at(1_000_000);
            Lease::with(|lease| {
                if let Some(guard) = lease.guard.take() {
                    guard.forget();
                }
            });
            assert!(!runs());
            at(1_000_000 + LOCK_MS + 1);
            assert!(runs());
        });
    }

    #[test]
    fn run_that_stood_still_stops_and_leaves_the_other_alone() {
        with_clock(|at| {
            at(1_000_000);
            Lease::with(|stalled| {
                at(1_010_000);
                Lease::with(|other| {
                    at(1_014_000);
                    assert!(!other.holds());
                });
                assert!(!stalled.holds());
                assert!(!stalled.holds());
            });
            at(1_020_000);
            assert!(runs());
        });
    }

    #[test]
    fn stalled_run_does_not_unlock_the_next_one() {
        with_clock(|at| {
            at(1_000_000);
            Lease::with(|stalled| {
                at(1_010_000);
                StorageValueRef::persistent(LOCK).set(&Timestamp::from_unix_millis(1_012_000));
                assert!(!stalled.holds());
            });
            assert!(!runs());
        });
    }

    #[test]
    fn clock_that_jumps_back_costs_one_run() {
        with_clock(|at| {
            at(9_000_000);
            Lease::with(|lease| {
                if let Some(guard) = lease.guard.take() {
                    guard.forget();
                }
            });
            at(1_000_000);
            assert!(!runs());
            assert!(runs());
        });
    }
}
