// Numbers and names for people.

import type { Endpoint, State } from "../chain/types"
import type { Token } from "../chain/connection"

/** An amount of planck in tokens, with at most `places` of its decimal places, cut off and not rounded. */
export function tokens(planck: bigint, { symbol, decimals }: Token, places = 4): string {
  const unit = 10n ** BigInt(decimals)
  const whole = (planck / unit).toLocaleString("en")
  const rest = (planck % unit).toString().padStart(decimals, "0").slice(0, places).replace(/0+$/, "")
  // Never told as nothing.
  if (rest === "" && planck > 0n && planck < unit) return `<${(1 / 10 ** places).toFixed(places)} ${symbol}`
  return `${whole}${rest === "" ? "" : `.${rest}`} ${symbol}`
}

/** Beginning and end of an address, by which people tell them apart. */
export const short = (address: string) =>
  address.length > 16 ? `${address.slice(0, 6)}…${address.slice(-6)}` : address

/** So many blocks of six seconds, as time. */
export function duration(blocks: number): string {
  const seconds = blocks * 6
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Longest round trip that a latency code covers. */
export function latency(code: number): string {
  if (code === 15) return "–"
  if (code === 0) return "<1 ms"
  return code === 14 ? ">8 s" : `≤${2 ** code - 1} ms`
}

/** `ip:port`, with the brackets that IPv6 takes. */
export function address({ type, value: { ip, port } }: Endpoint): string {
  const bytes = ip.replace(/^0x/, "").match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? []
  if (type === "V4") return `${bytes.join(".")}:${port}`
  const groups = Array.from({ length: 8 }, (_, n) => ((bytes[2 * n] ?? 0) * 256 + (bytes[2 * n + 1] ?? 0)).toString(16))
  return `[${groups.join(":")}]:${port}`
}

/** What a device is doing. */
export function state({ type, value }: State): string {
  switch (type) {
    case "Active":
      return "probed and judged"
    case "ExcusedUntil":
      return `excused until round ${value}`
    case "Leaving":
      return `leaving; its bond is free from block ${value}`
  }
}

/** Bytes that the chain takes for UTF-8. */
export const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
