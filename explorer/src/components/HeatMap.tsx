// Cohorts and their lanes: one square for each device, as it was in its last rounds.

import { Card, Group, Stack, Text, Tooltip } from "@mantine/core"
import { useConnection } from "../chain/ChainProvider"
import { concernsRounds, useLive } from "../chain/useLive"
import { toDevice } from "../route"
import { lanes, share, verdict, WORDS } from "../view/history"
import { Empty, Known } from "./States"

/** Most cohorts that are drawn at once. */
const COHORTS = 8

export function HeatMap({ cohorts }: { cohorts: number }) {
  if (cohorts === 0) return <Empty title="No cohort yet">The first device opens it.</Empty>
  return (
    <Stack>
      {Array.from({ length: Math.min(cohorts, COHORTS) }, (_, cohort) => (
        <Cohort key={cohort} cohort={cohort} />
      ))}
      {cohorts > COHORTS && <Text>The first {COHORTS} of {cohorts.toLocaleString("en")} cohorts are shown.</Text>}
      <Group gap="md" aria-hidden>
        {Object.entries(WORDS).map(([verdict, words]) => (
          <Group key={verdict} gap={6}>
            <span className={verdict} style={{ width: 14, height: 14, borderRadius: 3 }} />
            <Text size="sm">{words}</Text>
          </Group>
        ))}
      </Group>
    </Stack>
  )
}

function Cohort({ cohort }: { cohort: number }) {
  const { api } = useConnection()
  const live = useLive(`cohort ${cohort}`, (api) => api.query.Uptime.Histories.getValue(cohort, { at: "best" }), concernsRounds)
  const open = async (lane: number) => {
    const device = await api.apis.VouchApi.tenant({ cohort, lane })
    if (device !== undefined) window.location.hash = toDevice(device)
  }
  return (
    <Card withBorder component="section" aria-label={`Cohort ${cohort}`}>
      <Text fw={600}>Cohort {cohort}</Text>
      <Known live={live} what="Reading its rounds">
        {(history) => {
          if (history === undefined) return <Empty title="Not judged yet">Its first round is under way.</Empty>
          const used = lanes(history.up, history.excused)
          if (used.length === 0) return <Empty title="Not judged yet">Its devices are judged from their next round on.</Empty>
          return (
            <>
              <Text size="sm" c="var(--dimmed-text)" mb="xs">
                {used.length} lanes; round {history.next - 1} was accounted last
              </Text>
              <div className="lanes">
                {used.map((lane) => (
                  <Lane
                    key={lane}
                    lane={lane}
                    up={history.up[lane] ?? 0}
                    excused={history.excused[lane] ?? 0}
                    open={() => void open(lane)}
                  />
                ))}
              </div>
            </>
          )
        }}
      </Known>
    </Card>
  )
}

function Lane({ lane, up, excused, open }: { lane: number; up: number; excused: number; open: () => void }) {
  const last = verdict(up, excused, 0)
  const good = share(up, excused)
  const told = `Lane ${lane}: ${WORDS[last]} last${good === undefined ? "" : `, up in ${Math.round(good * 100)} % of its judged rounds`}`
  return (
    <Tooltip label={told}>
      <button
        type="button"
        className={`lane ${last}`}
        // The paler, the more often it was down.
        style={{ opacity: 0.35 + 0.65 * (good ?? 1) }}
        onClick={open}
        aria-label={told}
      />
    </Tooltip>
  )
}
