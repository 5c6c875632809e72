// What a call has to be, by the runtime that this page was built with. A node says by its metadata how calls are written; one that
// lies could have a wallet sign something else than what the page shows.

import { vouch } from "@vouch/descriptors"
import { getOfflineApi, type PolkadotSigner } from "polkadot-api"

/** A call by its names, as transactions of the typed API have it. */
export interface Call {
  type: string
  value: { type: string; value?: unknown }
}

/** `Pallet.call`. */
export const nameOf = ({ type, value }: Call) => `${type}.${value.type}`

type Entry = (argument: unknown) => { encodedData: Uint8Array }

/** `signer`, which signs nothing but `call`, written as this page knows it. */
export async function onlyFor(call: Call, signer: PolkadotSigner, genesis: string): Promise<PolkadotSigner> {
  const { tx } = await getOfflineApi({ ...vouch, genesis })
  const entry = (tx as Record<string, Record<string, Entry>>)[call.type]?.[call.value.type]
  const known = entry?.(call.value.value).encodedData
  return {
    ...signer,
    signTx: async (given, ...others) => {
      if (known === undefined || !isSame(known, given)) throw new Error(stranger(nameOf(call)))
      return signer.signTx(given, ...others)
    },
  }
}

const stranger = (name: string) =>
  `The node writes ${name} in another way than this page knows it. Either its chain was upgraded and this page was not, or it ` +
  "wants you to sign something else. Nothing was signed."

const isSame = (one: Uint8Array, other: Uint8Array) =>
  one.length === other.length && one.every((byte, index) => byte === other[index])
