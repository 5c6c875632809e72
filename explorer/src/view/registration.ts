// What a registration form says, and whether it can be meant.

import { identity } from "./identity"

export interface Form {
  device: string
  endpoint: string
  proof: string
}

export interface Registration {
  device: string
  endpoint: { type: "V4" | "V6"; value: { ip: `0x${string}`; port: number } } | undefined
  proof: { type: "Ed25519" | "Sr25519"; value: `0x${string}` }
}

/** The registration, or what is wrong with each field. */
export function registration(form: Form): Registration | { problems: Partial<Form> } {
  const device = identity(form.device)
  const endpoint = endpointOf(form.endpoint)
  const proof = proofOf(form.proof)
  if ("id" in device && !("problem" in endpoint) && !("problem" in proof)) {
    return { device: device.id, endpoint: endpoint.endpoint, proof: proof.proof }
  }
  return {
    problems: {
      ...("problem" in device && { device: device.problem }),
      ...("problem" in endpoint && { endpoint: endpoint.problem }),
      ...("problem" in proof && { proof: proof.problem }),
    },
  }
}

function endpointOf(text: string): { endpoint: Registration["endpoint"] } | { problem: string } {
  const input = text.trim()
  if (input === "") return { endpoint: undefined }
  const problem = "An address is literal, 203.0.113.7:3701 or [2001:db8::7]:3701: no name, and with a port."
  const found = /^(?:\[([0-9a-f:]+)\]|(\d{1,3}(?:\.\d{1,3}){3})):(\d{1,5})$/i.exec(input)
  if (found === null) return { problem }
  const [, v6, v4, digits] = found
  const port = Number(digits)
  if (port < 1 || port > 65_535) return { problem: "Ports go from 1 to 65535." }
  if (v4 !== undefined) {
    const bytes = v4.split(".").map(Number)
    if (bytes.some((byte) => byte > 255)) return { problem }
    return { endpoint: { type: "V4", value: { ip: `0x${bytes.map(hex).join("")}`, port } } }
  }
  const ip = groupsOf(v6 ?? "")
  return ip === undefined ? { problem } : { endpoint: { type: "V6", value: { ip, port } } }
}

const hex = (byte: number) => byte.toString(16).padStart(2, "0")

/** The 16 bytes of an IPv6 address. */
function groupsOf(text: string): `0x${string}` | undefined {
  const halves = text.split("::")
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")))
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array<string>(missing).fill("0"), ...tail]
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return `0x${groups.map((group) => group.toLowerCase().padStart(4, "0")).join("")}`
}

const SCHEMES = { "00": "Ed25519", "01": "Sr25519" } as const

function proofOf(text: string): { proof: Registration["proof"] } | { problem: string } {
  const found = /^0x(00|01)([0-9a-f]{128})$/i.exec(text.trim())
  const scheme = found?.[1] as keyof typeof SCHEMES | undefined
  if (found === null || scheme === undefined) return { problem: "What vouch-device proof prints: 0x and 130 digits." }
  return { proof: { type: SCHEMES[scheme], value: `0x${(found[2] ?? "").toLowerCase()}` } }
}
