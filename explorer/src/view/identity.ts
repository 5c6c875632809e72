// What people type to find a device or an account.

import { AccountId } from "polkadot-api"

const codec = AccountId(42)

/** The account as SS58 of this chain, or why it is none. */
export function identity(text: string): { id: string } | { problem: string } {
  const input = text.trim()
  if (input === "") return { problem: "Enter a device's id or an owner's address." }
  try {
    if (/^0x/i.test(input)) {
      if (!/^0x[0-9a-f]{64}$/i.test(input)) return { problem: "Hexadecimal ids have 0x and 64 digits." }
      const bytes = Uint8Array.from(input.slice(2).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
      return { id: codec.dec(bytes) }
    }
    return { id: codec.dec(codec.enc(input)) }
  } catch {
    return { problem: "This is no address: a letter is missing or mistyped." }
  }
}
