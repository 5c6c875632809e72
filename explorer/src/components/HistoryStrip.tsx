// 32 rounds at a glance, the newest on the right.

import { Text } from "@mantine/core"
import { verdicts, WORDS } from "../view/history"

export function HistoryStrip({ up, excused, compact = false }: { up: number; excused: number; compact?: boolean }) {
  const rounds = verdicts(up, excused)
  const count = (wanted: string) => rounds.filter((verdict) => verdict === wanted).length
  const told = `Of the last 32 rounds ${count("up")} judged up, ${count("counted")} counted as up, ${count("down")} down, ${count("none")} not judged`
  return (
    <figure style={{ margin: 0 }}>
      <div className="strip" role="img" aria-label={told}>
        {rounds.map((verdict, n) => (
          <span key={n} className={verdict} title={`${31 - n} rounds ago: ${WORDS[verdict]}`} />
        ))}
      </div>
      {!compact && (
        <Text component="figcaption" size="sm" c="var(--dimmed-text)" mt={4}>
          {told}. The newest is on the right.
        </Text>
      )}
    </figure>
  )
}
