// Pays out what devices have accrued, all of them in one transaction.

import { Button, Group, Stack, Text, Title } from "@mantine/core"
import type { InjectedPolkadotAccount } from "polkadot-api/pjs-signer"
import { useState } from "react"
import { useConnection } from "../chain/ChainProvider"
import type { Api } from "../chain/types"
import { isBusy, TransactionState } from "./TransactionState"
import { useTransaction } from "./useTransaction"
import { WalletPicker } from "./WalletPicker"

export function Claim({ devices }: { devices: string[] }) {
  const { api } = useConnection()
  const [account, setAccount] = useState<InjectedPolkadotAccount>()
  const { transaction, send } = useTransaction()
  return (
    <Stack gap="xs" component="section" aria-label="Claim">
      <Title order={2}>Claim</Title>
      <Text c="var(--dimmed-text)">Anybody may claim; the owner or its beneficiary is paid, and whoever signs pays the fee.</Text>
      <Group align="end">
        <WalletPicker choose={setAccount} />
        <Button
          disabled={account === undefined || devices.length === 0 || isBusy(transaction)}
          onClick={() => account !== undefined && send(() => claim(api, devices), account)}
        >
          Claim for {devices.length} {devices.length === 1 ? "device" : "devices"}
        </Button>
      </Group>
      {devices.length === 0 && <Text>Nothing can be claimed at the moment.</Text>}
      <TransactionState transaction={transaction} done="Paid." />
    </Stack>
  )
}

/** One claim, or a batch of them for more devices than one may name. */
async function claim(api: Api, devices: string[]) {
  const most = Math.max(1, await api.constants.Rewards.MaxClaims())
  const claims = Array.from({ length: Math.ceil(devices.length / most) }, (_, n) =>
    api.tx.Rewards.claim({ devices: devices.slice(n * most, (n + 1) * most) }),
  )
  const [only] = claims
  if (claims.length === 1 && only !== undefined) return only
  return api.tx.Utility.batch_all({ calls: claims.map(({ decodedCall }) => decodedCall) })
}
