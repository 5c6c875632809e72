// Gives all pages the connection, and tells them of every new block what it changed.

import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react"
import { connect, type Connection } from "./connection"
import type { Changes } from "./types"

/** A block, and what it changed. */
export interface Block {
  number: number
  hash: string
  parent: string
  changes: Changes
}

export type Status =
  | { kind: "connecting" }
  | { kind: "failed"; error: Error }
  | { kind: "ready"; connection: Connection; online: boolean; block: Block | undefined }

const ChainContext = createContext<{ status: Status; node: string; retry: () => void }>({
  status: { kind: "connecting" },
  node: "",
  retry: () => {},
})

export const useChain = () => useContext(ChainContext)

/** The connection; only for what is shown once there is one. */
export function useConnection(): Connection & { block: Block | undefined } {
  const { status } = useChain()
  if (status.kind !== "ready") throw new Error("there is no connection yet")
  return useMemo(() => ({ ...status.connection, block: status.block }), [status])
}

export function ChainProvider({ node, children }: { node: string; children: ReactNode }) {
  const [status, setStatus] = useState<Status>({ kind: "connecting" })
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    let gone = false
    let unfollow = () => {}
    setStatus({ kind: "connecting" })
    const update = (change: (status: Status) => Status) => {
      if (!gone) setStatus(change)
    }
    const [ready, disconnect] = connect(node, (online) =>
      update((status) => (status.kind === "ready" ? { ...status, online } : status)),
    )
    ready.then(
      (connection) => {
        update(() => ({ kind: "ready", connection, online: true, block: undefined }))
        unfollow = follow(connection, (block) =>
          update((status) => (status.kind === "ready" ? { ...status, block, online: true } : status)),
        )
        if (gone) unfollow()
      },
      (error: Error) => {
        update(() => ({ kind: "failed", error }))
        disconnect()
      },
    )
    return () => {
      gone = true
      unfollow()
      disconnect()
    }
  }, [node, attempt])

  const retry = () => setAttempt((attempt) => attempt + 1)
  return <ChainContext.Provider value={{ status, node, retry }}>{children}</ChainContext.Provider>
}

/** Tells of each best block, with what it changed. */
function follow({ client, api }: Connection, tell: (block: Block) => void): () => void {
  const subscription = client.bestBlocks$.subscribe({
    next: ([best]) => {
      if (best === undefined) return
      const { number, hash, parent } = best
      // A block that was retracted meanwhile has nothing to tell.
      api.apis.VouchApi.changes({ at: hash }).then(
        (changes) => tell({ number, hash, parent, changes }),
        () => {},
      )
    },
    error: () => {},
  })
  return () => subscription.unsubscribe()
}
