// Accounts of a wallet that is installed in the browser.

import { connectInjectedExtension, getInjectedExtensions, type InjectedPolkadotAccount } from "polkadot-api/pjs-signer"
import { useEffect, useState } from "react"

/** How long wallets may take to show themselves after the page was loaded. */
const APPEARANCE = 1_500

export type Wallet =
  | { kind: "none" }
  | { kind: "found"; names: string[] }
  | { kind: "connected"; accounts: InjectedPolkadotAccount[] }
  | { kind: "refused"; problem: string }

export function useWallet(): { wallet: Wallet; open: (name: string) => Promise<void> } {
  const [wallet, setWallet] = useState<Wallet>({ kind: "none" })

  useEffect(() => {
    const look = () => {
      const names = getInjectedExtensions()
      if (names.length > 0) setWallet((wallet) => (wallet.kind === "none" ? { kind: "found", names } : wallet))
    }
    look()
    const later = setTimeout(look, APPEARANCE)
    return () => clearTimeout(later)
  }, [])

  const open = async (name: string) => {
    try {
      const extension = await connectInjectedExtension(name, "Vouch explorer")
      const accounts = extension.getAccounts()
      setWallet(
        accounts.length === 0
          ? { kind: "refused", problem: "The wallet shows no account to this page." }
          : { kind: "connected", accounts },
      )
    } catch (error) {
      setWallet({ kind: "refused", problem: `The wallet refused: ${error instanceof Error ? error.message : String(error)}` })
    }
  }
  return { wallet, open }
}
