// A cohort at a time: how each of its last 32 rounds went, and every lane in the round that is chosen.

import { Card, Group, Slider, Stack, Text } from "@mantine/core"
import { useRef, useState } from "react"
import { useConnection } from "../chain/ChainProvider"
import { concernsCohorts, useLive } from "../chain/useLive"
import { toDevice } from "../route"
import { lanes, ROUNDS, roundShare, verdict, WORDS } from "../view/history"
import { Pager } from "./Pager"
import { Empty, Known } from "./States"

export function HeatMap({ cohorts }: { cohorts: number }) {
  const [chosen, setChosen] = useState(0)
  if (cohorts === 0) return <Empty title="No cohort yet">The first device opens it.</Empty>
  const cohort = Math.min(chosen, cohorts - 1)
  return (
    <Stack gap="xs">
      <Pager label="Cohorts" page={cohort} pages={cohorts} go={setChosen}>
        Cohort {cohort} of 0 to {(cohorts - 1).toLocaleString("en")}
      </Pager>
      <Cohort key={cohort} cohort={cohort} />
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

interface History {
  next: number
  up: readonly number[]
  excused: readonly number[]
}

function Cohort({ cohort }: { cohort: number }) {
  const live = useLive(
    `cohort ${cohort}`,
    (api) => api.query.Uptime.Histories.getValue(cohort, { at: "best" }),
    (block) => concernsCohorts(block, new Set([cohort])),
  )
  return (
    <Card withBorder component="section" aria-label={`Cohort ${cohort}`}>
      <Text fw={600}>Cohort {cohort}</Text>
      <Known live={live} what="Reading its rounds">
        {(history) => {
          const used = history === undefined ? [] : lanes(history.up, history.excused)
          return history === undefined || used.length === 0 ? (
            <Empty title="Not judged yet">Its devices are judged from their next round on.</Empty>
          ) : (
            <Rounds cohort={cohort} history={history} used={used} />
          )
        }}
      </Known>
    </Card>
  )
}

function Rounds({ cohort, history, used }: { cohort: number; history: History; used: number[] }) {
  // How many rounds before the last accounted one.
  const [age, setAge] = useState(0)
  const round = history.next - 1 - age
  const share = roundShare(history.up, history.excused, used, age)
  const oldest = Math.min(ROUNDS - 1, history.next - 1)
  return (
    <Stack gap="xs">
      <Text size="sm" c="var(--dimmed-text)" aria-live="polite">
        {used.length.toLocaleString("en")} {used.length === 1 ? "lane" : "lanes"}; round {round}
        {age === 0 ? ", the last one accounted" : ""}: {share === undefined ? "nobody was judged" : `${Math.round(share * 100)} % up`}
      </Text>
      <div className="strip" aria-hidden>
        {Array.from({ length: ROUNDS }, (_, n) => ROUNDS - 1 - n).map((back) => {
          const good = back > oldest ? undefined : roundShare(history.up, history.excused, used, back)
          const background = good === undefined ? "var(--none)" : `color-mix(in oklab, var(--up) ${Math.round(good * 100)}%, var(--down))`
          return (
            <span
              key={back}
              style={{ background, outline: back === age ? "2px solid var(--mantine-color-text)" : "none", cursor: "pointer" }}
              onClick={() => setAge(Math.min(back, oldest))}
            />
          )
        })}
      </div>
      {oldest > 0 && (
        <Slider
          aria-label="Round"
          thumbLabel="Round"
          min={round + age - oldest}
          max={round + age}
          value={round}
          // The newest on the right, as in the strip.
          onChange={(chosen) => setAge(round + age - chosen)}
          label={(chosen) => `round ${chosen}`}
        />
      )}
      <Lanes cohort={cohort} history={history} used={used} age={age} />
    </Stack>
  )
}

/** All lanes are one stop of the Tab key; arrows go from one to the next. */
function Lanes({ cohort, history, used, age }: { cohort: number; history: History; used: number[]; age: number }) {
  const { api } = useConnection()
  const [stop, setStop] = useState(0)
  const [problem, setProblem] = useState<string>()
  const grid = useRef<HTMLDivElement>(null)

  const open = (lane: number) =>
    api.apis.VouchApi.tenant({ cohort, lane }, { at: "best" }).then(
      (device) => {
        if (device === undefined) setProblem(`Lane ${lane} is vacant by now.`)
        else window.location.hash = toDevice(device)
      },
      (error: Error) => setProblem(error.message),
    )
  const move = (event: React.KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = Math.max(0, Math.min(used.length - 1, stop + step))
    setStop(next)
    ;(grid.current?.children[next] as HTMLElement | undefined)?.focus()
  }

  return (
    <>
      {problem !== undefined && <Text role="alert">{problem}</Text>}
      <div className="lanes" ref={grid} role="group" aria-label="Lanes" onKeyDown={move}>
        {used.map((lane, n) => {
          const was = verdict(history.up[lane] ?? 0, history.excused[lane] ?? 0, age)
          const told = `Lane ${lane}: ${WORDS[was]}`
          return (
            <button
              key={lane}
              type="button"
              className={`lane ${was}`}
              tabIndex={n === stop ? 0 : -1}
              title={told}
              aria-label={told}
              onFocus={() => setStop(n)}
              onClick={() => void open(lane)}
            />
          )
        })}
      </div>
    </>
  )
}
