// What a call has to be, by the runtime that this page was built with. A node says by its metadata how calls are written; one that
// lies could have a wallet sign something else than what the page shows.

import { vouch } from "@vouch/descriptors"
import { getOfflineApi } from "polkadot-api"

/** A call by its names, as transactions of the typed API have it. */
export interface Call {
  type: string
  value: { type: string; value?: unknown }
}

/** Something that is about to be signed. */
export interface Encoded {
  decodedCall: Call
  getEncodedData(): Promise<Uint8Array>
}

/** `Pallet.call`. */
export const nameOf = ({ type, value }: Call) => `${type}.${value.type}`

type Entry = (argument: unknown) => { encodedData: Uint8Array }

/** Throws unless the node has `transaction` written as this page knows it. */
export async function ensureKnown(transaction: Encoded, genesis: string): Promise<void> {
  const { type, value } = transaction.decodedCall
  const { tx } = await getOfflineApi({ ...vouch, genesis })
  const known = (tx as Record<string, Record<string, Entry>>)[type]?.[value.type]?.(value.value).encodedData
  const given = await transaction.getEncodedData()
  if (known === undefined || !isSame(known, given)) {
    throw new Error(
      `The node writes ${nameOf({ type, value })} in another way than this page knows it. Either its chain was upgraded and this page was not, or it wants you to sign something else. Nothing was signed.`,
    )
  }
}

const isSame = (one: Uint8Array, other: Uint8Array) =>
  one.length === other.length && one.every((byte, index) => byte === other[index])
