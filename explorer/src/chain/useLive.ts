// Answers that are asked for again when a block says that they may have changed.

import { useEffect, useRef, useState } from "react"
import { skips } from "../view/blocks"
import { useConnection, type Block } from "./ChainProvider"
import type { Api } from "./types"

export type Live<T> = { kind: "loading" } | { kind: "failed"; error: Error } | { kind: "known"; value: T }

/**
 * What `ask` answers: at once, whenever `key` changes, and after each block that `concerns` it or that does not follow on the
 * last one. The last answer stays until the next one is there.
 */
export function useLive<T>(key: string, ask: (api: Api) => Promise<T>, concerns: (block: Block) => boolean): Live<T> {
  const { api, block } = useConnection()
  const [live, setLive] = useState<Live<T>>({ kind: "loading" })
  const seen = useRef<string>(undefined)
  const asked = useRef<{ key: string; round: number }>({ key: "", round: 0 })

  useEffect(() => {
    const first = asked.current.key !== key
    const missed = skips(seen.current, block)
    seen.current = block?.hash
    if (!first && (block === undefined || !(missed || concerns(block)))) return
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

/** A round, an epoch, or something that was accounted. */
export const concernsRounds = ({ changes }: Block) =>
  changes.opened !== undefined || changes.closed !== undefined || changes.accounted.length > 0

/** Everything that can change a device. */
export const concernsDevice = (device: string) => (block: Block) =>
  concernsRounds(block) || block.changes.devices.includes(device)

/** Everything that can change any device. */
export const concernsDevices = (block: Block) => concernsRounds(block) || block.changes.devices.length > 0

/** Anything at all. */
export const concernsAnything = () => true
