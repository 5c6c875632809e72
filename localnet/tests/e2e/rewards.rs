//! Devices earn, and are paid what they were promised.

use crate::{on, ROUNDS};
use anyhow::{ensure, Context};
use vouch_device::{
    chain::{account, option, Call, Client, Wait},
    AccountId32,
};
use vouch_localnet::{
    devices::{self, keypair},
    wait::until,
    Localnet,
};
use vouch_primitives::DeviceId;

/// Waits until `id` has something to claim.
async fn accrues(client: &Client, id: &DeviceId) -> anyhow::Result<u128> {
    let look = || async {
        let pending = client.pending_reward(id).await?.context("the device is not registered")?;
        Ok(Some(pending.accrued).filter(|accrued| *accrued > 0))
    };
    until(&format!("{id} to accrue tokens"), ROUNDS, look).await
}

#[test]
fn three_devices_earn_and_are_paid_to_the_planck_what_was_predicted() {
    on(Localnet::builder().devices(3), async |net| {
        let client = net.client();
        let ids: Vec<DeviceId> = net.devices.iter().map(|device| device.id().clone()).collect();

        // GIVEN the first device pays a beneficiary, because its owner Alice also earns as the block's author.
        let beneficiary = AccountId32::new([0xbe; 32]);
        let set = [("device", account(&ids[0])), ("beneficiary", option(Some(account(&beneficiary))))];
        client.submit(Call::new("Devices", "set_beneficiary", set), &keypair("//Alice")?, Wait::Included).await?;
        let payees = [beneficiary, devices::account("//Bob")?, devices::account("//Charlie")?];
        ensure!(net.devices[1].owner() == "//Bob" && net.devices[2].owner() == "//Charlie", "owners have changed");

        // WHEN somebody who owns none of them claims for all of them. Should an epoch close in the claim's own block, what was
        // predicted before it is not what was claimed; then the next claim tells.
        for _ in 0..5 {
            for id in &ids {
                accrues(client, id).await?;
            }
            let receipts = client.claim(&keypair("//Ferdie")?, &ids, Wait::Included).await?;
            let [receipt] = receipts.as_slice() else {
                anyhow::bail!("three devices take one claim, not {receipts:?}")
            };
            let before = client.at(net.nodes[0].rpc().block_hash(receipt.block.number - 1).await?);
            let after = client.at(receipt.block.hash);
            if before.network().await?.epoch != after.network().await?.epoch {
                continue;
            }

            // THEN each payee's balance rose by exactly what the runtime API had answered, and nothing is left.
            let paid: Vec<u128> =
                receipt.find("Rewards", "Claimed").filter_map(|event| event.number("amount")).collect();
            ensure!(paid.len() == ids.len(), "every device is paid with an event of its own: {paid:?}");
            for ((id, payee), paid) in ids.iter().zip(&payees).zip(paid) {
                let predicted = before.pending_reward(id).await?.context("not registered")?.accrued;
                let left = after.pending_reward(id).await?.context("not registered")?.accrued;
                let rose = after.balance(payee).await?.free - before.balance(payee).await?.free;
                ensure!(predicted > 0, "something was accrued");
                ensure!(
                    (paid, rose, left) == (predicted, predicted, 0),
                    "{predicted} predicted, {paid} paid, {rose} arrived"
                );
            }

            // AND a device's owner claims by the agent's own command.
            let device = &net.devices[1];
            let accrued = accrues(client, device.id()).await?;
            let balance = client.balance(&payees[1]).await?.free;
            device.cli(["claim", "--owner-suri", device.owner()]).await?;
            // Bob pays the fee, far below what an epoch brings.
            let gained = client.balance(&payees[1]).await?.free.saturating_sub(balance);
            ensure!(gained > accrued / 2, "{accrued} accrued and {gained} arrived");
            return Ok(());
        }
        anyhow::bail!("five claims in a row fell into blocks that close an epoch")
    });
}

#[test]
fn reasons_are_given_for_what_is_not_paid() {
    on(Localnet::builder().devices(1), async |net| {
        let device = &net.devices[0];
        accrues(net.client(), device.id()).await?;
        let status = device.cli(["status"]).await?;
        ensure!(status.contains(&device.id().to_string()), "the status names the device: {status}");

        let at = net.client().at(net.client().best().await?.hash);
        let (explained, pending) =
            (at.explain(device.id()).await?.context("registered")?, at.pending_reward(device.id()).await?);
        ensure!(Some(&explained.pending) == pending.as_ref(), "{explained:?} and {pending:?}");
        ensure!(explained.rounds_up > 0 && explained.next_round_points > 0, "{explained:?}");
        let unknown = DeviceId::new([9; 32]);
        ensure!(at.explain(&unknown).await?.is_none() && at.pending_reward(&unknown).await?.is_none());
        ensure!(
            at.committee(device.id()).await?.context("registered")?.members.len() == 1,
            "one validator, one member"
        );
        let owned = at.devices_of(&devices::account(device.owner())?).await?;
        ensure!(owned == [device.id().clone()], "the owner's devices: {owned:?}");
        Ok(())
    });
}
