// Keys of owners and devices, and what a device signs to be registered; see primitives/src/probe.rs.

import { ed25519CreateDerive, sr25519CreateDerive } from "@polkadot-labs/hdkd"
import { DEV_MINI_SECRET, ss58Address } from "@polkadot-labs/hdkd-helpers"

/** The development account of this derivation path, `//Alice` for instance. */
export const owner = (path) => sr25519CreateDerive(DEV_MINI_SECRET)(path)

/** The device key of a seed. */
export const deviceKey = (seed) => ed25519CreateDerive(bytes(seed))("")

/** An account as SS58. */
export const address = (publicKey) => ss58Address(publicKey, 42)

/** Bytes of a hexadecimal string. */
export const bytes = (hex) => Uint8Array.from(Buffer.from(hex.replace(/^0x/, ""), "hex"))

/** A hexadecimal string of bytes. */
export const hex = (bytes) => `0x${Buffer.from(bytes).toString("hex")}`

/** The device's proof of possession for this owner, whose first it is: an Ed25519 signature. */
export function proof(key, genesis, owner) {
  const count = new Uint8Array(4)
  const domain = new TextEncoder().encode("vouch/register/v1")
  return key.sign(Uint8Array.from(Buffer.concat([domain, bytes(genesis), owner, count])))
}
