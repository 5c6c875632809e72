// polkadot-api (PAPI) without descriptors: everything from the metadata of the chain.

import WebSocket from "ws"
import { createClient, Enum } from "polkadot-api"
import { getPolkadotSigner } from "polkadot-api/signer"
import { getWsProvider } from "polkadot-api/ws"
import { getDynamicBuilder, getLookupFn } from "@polkadot-api/metadata-builders"
import { unifyMetadata, decAnyMetadata, Twox128 } from "@polkadot-api/substrate-bindings"
import { getExtrinsicDecoder } from "@polkadot-api/tx-utils"
import { Checks, EARNING, ensure, ensureSeen, until } from "./lib/checks.mjs"
import { address, deviceKey, hex, owner, proof } from "./lib/keys.mjs"
import { endpoint, expected, options } from "./lib/options.mjs"
import { Raw } from "./lib/raw.mjs"
import { ours } from "./lib/vouch.mjs"
import { versionOf } from "./lib/version.mjs"

const utf8 = (text) => new TextEncoder().encode(text)
const version = versionOf("polkadot-api")
const given = options("url", "device-seed", "endpoint")
const checks = new Checks(`polkadot-api ${version}`)
const raw = await Raw.connect(given.url)
const client = createClient(getWsProvider(given.url, { websocketClass: WebSocket }))
const api = client.getUnsafeApi()
const genesis = await raw.request("chain_getBlockHash", 0)
const head = await raw.request("chain_getFinalizedHead")

const metadataBytes = await raw.metadata()
const metadata = unifyMetadata(decAnyMetadata(metadataBytes))
const builder = getDynamicBuilder(getLookupFn(metadata))

/** Names of a call and of those inside of it, as `Pallet.call`. */
function* namesOf(call) {
  if (call?.type === undefined || call.value?.type === undefined) return
  yield `${call.type}.${call.value.type}`
  const inner = call.value.value ?? {}
  for (const nested of [inner.call, ...(Array.isArray(inner.calls) ? inner.calls : [])]) yield* namesOf(nested)
}

/** How many errors of pallets there are in a value. */
function moduleErrors(value) {
  if (typeof value !== "object" || value === null) return 0
  if (value.type === "Module" && value.value?.type !== undefined) return 1
  return Object.values(value).reduce((sum, inner) => sum + moduleErrors(inner), 0)
}

await checks.run("every extrinsic of every block decodes", async () => {
  const decode = getExtrinsicDecoder(metadataBytes)
  const calls = builder.buildDefinition(metadata.outerEnums.call)
  const [seen, hashes] = [new Set(), await raw.blocks()]
  let count = 0
  for (const hash of hashes) {
    for (const extrinsic of (await raw.request("chain_getBlock", hash)).block.extrinsics) {
      const { callData } = decode(extrinsic)
      const call = calls.dec(callData)
      ensure(hex(calls.enc(call)) === hex(callData), `a call of ${hash} does not encode to what it was`)
      for (const name of namesOf(call)) seen.add(name)
      count += 1
    }
  }
  ensureSeen(seen, expected(given.expect))
  return `${count} extrinsics of ${hashes.length} blocks, ${seen.size} calls; ${ours(seen)}`
})

await checks.run("every event of every block decodes, and encodes to what it was", async () => {
  const events = builder.buildStorage("System", "Events")
  const seen = new Set()
  let count = 0
  for (const hash of await raw.blocks()) {
    const stored = await raw.request("state_getStorage", events.keys.enc(), hash)
    const decoded = events.value.dec(stored)
    const [encoded, errors] = [hex(events.value.enc(decoded)), moduleErrors(decoded)]
    // It decodes the four bytes of a pallet's error to a name, and writes that as one byte.
    const isSame = errors === 0 ? encoded === stored : encoded.length + 6 * errors === stored.length
    ensure(isSame, `the events of ${hash} do not encode to what they were`)
    for (const { event } of decoded) {
      seen.add(`${event.type}.${event.value.type}`)
      count += 1
    }
  }
  return `${count} events of ${seen.size} kinds; ${ours(seen)}`
})

await checks.run("every storage item decodes, key and value, and encodes to what it was", async () => {
  const known = new Set()
  let [count, constants] = [0, 0]
  for (const pallet of metadata.pallets.filter(({ storage }) => storage)) {
    for (const item of pallet.storage.items) {
      const codec = builder.buildStorage(pallet.name, item.name)
      const prefix = codec.keys.enc()
      for (const [key, value] of await raw.values(await raw.keys(prefix, head), head)) {
        const args = codec.keys.dec(key)
        // A hash without what was hashed is all that some keys have.
        const hashed = item.type.tag === "map" && item.type.value.hashers.some(({ tag }) => !/Concat|Identity/.test(tag))
        ensure(hashed || codec.keys.enc(...args) === key, `the key ${key} of ${pallet.name}.${item.name} does not encode to what it was`)
        const encoded = hex(codec.value.enc(codec.value.dec(value)))
        ensure(encoded === value, `${pallet.name}.${item.name} ${key} does not encode to what it was`)
        known.add(key)
        count += 1
      }
    }
  }
  // Nothing is stored that the metadata does not name, but what every runtime has.
  const versions = new Set(
    metadata.pallets.map(({ name }) => `${hex(Twox128(utf8(name)))}${hex(Twox128(utf8(":__STORAGE_VERSION__:"))).slice(2)}`),
  )
  const wellKnown = new Set([":code", ":extrinsic_index"].map((name) => hex(utf8(name))))
  const unnamed = (await raw.keys("0x", head)).filter((key) => !known.has(key) && !versions.has(key) && !wellKnown.has(key))
  ensure(unnamed.length === 0, `not in the metadata: ${unnamed.join(", ")}`)
  return `${count} items`
})

await checks.run("every constant decodes, and encodes to what it was", () => {
  let count = 0
  for (const pallet of metadata.pallets) {
    for (const { name, value } of pallet.constants) {
      const codec = builder.buildConstant(pallet.name, name)
      const given = typeof value === "string" ? value : hex(value)
      ensure(hex(codec.enc(codec.dec(value))) === given, `${pallet.name}.${name} does not encode to what it was`)
      count += 1
    }
  }
  return `${count} constants`
})

const account = owner(given.owner)
const signer = getPolkadotSigner(account.publicKey, "Sr25519", account.sign)
const me = address(account.publicKey)
const key = deviceKey(given["device-seed"])
const device = address(key.publicKey)

/** What a device has earned, by the runtime API. */
const explained = async () => (await api.apis.VouchApi.explain(device, { at: "best" })) ?? undefined

await checks.run("registers a device", async () => {
  const { ip, port } = endpoint(given.endpoint)
  const call = api.tx.Devices.register({
    device,
    class: 0,
    endpoint: Enum("V4", { ip: hex(ip), port }),
    beneficiary: undefined,
    proof: Enum("Ed25519", hex(proof(key, genesis, account.publicKey))),
  })
  const result = await call.signAndSubmit(signer)
  ensure(result.ok, JSON.stringify(result.dispatchError, (_, value) => (typeof value === "bigint" ? `${value}` : value)))
  const record = await api.query.Devices.Devices.getValue(device)
  ensure(record?.owner === me, "the record names another owner")
})

await checks.run("asks runtime APIs and view functions with typed answers", async () => {
  const [network, epoch, page] = await Promise.all([
    api.apis.VouchApi.network(),
    api.apis.VouchApi.epoch(),
    api.apis.VouchApi.fleet(me, undefined, 10),
  ])
  ensure(network.devices > 0 && epoch.uptime.budget > 0n, "the network has no devices or no budget")
  ensure(page.some((summary) => summary.device === device), "the fleet lacks the device")
  const nonce = await api.view.Devices.nonce_of_device(device)
  ensure(nonce === 1, `the view function says ${nonce}`)
  ensure((await api.apis.VouchApi.device(me)) === undefined, "an account that is no device is one")
})

await checks.run("watches it earn", async () => {
  const found = await until("the device to accrue tokens", EARNING, async () => {
    const { pending } = (await explained()) ?? {}
    return pending?.accrued > 0n ? pending : undefined
  })
  return `${found.accrued} planck`
})

await checks.run("claims, and the balance grows by that less the fee, to the planck", async () => {
  const before = await api.query.System.Account.getValue(me, { at: "best" })
  const { ok, events, block } = await api.tx.Rewards.claim({ devices: [device] }).signAndSubmit(signer)
  ensure(ok, "the claim failed")
  const find = (pallet, name) => events.find((event) => event.type === pallet && event.value.type === name)?.value.value
  const [claimed, fee] = [find("Rewards", "Claimed"), find("TransactionPayment", "TransactionFeePaid")]
  const after = await api.query.System.Account.getValue(me, { at: block.hash })
  const grown = after.data.free - before.data.free
  const { header } = await raw.request("chain_getBlock", block.hash).then(({ block }) => block)
  const { pending, work } = await api.apis.VouchApi.explain(device, { at: header.parentHash })
  ensure(
    claimed.amount === pending.accrued + work.accrued,
    `${claimed.amount} was claimed, and ${pending.accrued} and ${work.accrued} had accrued a block before`,
  )
  const isPaid = claimed.to === me && grown === claimed.amount - fee.actual_fee
  ensure(isPaid, `${grown} of ${claimed.amount} arrived, the fee is ${fee.actual_fee}`)
  return `${claimed.amount} planck`
})

client.destroy()
raw.close()
checks.end()
