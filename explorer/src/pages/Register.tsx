// Registers a device whose agent has given a proof for the owner.

import { Anchor, Button, Code, Select, Stack, Text, TextInput, Title } from "@mantine/core"
import type { InjectedPolkadotAccount } from "polkadot-api/pjs-signer"
import { useState } from "react"
import { useConnection } from "../chain/ChainProvider"
import { concernsRounds, useLive } from "../chain/useLive"
import { Known } from "../components/States"
import { toDevice } from "../route"
import { text, tokens } from "../view/format"
import { registration, type Form } from "../view/registration"
import { isBusy, TransactionState } from "../wallet/TransactionState"
import { useTransaction } from "../wallet/useTransaction"
import { WalletPicker } from "../wallet/WalletPicker"

const FIELDS = [
  { name: "device", label: "Device", description: "Its id, as the agent prints it" },
  { name: "endpoint", label: "Answers at", description: "Its public address and port; empty if it publishes none" },
  { name: "proof", label: "Proof of possession", description: "What vouch-device proof prints for your account" },
] as const

export function Register() {
  const { api, token } = useConnection()
  const [form, setForm] = useState<Form>({ device: "", endpoint: "", proof: "" })
  const [problems, setProblems] = useState<Partial<Form>>({})
  const [classIndex, setClassIndex] = useState("0")
  const [account, setAccount] = useState<InjectedPolkadotAccount>()
  const [registered, setRegistered] = useState<string>()
  const { transaction, send } = useTransaction()
  const classes = useLive("classes", (api) => api.query.Devices.Classes.getValue({ at: "best" }), concernsRounds)

  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    const checked = registration(form)
    if ("problems" in checked) return setProblems(checked.problems)
    if (account === undefined) return
    setProblems({})
    setRegistered(checked.device)
    const { device, endpoint, proof } = checked
    const argument = { device, class: Number(classIndex), endpoint, beneficiary: undefined, proof }
    send(() => api.tx.Devices.register(argument), account)
  }

  return (
    <Stack gap="xl" maw={720}>
      <Stack gap={4}>
        <Title order={1}>Register a device</Title>
        <Text>
          On the device, let the agent make its key and prove it for your account: <Code>vouch-device init</Code>, then{" "}
          <Code>vouch-device proof --owner 5F…</Code>. Here, hold the bond for it.
        </Text>
      </Stack>
      <form onSubmit={submit} aria-label="Registration" noValidate>
        <Stack>
          {FIELDS.map(({ name, label, description }) => (
            <TextInput
              key={name}
              label={label}
              description={description}
              value={form[name]}
              error={problems[name]}
              onChange={(event) => {
                const { value } = event.currentTarget
                setForm((form) => ({ ...form, [name]: value }))
                setProblems(({ [name]: _, ...others }) => others)
              }}
              spellCheck={false}
            />
          ))}
          <Known live={classes} what="Reading the classes">
            {(classes) => (
              <Select
                label="Class"
                allowDeselect={false}
                value={classIndex}
                onChange={(value) => setClassIndex(value ?? "0")}
                data={classes.map((one, index) => ({
                  value: String(index),
                  label: `${text(one.name)}: weight ${one.weight / 100}, bond ${tokens(one.bond, token)}`,
                }))}
              />
            )}
          </Known>
          <WalletPicker choose={setAccount} />
          <Button
            type="submit"
            w="fit-content"
            disabled={account === undefined || isBusy(transaction)}
          >
            Register
          </Button>
        </Stack>
      </form>
      <TransactionState transaction={transaction} done="Registered. It is judged from the next round on." />
      {registered !== undefined && (transaction.kind === "included" || transaction.kind === "final") && (
        <Anchor href={toDevice(registered)}>See the device</Anchor>
      )}
    </Stack>
  )
}
