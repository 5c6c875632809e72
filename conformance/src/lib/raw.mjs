// Plain JSON-RPC, for listing what a client is then asked to decode.

import WebSocket from "ws"
import { bytes } from "./keys.mjs"

/** A connection to a node. */
export class Raw {
  static async connect(url) {
    const raw = new Raw()
    raw.socket = new WebSocket(url)
    raw.waiting = new Map()
    raw.next = 1
    raw.socket.on("message", (data) => {
      const { id, result, error } = JSON.parse(data)
      const waiting = raw.waiting.get(id)
      raw.waiting.delete(id)
      if (error) waiting?.reject(new Error(`${error.message}: ${error.data ?? ""}`))
      else waiting?.resolve(result)
    })
    await new Promise((resolve, reject) => {
      raw.socket.once("open", resolve)
      raw.socket.once("error", reject)
    })
    return raw
  }

  request(method, ...params) {
    const id = this.next++
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }))
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }))
  }

  /** Metadata of version 15, without the length that the runtime API puts before it. `state_getMetadata` answers with version 14. */
  async metadata() {
    const answer = bytes(await this.request("state_call", "Metadata_metadata_at_version", "0x0f000000"))
    // An option, and a vector whose compact length takes four bytes here.
    if (answer[0] !== 1 || (answer[1] & 3) !== 2) throw new Error("there is no metadata of version 15")
    return answer.slice(5)
  }

  /** Hashes of all blocks from the first to the last final one. */
  async blocks() {
    const head = await this.request("chain_getFinalizedHead")
    const last = Number((await this.request("chain_getHeader", head)).number)
    const hashes = []
    for (let number = 1; number <= last; number += 1) {
      hashes.push(await this.request("chain_getBlockHash", number))
    }
    return hashes
  }

  /** All keys that begin with `prefix`, as of a block. */
  async keys(prefix, at) {
    const all = []
    for (;;) {
      const page = await this.request("state_getKeysPaged", prefix, 1000, all.at(-1) ?? null, at)
      all.push(...page)
      if (page.length < 1000) return all
    }
  }

  /** Keys and values of all of these keys, as of a block. */
  async values(keys, at) {
    const all = []
    for (let start = 0; start < keys.length; start += 200) {
      const [{ changes }] = await this.request("state_queryStorageAt", keys.slice(start, start + 200), at)
      all.push(...changes)
    }
    return all
  }

  close() {
    this.socket.close()
  }
}
