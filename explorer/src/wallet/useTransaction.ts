// Sends a transaction and tells how far it is.

import type { InjectedPolkadotAccount } from "polkadot-api/pjs-signer"
import { useState } from "react"
import { useConnection } from "../chain/ChainProvider"
import { nameOf, onlyFor, type Call } from "./known"

/** What every transaction of the typed API can do. */
interface Signable {
  decodedCall: Call
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
  | { kind: "making" }
  | { kind: "signing"; call: string }
  | { kind: "sent" }
  | { kind: "included" }
  | { kind: "final" }
  | { kind: "failed"; problem: string }

/** Sends what `make` makes, signed by `account`, once it is certain to be what the page says it is. */
type Send = (make: () => unknown, account: InjectedPolkadotAccount) => void

export function useTransaction(): { transaction: Transaction; send: Send } {
  const { genesis } = useConnection()
  const [transaction, setTransaction] = useState<Transaction>({ kind: "idle" })
  const fail = (problem: string) => setTransaction({ kind: "failed", problem })
  const failed = (error: unknown) => fail(error instanceof Error ? error.message : String(error))
  const sign = async (make: () => unknown, account: InjectedPolkadotAccount) => {
    const signable = (await make()) as Signable
    const signer = await onlyFor(signable.decodedCall, account.polkadotSigner, genesis)
    setTransaction({ kind: "signing", call: nameOf(signable.decodedCall) })
    signable.signSubmitAndWatch(signer).subscribe({
      next: (event) => {
        if (event.type === "signed" || event.type === "broadcasted") setTransaction({ kind: "sent" })
        else if (event.type === "txBestBlocksState" && !event.found) setTransaction({ kind: "sent" })
        else if (!event.ok) fail(`The chain refused it: ${named(event.dispatchError)}.`)
        else setTransaction({ kind: event.type === "finalized" ? "final" : "included" })
      },
      error: failed,
    })
  }
  const send: Send = (make, account) => {
    setTransaction({ kind: "making" })
    sign(make, account).catch(failed)
  }
  return { transaction, send }
}

/** The innermost name of an error, which is the pallet's own. */
export function named({ type, value }: { type: string; value?: unknown }): string {
  return typeof value === "object" && value !== null && "type" in value ? named(value as { type: string; value?: unknown }) : type
}
