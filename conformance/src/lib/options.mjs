// What every program is told: where the node is, and which device to register.

import { parseArgs } from "node:util"
import { readFileSync } from "node:fs"

const OPTIONS = {
  url: { type: "string" },
  spec: { type: "string" },
  "device-seed": { type: "string" },
  endpoint: { type: "string" },
  owner: { type: "string", default: "//Alice" },
  device: { type: "string" },
  expect: { type: "string" },
  "expect-hash": { type: "string" },
}

/** The options of the command line; those in `needed` must be there. */
export function options(...needed) {
  const { values } = parseArgs({ options: OPTIONS })
  for (const name of needed) {
    if (values[name] === undefined) {
      console.error(`--${name} is missing`)
      process.exit(2)
    }
  }
  return values
}

/** `ip:port` as the chain has it. */
export function endpoint(text) {
  const [ip, port] = text.split(":")
  return { ip: Uint8Array.from(ip.split("."), Number), port: Number(port) }
}

/** The calls that have been made on the chain, as `Pallet.call`; none if nothing is said. */
export function expected(file) {
  return file === undefined ? [] : JSON.parse(readFileSync(file, "utf8"))
}
