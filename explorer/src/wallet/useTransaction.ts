// Sends a transaction and tells how far it is.

import type { InjectedPolkadotAccount } from "polkadot-api/pjs-signer"
import { useState } from "react"

/** What every transaction of the typed API can do. */
interface Signable {
  signSubmitAndWatch(signer: InjectedPolkadotAccount["polkadotSigner"]): {
    subscribe(observer: { next: (event: Progress) => void; error: (error: unknown) => void }): unknown
  }
}

type Progress =
  | { type: "signed" }
  | { type: "broadcasted" }
  | { type: "txBestBlocksState"; found: false }
  | ({ type: "txBestBlocksState"; found: true } & Outcome)
  | ({ type: "finalized" } & Outcome)

type Outcome = { ok: true } | { ok: false; dispatchError: { type: string; value?: unknown } }

export type Transaction =
  | { kind: "idle" }
  | { kind: "signing" }
  | { kind: "sent" }
  | { kind: "included" }
  | { kind: "final" }
  | { kind: "failed"; problem: string }

export function useTransaction(): { transaction: Transaction; send: (signable: unknown, account: InjectedPolkadotAccount) => void } {
  const [transaction, setTransaction] = useState<Transaction>({ kind: "idle" })
  const fail = (problem: string) => setTransaction({ kind: "failed", problem })
  const send = (signable: unknown, account: InjectedPolkadotAccount) => {
    setTransaction({ kind: "signing" })
    ;(signable as Signable).signSubmitAndWatch(account.polkadotSigner).subscribe({
      next: (event) => {
        if (event.type === "signed" || event.type === "broadcasted") setTransaction({ kind: "sent" })
        else if (event.type === "txBestBlocksState" && !event.found) setTransaction({ kind: "sent" })
        else if (!event.ok) fail(`The chain refused it: ${named(event.dispatchError)}.`)
        else setTransaction({ kind: event.type === "finalized" ? "final" : "included" })
      },
      error: (error) => fail(error instanceof Error ? error.message : String(error)),
    })
  }
  return { transaction, send }
}

/** The innermost name of an error, which is the pallet's own. */
export function named({ type, value }: { type: string; value?: unknown }): string {
  return typeof value === "object" && value !== null && "type" in value ? named(value as { type: string; value?: unknown }) : type
}
