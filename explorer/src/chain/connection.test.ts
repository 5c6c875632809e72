import { describe, expect, it } from "vitest"
import { tokenOf } from "./connection"

describe("the token of a chain", () => {
  it("is what its specification says", () => {
    expect(tokenOf({ tokenSymbol: "VCH", tokenDecimals: 12, ss58Format: 42 })).toEqual({ symbol: "VCH", decimals: 12 })
  })
  it("is planck if that cannot be meant", () => {
    const planck = { symbol: "planck", decimals: 0 }
    for (const decimals of [-1, 1.5, 1e8, Number.NaN, "12", null]) {
      expect(tokenOf({ tokenSymbol: "VCH", tokenDecimals: decimals })).toEqual(planck)
    }
    for (const properties of [undefined, null, {}, { tokenDecimals: 12 }, { tokenSymbol: ["VCH"], tokenDecimals: 12 }]) {
      expect(tokenOf(properties)).toEqual(planck)
    }
  })
})
