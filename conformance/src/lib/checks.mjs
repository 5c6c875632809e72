// Checks, one line each, in the form of the Test Anything Protocol.

/** Checks of one client. */
export class Checks {
  passed = 0
  failed = 0

  constructor(client) {
    this.client = client
  }

  /** Runs `check`, which throws if something is wrong and may return what there is to tell. A later check may need its result. */
  async run(what, check) {
    try {
      const told = await check()
      this.passed += 1
      console.log(`ok - ${this.client}: ${what}${typeof told === "string" ? ` (${told})` : ""}`)
      return told
    } catch (error) {
      this.failed += 1
      console.log(`not ok - ${this.client}: ${what}: ${error?.stack ?? error}`)
      return undefined
    }
  }

  /** Prints the sum and ends the process. */
  end() {
    console.log(`checks: ${this.passed} passed, ${this.failed} failed`)
    process.exit(this.failed === 0 && this.passed > 0 ? 0 : 1)
  }
}

/** Throws unless `condition` holds. */
export function ensure(condition, problem) {
  if (!condition) throw new Error(problem)
}

/** Throws unless all of `expected` are in `seen`. */
export function ensureSeen(seen, expected) {
  const missing = expected.filter((name) => !seen.has(name))
  ensure(missing.length === 0, `not seen: ${missing.join(", ")}`)
}

/** Looks every half a second until `look` finds something. */
export async function until(what, seconds, look) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== null && found !== false) return found
    if (Date.now() > end) throw new Error(`gave up after ${seconds} s waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** How long a device may take to earn something: admission, an epoch and its close. */
export const EARNING = 240
