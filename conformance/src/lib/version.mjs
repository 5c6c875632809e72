// Which version of a client is installed.

import { readFileSync } from "node:fs"

const installed = new URL("../../node_modules/", import.meta.url)

/** The version of a package, from its own description; many do not let it be imported. */
export const versionOf = (name) => JSON.parse(readFileSync(new URL(`${name}/package.json`, installed), "utf8")).version
