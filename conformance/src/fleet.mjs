// A fleet in a wallet's hands: a hundred devices in one batch, one claim for all of them, a proxy, a multisig.

import { ApiPromise, Keyring, WsProvider } from "@polkadot/api"
import { createKeyMulti, sortAddresses } from "@polkadot/util-crypto"
import { Checks, EARNING, ensure, until } from "./lib/checks.mjs"
import { address, deviceKey, proof } from "./lib/keys.mjs"
import { endpoint, options } from "./lib/options.mjs"
import { versionOf } from "./lib/version.mjs"

const FLEET = 100

const version = versionOf("@polkadot/api")
const given = options("url", "endpoint")
const checks = new Checks(`fleet, @polkadot/api ${version}`)
const api = await ApiPromise.create({ provider: new WsProvider(given.url), noInitWarn: true, throwOnConnect: true })
const keyring = new Keyring({ type: "sr25519", ss58Format: 42 })
// Nobody else signs with these, so that nonces do not collide.
const [alice, dave, eve] = ["Alice", "Dave", "Eve"].map((name) => keyring.addFromUri(`//${name}//stash`))
const owner = keyring.addFromUri(given.owner)
const { ip, port } = endpoint(given.endpoint)

/** Sends and returns the events once it is in a block; throws if it, or what it wraps, failed. */
const send = (call, signer) =>
  new Promise((resolve, reject) => {
    call
      .signAndSend(signer, ({ status, events, dispatchError }) => {
        const failed = (error) => error.isModule && reject(new Error(api.registry.findMetaError(error.asModule).name))
        if (dispatchError) return failed(dispatchError) || reject(new Error(`${dispatchError}`))
        if (!status.isInBlock) return status.isInvalid && reject(new Error(status.type))
        for (const { event } of events) {
          const inner = event.data.result ?? event.data.sudoResult
          if (inner?.isErr) failed(inner.asErr)
        }
        return resolve(events.map(({ event }) => event))
      })
      .catch(reject)
  })

const keys = Array.from({ length: FLEET }, (_, n) => deviceKey(`0x${(n + 1).toString(16).padStart(64, "f")}`))
const devices = keys.map((key) => address(key.publicKey))

await checks.run(`registers ${FLEET} devices in one batch`, async () => {
  const calls = keys.map((key) => {
    const signature = { Ed25519: proof(key, api.genesisHash.toHex(), owner.publicKey) }
    return api.tx.devices.register(address(key.publicKey), 1, { V4: { ip, port } }, null, signature)
  })
  const events = await send(api.tx.utility.batchAll(calls), owner)
  const registered = events.filter((event) => api.events.devices.Registered.is(event))
  ensure(registered.length === FLEET, `${registered.length} were registered`)
})

await checks.run("a proxy for fleets looks after a device, and cannot give it away", async () => {
  await send(api.tx.proxy.addProxy(dave.address, "Fleet", 0), owner)
  await send(api.tx.proxy.proxy(owner.address, null, api.tx.devices.setEndpoint(devices[0], { V4: { ip, port: port + 1 } })), dave)
  const record = (await api.query.devices.devices(devices[0])).unwrap()
  ensure(record.endpoint.unwrap().asV4.port.toNumber() === port + 1, `${record.endpoint}`)
  await send(api.tx.proxy.proxy(owner.address, null, api.tx.devices.setEndpoint(devices[0], { V4: { ip, port } })), dave)
  const refused = await send(api.tx.proxy.proxy(owner.address, null, api.tx.devices.offer(devices[0], dave.address)), dave).catch(
    (error) => error.message,
  )
  ensure(refused === "CallFiltered", `${refused}`)
})

await checks.run("two of two own a device", async () => {
  const both = sortAddresses([dave.address, eve.address], 42)
  const multisig = keyring.encodeAddress(createKeyMulti(both, 2))
  await send(api.tx.balances.transferKeepAlive(multisig, 100_000_000_000_000n), alice)
  const key = deviceKey(`0x${"ee".repeat(32)}`)
  const signature = { Ed25519: proof(key, api.genesisHash.toHex(), keyring.decodeAddress(multisig)) }
  const call = api.tx.devices.register(address(key.publicKey), 1, null, null, signature)
  const weight = (await call.paymentInfo(alice)).weight
  const others = (signer) => both.filter((one) => one !== signer.address)
  const events = await send(api.tx.multisig.asMulti(2, others(dave), null, call, weight), dave)
  const when = events.find((event) => api.events.multisig.NewMultisig.is(event)) && (await timepoint(multisig, call))
  await send(api.tx.multisig.asMulti(2, others(eve), when, call, weight), eve)
  const record = (await api.query.devices.devices(address(key.publicKey))).unwrap()
  ensure(record.owner.eq(multisig), `${record.owner}`)
})

async function timepoint(multisig, call) {
  return (await api.query.multisig.multisigs(multisig, call.method.hash)).unwrap().when
}

await checks.run(`claims for all ${FLEET} in one call`, async () => {
  await until("every device of the fleet to earn", EARNING, async () => {
    const fleet = await api.call.vouchApi.fleet(owner.address, null, 1000)
    const earned = new Set(fleet.filter(({ accrued }) => accrued.toBigInt() > 0n).map(({ device }) => device.toString()))
    return devices.every((device) => earned.has(device))
  })
  const events = await send(api.tx.rewards.claim(devices), owner)
  const claimed = events.filter((event) => api.events.rewards.Claimed.is(event))
  ensure(claimed.length === FLEET && claimed.every((event) => event.data.to.eq(owner.address)), `${claimed.length} were paid`)
})

await api.disconnect()
checks.end()
