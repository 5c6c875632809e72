// One device: what it is, how it did, what it earned, and why not more.

import { Anchor, Badge, Card, Group, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core"
import { useConnection } from "../chain/ChainProvider"
import type { Committee, Device as DeviceInfo, Explanation, LastEpoch, Reason } from "../chain/types"
import { concernsDevices, useLive } from "../chain/useLive"
import { Figure } from "../components/Figure"
import { HistoryStrip } from "../components/HistoryStrip"
import { Identified } from "../components/Identified"
import { Reasons } from "../components/Reasons"
import { Empty, Known } from "../components/States"
import { toOwner } from "../route"
import { address, latency, short, state, text, tokens } from "../view/format"
import { REASONS } from "../view/reasons"

export function Device({ id }: { id: string }) {
  return (
    <Identified title="Device" text={id}>
      {(device) => <Registered id={device} />}
    </Identified>
  )
}

function Registered({ id }: { id: string }) {
  const live = useLive(
    id,
    async (api) => {
      const at = { at: "best" } as const
      const [device, explanation, committee] = await Promise.all([
        api.apis.VouchApi.device(id, at),
        api.apis.VouchApi.explain(id, at),
        api.apis.VouchApi.committee(id, at),
      ])
      return device && explanation && committee ? { device, explanation, committee } : undefined
    },
    (block, found) => concernsDevices(block, new Set([id]), found && new Set([found.device.place.cohort])),
  )
  return (
    <Stack gap="xl">
      <Stack gap={4}>
        <Title order={1}>Device {short(id)}</Title>
        <Text className="mono">{id}</Text>
      </Stack>
      <Known live={live} what="Asking the chain">
        {(found) =>
          found === undefined ? (
            <Empty title="No such device is registered">
              It never was, or its owner has released it. <Anchor href={toOwner(id)}>Is it an owner?</Anchor>
            </Empty>
          ) : (
            <Found {...found} />
          )
        }
      </Known>
    </Stack>
  )
}

function Found({ device, explanation, committee }: { device: DeviceInfo; explanation: Explanation; committee: Committee }) {
  const { token } = useConnection()
  const accrued = explanation.pending.accrued + explanation.work.accrued
  return (
    <>
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        <Figure name="Can be claimed" note={`${tokens(explanation.work.accrued, token)} of it by work`}>
          {tokens(accrued, token)}
        </Figure>
        <Figure name="Held back" note="as security, for some epochs">
          {tokens(explanation.pending.held, token)}
        </Figure>
        <Figure name="Points in this epoch" note={`the next round up adds ${explanation.next_round_points.toLocaleString("en")}`}>
          {explanation.pending.points.toLocaleString("en")}
        </Figure>
        <Figure name="Latency" note={`earns ${explanation.latency_factor} % of a round`}>
          {latency(device.latency_code)}
        </Figure>
      </SimpleGrid>

      <Stack gap="xs">
        <Title order={2}>The last 32 rounds</Title>
        <HistoryStrip up={device.history.up} excused={device.history.excused} />
        <Text>
          {device.streak} rounds up in a row earn {explanation.streak_factor} %.
        </Text>
      </Stack>

      <Stack gap="xs" id="why">
        <Title order={2}>Why it is not more</Title>
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Card withBorder component="section" aria-label="The running epoch">
            <Text fw={600} mb="xs">
              Epoch {explanation.pending.epoch}, running
            </Text>
            <Reasons codes={explanation.reasons.map(({ type }) => type)} meanings={REASONS} />
          </Card>
          {explanation.last === undefined ? (
            <Empty title="No epoch has closed yet" />
          ) : (
            <Last last={explanation.last} />
          )}
        </SimpleGrid>
      </Stack>

      <Facts device={device} />
      <CommitteeOf committee={committee} />
    </>
  )
}

function Last({ last }: { last: LastEpoch }) {
  const { token } = useConnection()
  const codes: Reason[] = last.reasons.map(({ type }) => type)
  return (
    <Card withBorder component="section" aria-label="The last epoch">
      <Text fw={600}>
        Epoch {last.epoch}: {tokens(last.amount, token)}
      </Text>
      <Text mb="xs" c="var(--dimmed-text)">
        {last.rounds_up} {last.rounds_up === 1 ? "round" : "rounds"} up, {last.rounds_down} down, {last.rounds_excused} not judged;{" "}
        {last.points.toLocaleString("en")} {last.points === 1 ? "point" : "points"} of {last.rate.toLocaleString("en")} planck each.{" "}
        {tokens(last.held, token)} of it were held back.
      </Text>
      <Reasons codes={codes} meanings={REASONS} />
    </Card>
  )
}

function Facts({ device }: { device: DeviceInfo }) {
  const { token } = useConnection()
  const facts: [string, React.ReactNode][] = [
    ["State", state(device.state)],
    ["Class", `${text(device.class_name)}, weight ${device.class_weight / 100}`],
    ["Owner", <Anchor key="owner" className="mono" href={toOwner(device.owner)}>{device.owner}</Anchor>],
    ["Paid to", <span key="payee" className="mono">{device.payee === device.owner ? "the owner" : device.payee}</span>],
    ["Answers at", device.endpoint === undefined ? "no public address" : address(device.endpoint)],
    ["Bond", tokens(device.bond, token)],
    ["Place", `lane ${device.place.lane} of cohort ${device.place.cohort}`],
    ["Admitted", device.admitted ? "yes" : "not yet: judged, and not paid"],
    ["Proofs of possession spent", device.nonce],
  ]
  return (
    <Stack gap="xs">
      <Title order={2}>Registration</Title>
      <Table>
        <Table.Tbody>
          {facts.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" w="30%">
                {name}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  )
}

function CommitteeOf({ committee }: { committee: Committee }) {
  return (
    <Stack gap="xs">
      <Title order={2}>Who probes it in round {committee.round}</Title>
      <Group gap="xs">
        {committee.members.map((member) => (
          <Badge
            key={member.index}
            size="lg"
            tt="none"
            variant="outline"
            color={member.reported ? "green" : "gray"}
            c="var(--mantine-color-text)"
          >
            {short(member.prober)}
            {member.reported ? ", reported" : ", not yet"}
          </Badge>
        ))}
      </Group>
      <Text size="sm" c="var(--dimmed-text)" className="mono">
        Drawn by seed {committee.seed}
      </Text>
    </Stack>
  )
}
