// A wallet for tests: what an extension puts into the page, with the key of a development account. It signs as the extensions of
// polkadot-js do, knowing nothing of this chain but the payload that the page hands over.

import type { Page } from "@playwright/test"
import { Keyring } from "@polkadot/keyring"
import { TypeRegistry } from "@polkadot/types"
import type { SignerPayloadJSON } from "@polkadot/types/types"
import { ed25519CreateDerive } from "@polkadot-labs/hdkd"
import { ss58Address } from "@polkadot-labs/hdkd-helpers"

/** A development account, `//Eve` for instance. */
export const account = (uri: string) => new Keyring({ type: "sr25519", ss58Format: 42 }).addFromUri(uri)

/** A device key of its own, and what it signs for an owner; see primitives/src/probe.rs. */
export function device(fill: number, genesis: string, owner: Uint8Array) {
  const { publicKey, sign } = ed25519CreateDerive(new Uint8Array(32).fill(fill))("")
  const domain = Buffer.from("vouch/register/v1")
  const payload = Buffer.concat([domain, Buffer.from(genesis.slice(2), "hex"), owner, Buffer.alloc(4)])
  return { id: ss58Address(publicKey, 42), proof: `0x00${Buffer.from(sign(payload)).toString("hex")}` }
}

function sign(uri: string, payload: SignerPayloadJSON): string {
  const registry = new TypeRegistry()
  registry.setSignedExtensions(payload.signedExtensions)
  return registry.createType("ExtrinsicPayload", payload, { version: payload.version }).sign(account(uri)).signature
}

/** Puts a wallet with this account into every page that is opened from now on. */
export async function install(page: Page, uri: string): Promise<void> {
  await page.exposeFunction("vouchTestSign", (payload: SignerPayloadJSON) => sign(uri, payload))
  await page.addInitScript((address) => {
    const accounts = [{ address, name: "test", type: "sr25519" }]
    const host = window as unknown as { vouchTestSign(payload: unknown): Promise<string> }
    const signer = {
      signPayload: async (payload: unknown) => ({ id: 1, signature: await host.vouchTestSign(payload) }),
      signRaw: async () => {
        throw new Error("this page has no reason to have raw bytes signed")
      },
    }
    const subscribe = (tell: (all: typeof accounts) => void) => {
      tell(accounts)
      return () => {}
    }
    const enable = async () => ({ accounts: { get: async () => accounts, subscribe }, signer })
    Object.assign(window, { injectedWeb3: { "test-wallet": { version: "1.0.0", enable } } })
  }, account(uri).address)
}
