// The metadata hash (RFC-78): computed by two libraries, compiled into the runtime, and checked in transactions.

import { merkleizeMetadata } from "@polkadot-api/merkleize-metadata"
import { MerkleizedMetadata } from "dedot/merkleized-metadata"
import { ApiPromise, Keyring, WsProvider } from "@polkadot/api"
import { Checks, ensure } from "./lib/checks.mjs"
import { bytes, hex } from "./lib/keys.mjs"
import { options } from "./lib/options.mjs"
import { Raw } from "./lib/raw.mjs"
import { versionOf } from "./lib/version.mjs"

const given = options("url")
const checks = new Checks("metadata hash")
const raw = await Raw.connect(given.url)

const { decimals, symbol, prefix } = await raw.request("system_properties").then((properties) => ({
  decimals: properties.tokenDecimals,
  symbol: properties.tokenSymbol,
  prefix: properties.ss58Format,
}))

await checks.run("symbol, decimals and prefix are in system_properties", () => {
  ensure(symbol === "VCH" && decimals === 12 && prefix === 42, JSON.stringify({ symbol, decimals, prefix }))
})

const digest = await checks.run("two libraries agree on it", async () => {
  const encoded = await raw.metadata()
  const { specVersion, specName } = await raw.request("state_getRuntimeVersion")
  const one = hex(merkleizeMetadata(encoded, { decimals, tokenSymbol: symbol }).digest())
  const other = hex(
    new MerkleizedMetadata(hex(encoded), { specVersion, specName, ss58Prefix: prefix, decimals, tokenSymbol: symbol }).digest(),
  )
  ensure(bytes(one).length === 32 && one === other, `${one} and ${other}`)
  const wanted = given["expect-hash"]
  ensure(wanted === undefined || one === wanted, `${one} instead of ${wanted}`)
  console.log(`# @polkadot-api/merkleize-metadata ${versionOf("@polkadot-api/merkleize-metadata")}, dedot ${versionOf("dedot")}`)
  return one
})

const api = await ApiPromise.create({ provider: new WsProvider(given.url), noInitWarn: true, throwOnConnect: true })
const account = new Keyring({ type: "sr25519", ss58Format: 42 }).addFromUri(given.owner)

/** Sends a remark whose signature covers `hash`. */
const send = (hash) =>
  new Promise((resolve, reject) => {
    api.tx.system
      .remark("0x")
      .signAndSend(account, { mode: 1, metadataHash: hash, withSignedTransaction: true }, ({ status }) => {
        if (status.isInBlock) resolve()
        else if (status.isInvalid || status.isDropped) reject(new Error(status.type))
      })
      .catch(reject)
  })

await checks.run("a transaction that is signed with it is taken", () => send(digest))

await checks.run("one with a flipped byte is refused", async () => {
  const wrong = bytes(digest)
  wrong[7] ^= 1
  const refused = await send(hex(wrong)).then(
    () => undefined,
    (error) => error.message,
  )
  ensure(refused?.includes("bad signature"), `${refused}`)
})

await api.disconnect()
raw.close()
checks.end()
