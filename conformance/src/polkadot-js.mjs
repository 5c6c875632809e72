// @polkadot/api, the client of older wallets and explorers.

import { ApiPromise, Keyring, WsProvider } from "@polkadot/api"
import { stringCamelCase } from "@polkadot/util"
import { Checks, EARNING, ensure, ensureSeen, until } from "./lib/checks.mjs"
import { address, deviceKey, hex, proof } from "./lib/keys.mjs"
import { endpoint, expected, options } from "./lib/options.mjs"
import { ours } from "./lib/vouch.mjs"
import { Raw } from "./lib/raw.mjs"
import { versionOf } from "./lib/version.mjs"

const version = versionOf("@polkadot/api")
const given = options("url", "device-seed", "endpoint")
const checks = new Checks(`@polkadot/api ${version}`)
const api = await ApiPromise.create({ provider: new WsProvider(given.url), noInitWarn: true, throwOnConnect: true })
const raw = await Raw.connect(given.url)
const head = await api.rpc.chain.getFinalizedHead()
const last = (await api.rpc.chain.getHeader(head)).number.toNumber()

/** First byte of general transactions (version 5). */
const GENERAL = 0x45

/** Names of a call and of those inside of it, as `Pallet.call` with the chain's own spelling. */
function* namesOf(call) {
  const { section, method } = call.registry.findMetaCall(call.callIndex)
  const snake = method.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  yield `${section[0].toUpperCase()}${section.slice(1)}.${snake}`
  for (const argument of call.args) {
    if (argument.callIndex) yield* namesOf(argument)
    else if (Array.isArray(argument)) for (const nested of argument) if (nested.callIndex) yield* namesOf(nested)
  }
}

await checks.run("every extrinsic and event of every block decodes, and encodes to what it was", async () => {
  const [calls, kinds] = [new Set(), new Set()]
  let [extrinsics, events] = [0, 0]
  for (let number = 1; number <= last; number += 1) {
    const hash = await api.rpc.chain.getBlockHash(number)
    const { block } = await api.rpc.chain.getBlock(hash)
    const bodies = (await raw.request("chain_getBlock", hash.toHex())).block.extrinsics
    for (const [index, extrinsic] of block.extrinsics.entries()) {
      // It writes the length and version of general transactions twice: of these, the call is what can be compared.
      const [body, call] = [bodies[index], extrinsic.method.toHex().slice(2)]
      const isSame = extrinsic.type === GENERAL ? body.endsWith(call) : extrinsic.toHex() === body
      ensure(isSame, `extrinsic ${index} of block ${number} does not encode to what it was`)
      for (const name of namesOf(extrinsic.method)) calls.add(name)
      extrinsics += 1
    }
    const happened = await (await api.at(hash)).query.system.events()
    const stored = await raw.request("state_getStorage", api.query.system.events.key(), hash.toHex())
    ensure(happened.toHex() === stored, `the events of block ${number} do not encode to what they were`)
    for (const { event } of happened) {
      kinds.add(`${event.section}.${event.method}`)
      events += 1
    }
  }
  ensureSeen(calls, expected(given.expect))
  const sums = `${extrinsics} extrinsics and ${events} events of ${last} blocks, ${calls.size} calls, ${kinds.size} kinds of events`
  return `${sums}; ${ours(calls)} ${ours(kinds)}`
})

await checks.run("every storage item decodes, and encodes to what it was", async () => {
  const at = await api.at(head)
  let count = 0
  for (const [section, items] of Object.entries(at.query)) {
    // What every runtime has, and stores without types.
    if (section === "substrate") continue
    for (const [name, item] of Object.entries(items)) {
      const found = item.creator?.meta?.type.isMap ? await item.entries() : [[undefined, await item()]]
      for (const [key, value] of found) {
        const stored = await raw.request("state_getStorage", key?.toHex() ?? item.key(), head.toHex())
        // What is not stored has a default.
        if (stored === null) continue
        const inner = value.isSome && item.creator?.meta?.modifier.isOptional ? value.unwrap() : value
        ensure(stored === hex(inner.toU8a()), `${name} does not encode to what it was: ${stored}`)
        count += 1
      }
    }
  }
  return `${count} items`
})

await checks.run("every constant decodes, and encodes to what it was", () => {
  let count = 0
  for (const pallet of api.runtimeMetadata.asLatest.pallets) {
    const section = stringCamelCase(pallet.name)
    for (const { name, value } of pallet.constants) {
      const decoded = api.consts[section][stringCamelCase(name)]
      ensure(hex(decoded.toU8a()) === value.toHex(), `${section}.${name} does not encode to what it was`)
      count += 1
    }
  }
  return `${count} constants`
})

const account = new Keyring({ type: "sr25519", ss58Format: 42 }).addFromUri(given.owner)
const key = deviceKey(given["device-seed"])
const device = address(key.publicKey)

/** Signs, sends, and returns the events once the block is final. */
function send(call) {
  return new Promise((resolve, reject) => {
    call
      .signAndSend(account, ({ status, events, dispatchError }) => {
        if (dispatchError) {
          reject(new Error(dispatchError.isModule ? api.registry.findMetaError(dispatchError.asModule).name : `${dispatchError}`))
        } else if (status.isFinalized) resolve({ events, hash: status.asFinalized })
        else if (status.isInvalid || status.isDropped) reject(new Error(status.type))
      })
      .catch(reject)
  })
}

await checks.run("registers a device", async () => {
  const { ip, port } = endpoint(given.endpoint)
  const signature = { Ed25519: proof(key, api.genesisHash.toHex(), account.publicKey) }
  await send(api.tx.devices.register(device, 0, { V4: { ip, port } }, null, signature))
  const record = await api.query.devices.devices(device)
  ensure(record.unwrap().owner.eq(account.address), "the record names another owner")
})

await checks.run("asks a runtime API with a typed answer", async () => {
  const explained = await api.call.vouchApi.explain(device)
  ensure(explained.isSome && explained.unwrap().pending.accrued !== undefined, `${explained}`)
  ensure((await api.call.vouchApi.network()).devices.toNumber() > 0, "the network has no devices")
})

await checks.run("watches it earn", async () => {
  const pending = await until("the device to accrue tokens", EARNING, async () => {
    const { pending } = (await api.call.vouchApi.explain(device)).unwrap()
    return pending.accrued.toBigInt() > 0n ? pending : undefined
  })
  return `${pending.accrued.toBigInt()} planck`
})

await checks.run("claims, and the balance grows by that less the fee, to the planck", async () => {
  const free = async (api) => (await api.query.system.account(account.address)).data.free.toBigInt()
  const before = await free(api)
  const { events, hash } = await send(api.tx.rewards.claim([device]))
  const find = (test) => events.find(({ event }) => test(event)).event.data
  const claimed = find((event) => api.events.rewards.Claimed.is(event))
  const fee = find((event) => api.events.transactionPayment.TransactionFeePaid.is(event))
  const grown = (await free(await api.at(hash))) - before
  const { parentHash } = await api.rpc.chain.getHeader(hash)
  const { pending, work } = (await (await api.at(parentHash)).call.vouchApi.explain(device)).unwrap()
  const accrued = pending.accrued.toBigInt() + work.accrued.toBigInt()
  ensure(claimed.amount.toBigInt() === accrued, `${claimed.amount} was claimed, and ${accrued} had accrued a block before`)
  const due = claimed.amount.toBigInt() - fee.actualFee.toBigInt()
  ensure(claimed.to.eq(account.address) && grown === due, `${grown} instead of ${due} arrived`)
  return `${claimed.amount.toBigInt()} planck`
})

raw.close()
await api.disconnect()
checks.end()
