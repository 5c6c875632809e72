// Which account signs.

import { Alert, Button, Group, Select, Text } from "@mantine/core"
import type { InjectedPolkadotAccount } from "polkadot-api/pjs-signer"
import { useEffect, useState } from "react"
import { short } from "../view/format"
import { useWallet } from "./useWallet"

export function WalletPicker({ choose }: { choose: (account: InjectedPolkadotAccount | undefined) => void }) {
  const { wallet, open } = useWallet()
  const [address, setAddress] = useState<string>()

  useEffect(() => {
    if (wallet.kind !== "connected") return choose(undefined)
    const account = wallet.accounts.find((account) => account.address === address) ?? wallet.accounts[0]
    choose(account)
  }, [wallet, address])

  switch (wallet.kind) {
    case "none":
      return <Text c="var(--dimmed-text)">To sign, install a wallet for Substrate chains in this browser, such as Talisman, SubWallet or polkadot-js.</Text>
    case "found":
      return (
        <Group>
          {wallet.names.map((name) => (
            <Button key={name} variant="default" onClick={() => void open(name)}>
              Connect {name}
            </Button>
          ))}
        </Group>
      )
    case "refused":
      return (
        <Alert color="red" role="alert">
          {wallet.problem}
        </Alert>
      )
    case "connected":
      return (
        <Select
          label="Signed by"
          w={{ base: "100%", sm: 320 }}
          allowDeselect={false}
          data={wallet.accounts.map(({ address, name }) => ({ value: address, label: `${name ?? "account"} ${short(address)}` }))}
          value={address ?? wallet.accounts[0]?.address ?? null}
          onChange={(value) => setAddress(value ?? undefined)}
        />
      )
  }
}
