// smoldot, an independent light client: it syncs from the chain's specification, verifies finality, and reads with proofs.

import { readFileSync } from "node:fs"
import { Blake2128Concat, Twox128 } from "@polkadot-api/substrate-bindings"
import { Checks, ensure, until } from "./lib/checks.mjs"
import { bytes, hex } from "./lib/keys.mjs"
import { Light } from "./lib/light.mjs"
import { options } from "./lib/options.mjs"
import { Raw } from "./lib/raw.mjs"
import { versionOf } from "./lib/version.mjs"

const version = versionOf("smoldot")
const given = options("url", "spec", "device")
const checks = new Checks(`smoldot ${version}`)
const raw = await Raw.connect(given.url)
let light

await checks.run("syncs from the specification through a full node's WebSocket listener", async () => {
  light = await Light.follow(readFileSync(given.spec, "utf8"))
  ensure(light.genesis === (await raw.request("chain_getBlockHash", 0)), "it has another genesis")
  const first = await until("a final block", 120, () => light.finalized.at(-1))
  return `to block ${Number((await raw.request("chain_getHeader", first)).number)}`
})

await checks.run("verifies finality as it advances", async () => {
  const seen = light.finalized.length
  await until("five more final blocks", 120, () => light.finalized.length >= seen + 5)
  for (const hash of light.finalized.slice(-5)) {
    const number = Number((await raw.request("chain_getHeader", hash)).number)
    ensure((await raw.request("chain_getBlockHash", number)) === hash, `block ${number} is another one for the node`)
  }
})

await checks.run("reads a device with a proof", async () => {
  const half = hex(Twox128(new TextEncoder().encode("Devices"))).slice(2)
  const key = `0x${half}${half}${hex(Blake2128Concat(bytes(given.device))).slice(2)}`
  const at = light.finalized.at(-1)
  const [proven, stored] = [await light.storage(at, key), await raw.request("state_getStorage", key, at)]
  ensure(stored && proven === stored, `${proven} instead of ${stored}`)
})

await light?.end()
raw.close()
checks.end()
