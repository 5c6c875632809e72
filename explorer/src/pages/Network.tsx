// The network as a whole.

import { AreaChart } from "@mantine/charts"
import { Card, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core"
import { useConnection } from "../chain/ChainProvider"
import type { Epoch, Network as NetworkInfo, Projection } from "../chain/types"
import { concernsAnything, concernsRounds, useLive } from "../chain/useLive"
import { Figure } from "../components/Figure"
import { HeatMap } from "../components/HeatMap"
import { Empty, Known } from "../components/States"
import { WideTable } from "../components/WideTable"
import { points, type Curve } from "../view/curve"
import { duration, text, tokens } from "../view/format"
import { verdict } from "../view/history"

/** Cohorts of which it is counted who is up: each takes 8 kB. */
const COUNTED = 64

export function Network() {
  const live = useLive(
    "network",
    async (api) => {
      const [network, epoch] = await Promise.all([
        api.apis.VouchApi.network({ at: "best" }),
        api.apis.VouchApi.epoch({ at: "best" }),
      ])
      return { network, epoch }
    },
    concernsAnything,
  )
  return (
    <Stack gap="xl">
      <Title order={1}>Network</Title>
      <Known live={live} what="Asking the chain">
        {({ network, epoch }) => (
          <>
            <Figures network={network} epoch={epoch} />
            <Pools epoch={epoch} />
            <Stack gap="xs">
              <Title order={2}>Cohorts and lanes</Title>
              <Text c="var(--dimmed-text)">
                The strip is the last 32 rounds of a cohort; each square is a device in the round that is chosen. Choose one to see it.
              </Text>
              <HeatMap cohorts={network.cohorts} />
            </Stack>
          </>
        )}
      </Known>
      <Projections />
      <MintCurve />
    </Stack>
  )
}

function Figures({ network, epoch }: { network: NetworkInfo; epoch: Epoch }) {
  const { block, token } = useConnection()
  const up = useLive("up", async (api) => {
    const cohorts = await Promise.all(
      Array.from({ length: Math.min(network.cohorts, COUNTED) }, (_, cohort) =>
        api.query.Uptime.Histories.getValue(cohort, { at: "best" }),
      ),
    )
    return cohorts.reduce(
      (sum, history) =>
        sum + (history?.up.filter((bits, lane) => verdict(bits, history.excused[lane] ?? 0, 0) === "up").length ?? 0),
      0,
    )
    // Once a round: it takes many answers.
  }, concernsRounds)
  const among = network.cohorts > COUNTED ? `of the first ${COUNTED} cohorts ` : ""
  const left = block === undefined ? undefined : network.round_start + network.round_length - block.number
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }}>
      <Figure name="Devices" note={up.kind === "known" ? `${up.value.toLocaleString("en")} ${among}up in their last round` : "…"}>
        {network.devices.toLocaleString("en")}
      </Figure>
      <Figure name="Round" note={left === undefined ? "…" : left > 0 ? `ends in ${duration(left)}` : "is ending"}>
        {network.round.toLocaleString("en")}
      </Figure>
      <Figure name="Epoch" note={`closes in ${duration(epoch.blocks_left)}; round ${epoch.rounds_done + 1} of ${epoch.rounds_per_epoch}`}>
        {epoch.index.toLocaleString("en")}
      </Figure>
      <Figure name="To be minted" note={`${network.probers} ${network.probers === 1 ? "validator probes" : "validators probe"}`}>
        {tokens(epoch.emission, token)}
      </Figure>
    </SimpleGrid>
  )
}

const POOL = ["Pool", "Divided", "Points so far", "10,000 points, as it goes", "Last epoch"]

function Pools({ epoch }: { epoch: Epoch }) {
  const { token } = useConnection()
  const pools = [
    { name: "Uptime", for: "devices, for being up", ...epoch.uptime },
    { name: "Work", for: "devices, for what they computed", ...epoch.work },
    { name: "Probing", for: "validators, for probing", ...epoch.probing },
  ]
  const rate = (rate: bigint | undefined) => (rate === undefined ? "–" : tokens(rate * 10_000n, token, 6))
  return (
    <Stack gap="xs">
      <Title order={2}>What this epoch pays</Title>
      <WideTable label="What this epoch pays" minWidth={620} columns={POOL}>
        {pools.map((pool) => (
          <Table.Tr key={pool.name}>
            <Table.Td>
              {pool.name}
              <Text size="sm" c="var(--dimmed-text)">
                {pool.for}
              </Text>
            </Table.Td>
            <Table.Td>{tokens(pool.budget, token)}</Table.Td>
            <Table.Td>{pool.points.toLocaleString("en")}</Table.Td>
            <Table.Td>{rate(pool.projected_rate)}</Table.Td>
            <Table.Td>{rate(pool.last_rate)}</Table.Td>
          </Table.Tr>
        ))}
      </WideTable>
    </Stack>
  )
}

function Projections() {
  const live = useLive("projections", (api) => api.apis.VouchApi.projections({ at: "best" }), concernsRounds)
  return (
    <Stack gap="xs">
      <Title order={2}>What a device earns</Title>
      <Text c="var(--dimmed-text)">At today's figures: up in every round of an epoch, with the longest streak and a fast connection.</Text>
      <Known live={live} what="Reckoning">
        {(projections) => (projections.length === 0 ? <Empty title="There are no classes" /> : <Classes projections={projections} />)}
      </Known>
    </Stack>
  )
}

function Classes({ projections }: { projections: Projection[] }) {
  const { token } = useConnection()
  return (
    <WideTable label="What a device earns" minWidth={480} columns={["Class", "Weight", "Bond", "In an epoch"]}>
      {projections.map((projection) => (
        <Table.Tr key={projection.class}>
          <Table.Td>{text(projection.name)}</Table.Td>
          <Table.Td>{(projection.weight / 100).toLocaleString("en")}</Table.Td>
          <Table.Td>{tokens(projection.bond, token)}</Table.Td>
          <Table.Td>{projection.reward === undefined ? "not known yet" : tokens(projection.reward, token)}</Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  )
}

function MintCurve() {
  const { token } = useConnection()
  const live = useLive(
    "curve",
    async (api) => {
      const { params, index } = await api.query.Rewards.Epoch.getValue({ at: "best" })
      return { curve: params.curve as Curve, index }
    },
    ({ changes }) => changes.closed !== undefined,
  )
  return (
    <Stack gap="xs">
      <Title order={2}>What is minted, epoch by epoch</Title>
      <Known live={live} what="Reading the curve">
        {({ curve, index }) => {
          const data = points(curve, index, token.decimals)
          const [first, last] = [data[0]?.minted ?? 0, data.at(-1)?.minted ?? 0]
          return (
            <Card withBorder>
              <figure
                style={{ margin: 0 }}
                aria-label={`Emission falls from ${first.toFixed(2)} to ${last.toFixed(2)} ${token.symbol} an epoch; epoch ${index} runs`}
              >
                <AreaChart
                  h={220}
                  data={data}
                  dataKey="epoch"
                  series={[{ name: "minted", label: `${token.symbol} an epoch`, color: "cyan.7" }]}
                  curveType="monotone"
                  withDots={false}
                  xAxisProps={{ type: "number", domain: [0, "dataMax"] }}
                  referenceLines={[{ x: index, label: "now" }]}
                />
                <Text component="figcaption" size="sm" c="var(--dimmed-text)">
                  From {first.toFixed(2)} {token.symbol}, falling to no less than {(Number(curve.floor) / 10 ** token.decimals).toFixed(2)}{" "}
                  {token.symbol}. Epoch {index.toLocaleString("en")} runs.
                </Text>
              </figure>
            </Card>
          )
        }}
      </Known>
    </Stack>
  )
}
