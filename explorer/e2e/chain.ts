// The chain itself, asked without the page.

/** Where the node is. */
export const NODE = process.env["VOUCH_WS"] ?? "ws://127.0.0.1:9944"

/** Where the page is. */
export const PAGE = process.env["VOUCH_EXPLORER"] ?? "http://127.0.0.1:5173/"

/** The page that `hash` names, of this node or another one. */
export const at = (hash = "", node = NODE) => `${PAGE}?node=${encodeURIComponent(node)}${hash}`

/** Asks the node. */
export async function ask<Answer>(method: string, ...params: unknown[]): Promise<Answer> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })
  const answer = await fetch(NODE.replace(/^ws/, "http"), { method: "POST", headers: { "content-type": "application/json" }, body })
  const { result, error } = (await answer.json()) as { result: Answer; error?: { message: string } }
  if (error !== undefined) throw new Error(`${method}: ${error.message}`)
  return result
}

interface Page {
  entries: { device: string; accrued: string }[]
}

/** An owner's devices. */
export const devicesOf = async (owner: string) => (await ask<Page>("vouch_devices", owner, null, 1000)).entries

/** Looks every second until `look` finds something. */
export async function until<Found>(what: string, seconds: number, look: () => Promise<Found | undefined>): Promise<Found> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error(`gave up after ${seconds} s waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}
