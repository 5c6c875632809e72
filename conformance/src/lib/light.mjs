// A chain followed by smoldot, through the JSON-RPC that it offers.

import { start } from "smoldot"

/** Follows the chain of a specification. */
export class Light {
  waiting = new Map()
  operations = new Map()
  finalized = []
  next = 1

  static async follow(specification) {
    const light = new Light()
    light.client = start({ maxLogLevel: 1 })
    light.chain = await light.client.addChain({ chainSpec: specification })
    light.listen().catch(() => {})
    light.genesis = await light.request("chainSpec_v1_genesisHash")
    light.subscription = await light.request("chainHead_v1_follow", false)
    return light
  }

  async listen() {
    for await (const text of this.chain.jsonRpcResponses) {
      const { id, result, error, params } = JSON.parse(text)
      if (id !== undefined) {
        const waiting = this.waiting.get(id)
        this.waiting.delete(id)
        if (error) waiting.reject(new Error(error.message))
        else waiting.resolve(result)
        continue
      }
      const { event, finalizedBlockHashes, operationId } = params.result
      if (event === "initialized" || event === "finalized") this.finalized.push(...finalizedBlockHashes)
      else this.operations.get(operationId)?.(params.result)
    }
  }

  request(method, ...params) {
    const id = this.next++
    this.chain.sendJsonRpc(JSON.stringify({ jsonrpc: "2.0", id, method, params }))
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }))
  }

  /** What is stored under `key` as of a final block, by a proof against its state root. */
  async storage(at, key) {
    const { result, operationId } = await this.request(
      "chainHead_v1_storage",
      this.subscription,
      at,
      [{ key, type: "value" }],
      null,
    )
    if (result !== "started") throw new Error(result)
    return new Promise((resolve, reject) => {
      let found
      this.operations.set(operationId, ({ event, items, error }) => {
        if (event === "operationStorageItems") found = items[0]?.value
        else if (event === "operationStorageDone") resolve(found)
        else reject(new Error(`${event}: ${error ?? ""}`))
      })
    })
  }

  end() {
    return this.client.terminate()
  }
}
