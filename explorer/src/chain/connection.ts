// One connection to one node, and what is known of the chain behind it.

import { vouch } from "@vouch/descriptors"
import { createClient, type PolkadotClient } from "polkadot-api"
import { getWsProvider, WsEvent } from "polkadot-api/ws"
import type { Api } from "./types"

/** How an amount is shown. */
export interface Token {
  symbol: string
  decimals: number
}

/** A node that answers, and whose chain is one of ours. */
export interface Connection {
  client: PolkadotClient
  api: Api
  token: Token
  chain: string
  /** Hash of the chain's block 0. */
  genesis: string
}

/** Why there is no connection. */
export class NotVouch extends Error {}

/** How long a node may take to answer the first question. */
const PATIENCE = 15_000

/**
 * Connects with the node at `url`. `onOnline` is told when the connection is lost and when it is back. The second value ends it.
 */
export function connect(url: string, onOnline: (online: boolean) => void): [Promise<Connection>, () => void] {
  let met = false
  let refuse = (_: Error) => {}
  // The provider would go on trying for ever, which is right once there was a connection, and not before.
  const refused = new Promise<never>((_, reject) => (refuse = reject))
  const provider = getWsProvider(url, {
    onStatusChanged: ({ type }) => {
      met ||= type === WsEvent.CONNECTED
      if (type === WsEvent.CONNECTED) onOnline(true)
      if (type === WsEvent.CLOSE || type === WsEvent.ERROR) {
        if (met) onOnline(false)
        else refuse(new Error("the connection was refused"))
      }
    },
  })
  const client = createClient(provider)
  return [within(PATIENCE, Promise.race([refused, greet(client, url)])), () => client.destroy()]
}

async function greet(client: PolkadotClient, url: string): Promise<Connection> {
  const { name, properties, genesisHash } = await client.getChainSpecData()
  const api = client.getTypedApi(vouch)
  const { spec_name } = await api.constants.System.Version()
  if (spec_name !== "vouch") throw new NotVouch(`The node at ${url} follows ${name}, which is not a Vouch chain.`)
  return { client, api, chain: name, genesis: genesisHash, token: tokenOf(properties) }
}

/** Most decimal places of a token: an amount has 39 digits at most. */
const MOST_DECIMALS = 38

/** What a chain's specification says of its token; planck if it says nothing that can be meant. */
export function tokenOf(properties: unknown): Token {
  const { tokenSymbol: symbol, tokenDecimals: decimals } = (properties ?? {}) as Record<string, unknown>
  const isMeant = typeof decimals === "number" && Number.isInteger(decimals) && decimals >= 0 && decimals <= MOST_DECIMALS
  return typeof symbol === "string" && isMeant ? { symbol, decimals } : { symbol: "planck", decimals: 0 }
}

function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  const expired = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1000} seconds`)), milliseconds)
  })
  return Promise.race([promise, expired])
}
