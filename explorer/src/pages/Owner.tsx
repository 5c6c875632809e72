// A fleet, what it has earned, and the button that pays it out.

import { Anchor, Button, Group, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core"
import { useState } from "react"
import { useConnection } from "../chain/ChainProvider"
import type { Api, Summary } from "../chain/types"
import { concernsDevices, useLive } from "../chain/useLive"
import { Figure } from "../components/Figure"
import { HistoryStrip } from "../components/HistoryStrip"
import { Empty, Known } from "../components/States"
import { toDevice } from "../route"
import { latency, short, state, tokens } from "../view/format"
import { identity } from "../view/identity"
import { Claim } from "../wallet/Claim"

/** Devices of a page. */
const PAGE = 25

export function Owner({ id }: { id: string }) {
  const found = identity(id)
  return "problem" in found ? (
    <Stack>
      <Title order={1}>Owner</Title>
      <Empty title={found.problem}>{id}</Empty>
    </Stack>
  ) : (
    <Fleet owner={found.id} />
  )
}

/** All devices of an owner. The chain tells a thousand at a time. */
async function fleetOf(api: Api, owner: string): Promise<Summary[]> {
  const MOST = 1_000
  const all: Summary[] = []
  for (;;) {
    const page = await api.apis.VouchApi.fleet(owner, all.at(-1)?.device, MOST, { at: "best" })
    all.push(...page)
    if (page.length < MOST) return all
  }
}

function Fleet({ owner }: { owner: string }) {
  const { token } = useConnection()
  const live = useLive(
    owner,
    async (api) => {
      const [fleet, account] = await Promise.all([
        fleetOf(api, owner),
        api.query.System.Account.getValue(owner, { at: "best" }),
      ])
      return { fleet, account }
    },
    concernsDevices,
  )
  return (
    <Stack gap="xl">
      <Stack gap={4}>
        <Title order={1}>Owner {short(owner)}</Title>
        <Text className="mono">{owner}</Text>
      </Stack>
      <Known live={live} what="Reading the fleet">
        {({ fleet, account }) => {
          const sum = (of: (summary: Summary) => bigint) => fleet.reduce((sum, summary) => sum + of(summary), 0n)
          const accrued = sum((summary) => summary.accrued)
          return (
            <>
              <SimpleGrid cols={{ base: 2, md: 4 }}>
                <Figure name="Devices">{fleet.length.toLocaleString("en")}</Figure>
                <Figure name="Can be claimed">{tokens(accrued, token)}</Figure>
                <Figure name="Held back">{tokens(sum((summary) => summary.held), token)}</Figure>
                <Figure name="Balance" note={`${tokens(account.data.reserved, token)} more are held, as bonds and deposits`}>
                  {tokens(account.data.free, token)}
                </Figure>
              </SimpleGrid>
              <Claim devices={fleet.filter((summary) => summary.accrued > 0n).map((summary) => summary.device)} />
              {fleet.length === 0 ? (
                <Empty title="This account owns no devices">
                  <Anchor href="#/register">Register one</Anchor>
                </Empty>
              ) : (
                <Devices fleet={fleet} />
              )}
            </>
          )
        }}
      </Known>
    </Stack>
  )
}

function Devices({ fleet }: { fleet: Summary[] }) {
  const { token } = useConnection()
  const [page, setPage] = useState(0)
  const pages = Math.ceil(fleet.length / PAGE)
  const here = Math.min(page, pages - 1)
  return (
    <Stack gap="xs">
      <Title order={2}>Devices</Title>
      <Table.ScrollContainer type="native" minWidth={760} tabIndex={0} role="region" aria-label="Devices">
        <Table striped>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Device</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th w={260}>Last 32 rounds</Table.Th>
              <Table.Th>Latency</Table.Th>
              <Table.Th>Can be claimed</Table.Th>
              <Table.Th>Held</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {fleet.slice(here * PAGE, (here + 1) * PAGE).map((summary) => (
              <Table.Tr key={summary.device}>
                <Table.Td>
                  <Anchor className="mono" href={toDevice(summary.device)}>
                    {short(summary.device)}
                  </Anchor>
                </Table.Td>
                <Table.Td>{state(summary.state)}</Table.Td>
                <Table.Td>
                  <HistoryStrip up={summary.history.up} excused={summary.history.excused} compact />
                </Table.Td>
                <Table.Td>{latency(summary.latency_code)}</Table.Td>
                <Table.Td>{tokens(summary.accrued, token)}</Table.Td>
                <Table.Td>{tokens(summary.held, token)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {pages > 1 && (
        <Group component="nav" aria-label="Pages of the fleet">
          <Button variant="default" disabled={here === 0} onClick={() => setPage(here - 1)}>
            Before
          </Button>
          <Text>
            {here + 1} of {pages}
          </Text>
          <Button variant="default" disabled={here + 1 === pages} onClick={() => setPage(here + 1)}>
            After
          </Button>
        </Group>
      )}
    </Stack>
  )
}
