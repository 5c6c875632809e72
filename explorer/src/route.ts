// Which page an address means. Pages are in the fragment, so that the files can be served from anywhere.

export type Route =
  | { page: "network" }
  | { page: "device"; id: string }
  | { page: "owner"; id: string }
  | { page: "validators" }
  | { page: "register" }
  | { page: "unknown"; hash: string }

/** The page that `#/...` means. */
export function route(hash: string): Route {
  const [page = "", id = ""] = hash.replace(/^#?\/?/, "").split("/")
  switch (page) {
    case "":
      return { page: "network" }
    case "device":
    case "owner":
      return id === "" ? { page: "unknown", hash } : { page, id: decoded(id) }
    case "validators":
    case "register":
      return { page }
    default:
      return { page: "unknown", hash }
  }
}

/** Escapes that mean nothing are left as they are. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const toDevice = (id: string) => `#/device/${id}`
export const toOwner = (id: string) => `#/owner/${id}`

/** Where a node is if nobody says. */
export const DEFAULT_NODE = "ws://127.0.0.1:9944"

/** The node that `?node=` names. */
export function nodeOf(search: string): string {
  return new URLSearchParams(search).get("node")?.trim() || DEFAULT_NODE
}

/** Whether a node can be asked at this address. */
export const isNodeAddress = (text: string) => /^wss?:\/\/[^\s/]+/.test(text)
