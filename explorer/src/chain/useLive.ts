// Answers that are asked for again when a block says that they may have changed.

import { useEffect, useRef, useState } from "react"
import { skips } from "../view/blocks"
import { useConnection, type Block } from "./ChainProvider"
import type { Api } from "./types"

export type Live<T> = { kind: "loading" } | { kind: "failed"; error: Error } | { kind: "known"; value: T }

/**
 * What `ask` answers: at once, whenever `key` changes, and after each block that `concerns` it, as the last answer has it, or that does
 * not follow on the last one. The last answer stays until the next one is there.
 */
export function useLive<T>(key: string, ask: (api: Api) => Promise<T>, concerns: (block: Block, last: T | undefined) => boolean): Live<T> {
  const { api, block } = useConnection()
  const [live, setLive] = useState<Live<T>>({ kind: "loading" })
  const seen = useRef<string>(undefined)
  const asked = useRef<{ key: string; round: number }>({ key: "", round: 0 })

  useEffect(() => {
    const first = asked.current.key !== key
    const missed = skips(seen.current, block)
    seen.current = block?.hash
    if (!first && (block === undefined || !(missed || concerns(block, live.kind === "known" ? live.value : undefined)))) return
    if (first) setLive({ kind: "loading" })
    const round = asked.current.round + 1
    asked.current = { key, round }
    const isNewest = () => asked.current.round === round
    ask(api).then(
      (value) => isNewest() && setLive({ kind: "known", value }),
      (error: Error) => isNewest() && setLive((last) => (last.kind === "known" ? last : { kind: "failed", error })),
    )
    // `ask` and `concerns` are new with every drawing; what they depend on is in `key`.
  }, [api, block, key])

  return live
}

/** A round opened, and those before it are accounted or soon will be. */
export const concernsRounds = ({ changes }: Block) => changes.opened !== undefined || changes.closed !== undefined

/** Everything that can change what is known of devices in these cohorts; at first it is not known which these are. */
export const concernsCohorts = (block: Block, cohorts: ReadonlySet<number> | undefined) =>
  concernsRounds(block) || block.changes.accounted.some(({ cohort }) => cohorts?.has(cohort) ?? true)

/** Everything that can change these devices, which are in these cohorts; at first it is not known which these are. */
export const concernsDevices = (
  block: Block,
  devices: ReadonlySet<string> | undefined,
  cohorts: ReadonlySet<number> | undefined,
) => concernsCohorts(block, cohorts) || block.changes.devices.some((device) => devices?.has(device) ?? true)

/** Anything at all. */
export const concernsAnything = () => true
