// A fleet, what it has earned, and the button that pays it out.

import { Anchor, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core"
import { useState } from "react"
import { useConnection } from "../chain/ChainProvider"
import type { Api, Summary } from "../chain/types"
import { concernsDevices, useLive } from "../chain/useLive"
import { Figure } from "../components/Figure"
import { HistoryStrip } from "../components/HistoryStrip"
import { Identified } from "../components/Identified"
import { Pager } from "../components/Pager"
import { Empty, Known } from "../components/States"
import { WideTable } from "../components/WideTable"
import { toDevice } from "../route"
import { latency, short, state, tokens } from "../view/format"
import { Claim } from "../wallet/Claim"

/** Devices of a page. */
const PAGE = 25

export function Owner({ id }: { id: string }) {
  return (
    <Identified title="Owner" text={id}>
      {(owner) => <Fleet owner={owner} />}
    </Identified>
  )
}

/** Devices that the chain tells of at a time. */
const MOST = 1_000
/** How often it is asked for more: a node that lies would never come to an end. */
const MOST_PAGES = 20

/** The devices of an owner, the first twenty thousand. */
async function fleetOf(api: Api, owner: string): Promise<Summary[]> {
  const all: Summary[] = []
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await api.apis.VouchApi.fleet(owner, all.at(-1)?.device, MOST, { at: "best" })
    all.push(...page)
    if (page.length < MOST) break
  }
  return all
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
    // A device that joins the fleet shows with the next round.
    (block, known) => {
      const of = <T,>(what: (summary: Summary) => T) => known && new Set(known.fleet.map(what))
      return concernsDevices(block, of(({ device }) => device), of(({ place }) => place.cohort))
    },
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
                <Figure name="Devices" note={fleet.length === MOST * MOST_PAGES ? "the first of them; so are the sums" : undefined}>
                  {fleet.length.toLocaleString("en")}
                </Figure>
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

const COLUMNS = ["Device", "State", { title: "Last 32 rounds", width: 260 }, "Latency", "Can be claimed", "Held"]

function Devices({ fleet }: { fleet: Summary[] }) {
  const { token } = useConnection()
  const [page, setPage] = useState(0)
  const pages = Math.ceil(fleet.length / PAGE)
  const here = Math.min(page, pages - 1)
  return (
    <Stack gap="xs">
      <Title order={2}>Devices</Title>
      <WideTable label="Devices" minWidth={760} columns={COLUMNS}>
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
      </WideTable>
      <Pager label="Pages of the fleet" page={here} pages={pages} go={setPage}>
        {here + 1} of {pages}
      </Pager>
    </Stack>
  )
}
