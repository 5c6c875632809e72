// The last 32 rounds of a lane, bit by bit: bit 0 is the newest.

export const ROUNDS = 32

/** How a round counted. */
export type Verdict = "up" | "counted" | "down" | "none"

/** In words. */
export const WORDS: Record<Verdict, string> = {
  up: "judged up",
  counted: "counted as up without judgement",
  down: "judged down",
  none: "not judged",
}

/** How the round `age` rounds before the last accounted one counted. */
export function verdict(up: number, excused: number, age: number): Verdict {
  const isUp = (up >>> age) & 1
  const isExcused = (excused >>> age) & 1
  if (isUp) return isExcused ? "counted" : "up"
  return isExcused ? "none" : "down"
}

/** All rounds, the oldest first. */
export function verdicts(up: number, excused: number): Verdict[] {
  return Array.from({ length: ROUNDS }, (_, n) => verdict(up, excused, ROUNDS - 1 - n))
}

/** Which share of `lanes` was up in a round, of those that it judged; undefined if it judged none. */
export function roundShare(up: readonly number[], excused: readonly number[], lanes: readonly number[], age: number): number | undefined {
  const judged = lanes
    .map((lane) => verdict(up[lane] ?? 0, excused[lane] ?? 0, age))
    .filter((verdict) => verdict === "up" || verdict === "down")
  return judged.length === 0 ? undefined : judged.filter((verdict) => verdict === "up").length / judged.length
}

/** Lanes of a cohort that were ever judged or counted, in order. */
export function lanes(up: readonly number[], excused: readonly number[]): number[] {
  return up.flatMap((bits, lane) => (bits !== 0 || (excused[lane] ?? 0) >>> 0 !== 0xffffffff ? [lane] : []))
}
