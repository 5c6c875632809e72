// dedot, a second client in TypeScript with a decoder of its own.

import { LegacyClient, WsProvider } from "dedot"
import { DecodeBuffer } from "dedot/shape"
import { Keyring } from "@polkadot/api"
import { xxhashAsHex } from "@polkadot/util-crypto"
import { Checks, EARNING, ensure, ensureSeen, until } from "./lib/checks.mjs"
import { address, bytes, deviceKey, hex, proof } from "./lib/keys.mjs"
import { endpoint, expected, options } from "./lib/options.mjs"
import { Raw } from "./lib/raw.mjs"
import { ours } from "./lib/vouch.mjs"
import { versionOf } from "./lib/version.mjs"

const version = versionOf("dedot")
const given = options("url", "device-seed", "endpoint")
const checks = new Checks(`dedot ${version}`)
const raw = await Raw.connect(given.url)
const client = await LegacyClient.new(new WsProvider(given.url))
const head = await raw.request("chain_getFinalizedHead")

/** Names of a call and of those inside of it, as `Pallet.call` with the chain's own spelling. */
function* namesOf(call) {
  if (call?.pallet === undefined || call.palletCall?.name === undefined) return
  yield `${call.pallet}.${call.palletCall.name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase()}`
  const inner = call.palletCall.params ?? {}
  for (const nested of [inner.call, ...(Array.isArray(inner.calls) ? inner.calls : [])]) yield* namesOf(nested)
}

await checks.run("every extrinsic of every block decodes", async () => {
  const [seen, hashes] = [new Set(), await raw.blocks()]
  let count = 0
  for (const hash of hashes) {
    for (const extrinsic of (await raw.request("chain_getBlock", hash)).block.extrinsics) {
      const decoded = client.registry.$Extrinsic.tryDecode(extrinsic)
      ensure(hex(client.registry.$Extrinsic.tryEncode(decoded)) === extrinsic, `an extrinsic of ${hash} does not encode to what it was`)
      const { call } = decoded
      for (const name of namesOf(call)) seen.add(name)
      count += 1
    }
  }
  ensureSeen(seen, expected(given.expect))
  return `${count} extrinsics of ${hashes.length} blocks, ${seen.size} calls; ${ours(seen)}`
})

await checks.run("every event of every block decodes, and encodes to what it was", async () => {
  const kinds = new Set()
  const system = client.metadata.latest.pallets.find(({ name }) => name === "System")
  const { valueTypeId } = system.storage.entries.find(({ name }) => name === "Events").storageType.value
  const $events = client.registry.findCodec(valueTypeId)
  let count = 0
  for (const hash of await raw.blocks()) {
    const stored = await raw.request("state_getStorage", client.query.system.events.rawKey(), hash)
    const happened = await (await client.at(hash)).query.system.events()
    ensure(hex($events.tryEncode(happened)) === stored, `the events of ${hash} do not encode to what they were`)
    for (const { event } of happened) {
      kinds.add(`${event.pallet}.${event.palletEvent.name ?? event.palletEvent}`)
      count += 1
    }
  }
  return `${count} events of ${kinds.size} kinds; ${ours(kinds)}`
})

await checks.run("every storage item decodes to its last byte", async () => {
  let count = 0
  for (const { name: pallet, storage } of client.metadata.latest.pallets) {
    for (const { name, storageType } of storage?.entries ?? []) {
      const plain = storageType.type === "Plain"
      const codec = client.registry.findCodec(storageType.value.valueTypeId)
      const prefix = `${xxhashAsHex(storage.prefix, 128)}${xxhashAsHex(name, 128).slice(2)}`
      for (const [key, value] of await raw.values(await raw.keys(prefix, head), head)) {
        ensure(!plain || key === prefix, `${key} begins like ${pallet}.${name}`)
        const buffer = new DecodeBuffer(bytes(value))
        codec.subDecode(buffer)
        ensure(buffer.index === buffer.array.length, `${pallet}.${name} ${key} leaves bytes over`)
        count += 1
      }
    }
  }
  return `${count} items`
})

await checks.run("every constant decodes, and encodes to what it was", () => {
  let count = 0
  for (const { name: pallet, constants } of client.metadata.latest.pallets) {
    for (const { name, typeId, value } of constants) {
      const codec = client.registry.findCodec(typeId)
      const given = typeof value === "string" ? value : hex(value)
      ensure(hex(codec.tryEncode(codec.tryDecode(value))) === given, `${pallet}.${name} does not encode to what it was`)
      count += 1
    }
  }
  return `${count} constants`
})

const account = new Keyring({ type: "sr25519", ss58Format: 42 }).addFromUri(given.owner)
const key = deviceKey(given["device-seed"])
const device = address(key.publicKey)

const send = async (call) => {
  const result = await call.signAndSend(account).untilFinalized()
  ensure(result.dispatchError === undefined, JSON.stringify(result.dispatchError))
  return result
}

await checks.run("registers a device", async () => {
  const { ip, port } = endpoint(given.endpoint)
  const genesis = await raw.request("chain_getBlockHash", 0)
  const signature = { type: "Ed25519", value: hex(proof(key, genesis, account.publicKey)) }
  await send(client.tx.devices.register(device, 0, { type: "V4", value: { ip: hex(ip), port } }, undefined, signature))
  const record = await client.query.devices.devices(device)
  ensure(record?.owner.eq(account.address), "the record names another owner")
})

await checks.run("watches it earn", async () => {
  const pending = await until("the device to accrue tokens", EARNING, async () => {
    const { pending } = (await client.call.vouchApi.explain(device)) ?? {}
    return pending?.accrued > 0n ? pending : undefined
  })
  return `${pending.accrued} planck`
})

await checks.run("claims, and the balance grows by that less the fee, to the planck", async () => {
  const free = async (at) => (await at.query.system.account(account.address)).data.free
  const before = await free(client)
  const { events, status } = await send(client.tx.rewards.claim([device]))
  const claimed = client.events.rewards.Claimed.find(events).palletEvent.data
  const fee = client.events.transactionPayment.TransactionFeePaid.find(events).palletEvent.data
  const grown = (await free(await client.at(status.value.blockHash))) - before
  const { header } = await raw.request("chain_getBlock", status.value.blockHash).then(({ block }) => block)
  const { pending, work } = await (await client.at(header.parentHash)).call.vouchApi.explain(device)
  const accrued = pending.accrued + work.accrued
  ensure(claimed.amount === accrued, `${claimed.amount} was claimed, and ${accrued} had accrued a block before`)
  ensure(grown === claimed.amount - fee.actualFee, `${grown} instead of ${claimed.amount - fee.actualFee} arrived`)
  return `${claimed.amount} planck`
})

await client.disconnect()
raw.close()
checks.end()
