import { describe, expect, it } from "vitest"
import type { Block } from "./ChainProvider"
import { concernsCohorts, concernsDevices, concernsRounds } from "./useLive"

type Changes = Block["changes"]

const DEVICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
const OTHER = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"

/** A block that changed nothing but this. */
const block = (changed: Partial<Changes> = {}): Block => ({
  number: 7,
  hash: "0x07",
  parent: "0x06",
  changes: { opened: undefined, closed: undefined, accounted: [], devices: [], ...changed },
})
const accounted = (cohort: number) =>
  block({ accounted: [{ round: 3, cohort, outcome: { type: "Uncovered", value: { rounds: 1 } } }] })
const changed = (device: string) => block({ devices: [device] })

describe("what is asked for again", () => {
  it("is nothing after a block that changed nothing", () => {
    expect(concernsRounds(block())).toBe(false)
    expect(concernsDevices(block(), new Set([DEVICE]), new Set([0]))).toBe(false)
    expect(concernsDevices(block(), undefined, undefined)).toBe(false)
  })
  it("is everything when a round opens", () => {
    const opened = block({ opened: 4 })
    expect(concernsRounds(opened)).toBe(true)
    expect(concernsDevices(opened, new Set(), new Set())).toBe(true)
  })
  it("is what is shown of a cohort that was accounted, and not of others", () => {
    expect(concernsRounds(accounted(2))).toBe(false)
    expect(concernsCohorts(accounted(2), new Set([2]))).toBe(true)
    expect(concernsCohorts(accounted(2), new Set([3]))).toBe(false)
    expect(concernsDevices(accounted(2), new Set([DEVICE]), new Set([3]))).toBe(false)
  })
  it("is what is shown of a device that changed, and not of others", () => {
    expect(concernsDevices(changed(DEVICE), new Set([DEVICE]), new Set([3]))).toBe(true)
    expect(concernsDevices(changed(OTHER), new Set([DEVICE]), new Set([3]))).toBe(false)
  })
  it("is whatever changed as long as nobody knows what is shown", () => {
    expect(concernsCohorts(accounted(2), undefined)).toBe(true)
    expect(concernsDevices(changed(OTHER), undefined, undefined)).toBe(true)
  })
})
