import { describe, expect, it } from "vitest"
import { isNodeAddress, nodeOf, route } from "../route"
import { emission, points } from "./curve"
import { address, duration, latency, short, state, tokens } from "./format"
import { skips } from "./blocks"
import { lanes, roundShare, verdict, verdicts } from "./history"
import { identity } from "./identity"
import { PROBER_REASONS, REASONS } from "./reasons"
import { registration } from "./registration"

const VCH = { symbol: "VCH", decimals: 12 }
const ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"

describe("amounts", () => {
  it("are cut off and never told as more than they are", () => {
    expect(tokens(1_999_999_999_999n, VCH)).toBe("1.9999 VCH")
    expect(tokens(1_234_000_000_000_000n, VCH)).toBe("1,234 VCH")
    expect(tokens(0n, VCH)).toBe("0 VCH")
  })
  it("are never told as nothing when there is something", () => {
    expect(tokens(1n, VCH)).toBe("<0.0001 VCH")
    expect(tokens(5n, { symbol: "planck", decimals: 0 })).toBe("5 planck")
  })
})

describe("words", () => {
  it("shorten addresses and leave short ones alone", () => {
    expect(short(ALICE)).toBe("5Grwva…GKutQY")
    expect(short("abc")).toBe("abc")
  })
  it("say how long blocks take", () => {
    expect([1, 14, 15, 600, 1234].map(duration)).toEqual(["6 s", "84 s", "2 min", "60 min", "2 h 3 min"])
  })
  it("say what latency codes cover", () => {
    expect([0, 1, 7, 14, 15].map(latency)).toEqual(["<1 ms", "≤1 ms", "≤127 ms", ">8 s", "–"])
  })
  it("spell endpoints", () => {
    expect(address({ type: "V4", value: { ip: "0x7f000001", port: 80 } })).toBe("127.0.0.1:80")
    expect(address({ type: "V6", value: { ip: `0x20010db8${"0".repeat(22)}07`, port: 1 } })).toBe("[2001:db8:0:0:0:0:0:7]:1")
  })
  it("say what a device is doing", () => {
    expect(state({ type: "ExcusedUntil", value: 7 })).toContain("round 7")
    expect(state({ type: "Leaving", value: 9 })).toContain("block 9")
  })
  it("has a sentence for every reason", () => {
    for (const { says } of [...Object.values(REASONS), ...Object.values(PROBER_REASONS)]) expect(says).toMatch(/[.?]$/)
  })
})

describe("histories", () => {
  it("are read bit by bit", () => {
    expect([0, 1, 2, 3].map((age) => verdict(0b0101, 0b1100, age))).toEqual(["up", "down", "counted", "none"])
    expect(verdict(0x80000000, 0, 31)).toBe("up")
    expect(verdicts(1, 0)).toHaveLength(32)
    expect(verdicts(1, 0).at(-1)).toBe("up")
  })
  it("tell which share of the judged lanes was up in a round", () => {
    expect(roundShare([0b1, 0b0, 0b1], [0, 0, 0b1], [0, 1, 2], 0)).toBe(0.5)
    expect(roundShare([0], [0xffffffff], [0], 3)).toBeUndefined()
  })
  it("leave out lanes that nobody ever sat in", () => {
    expect(lanes([0, 1, 0], [0xffffffff, 0, 0xfffffffe])).toEqual([1, 2])
  })
})

describe("blocks", () => {
  it("are missed if one does not follow on the last: skipped, retracted, or while there was no connection", () => {
    expect(skips("a", { hash: "b", parent: "a" })).toBe(false)
    expect(skips("a", { hash: "a", parent: "0" })).toBe(false)
    expect(skips(undefined, { hash: "c", parent: "b" })).toBe(false)
    expect(skips("a", { hash: "c", parent: "b" })).toBe(true)
  })
})

describe("addresses of this page", () => {
  it("name pages", () => {
    expect(route("")).toEqual({ page: "network" })
    expect(route("#/device/5F")).toEqual({ page: "device", id: "5F" })
    expect(route("#/owner/")).toMatchObject({ page: "unknown" })
    expect(route("#/device/%E0%A4")).toEqual({ page: "device", id: "%E0%A4" })
    expect(route("#/nothing")).toMatchObject({ page: "unknown" })
  })
  it("name nodes", () => {
    expect(nodeOf("?node=wss://example.org")).toBe("wss://example.org")
    expect(nodeOf("?node=")).toBe("ws://127.0.0.1:9944")
    expect(["ws://a", "wss://a:1/x", "http://a", "ws://", "nonsense"].map(isNodeAddress)).toEqual([true, true, false, false, false])
  })
})

describe("identities", () => {
  it("are the same in every spelling", () => {
    const spellings = [ALICE, ` ${ALICE} `, "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"]
    expect(spellings.map(identity)).toEqual(spellings.map(() => ({ id: ALICE })))
  })
  it("say what is wrong with them", () => {
    for (const text of ["", "0x12", "hello", ALICE.slice(0, -1), `${ALICE.slice(0, -1)}Z`]) {
      expect(identity(text), text).toHaveProperty("problem")
    }
  })
})

describe("registrations", () => {
  const proof = `0x00${"ab".repeat(64)}`
  it("are read as they are meant", () => {
    expect(registration({ device: ALICE, endpoint: "1.2.3.4:80", proof })).toEqual({
      device: ALICE,
      endpoint: { type: "V4", value: { ip: "0x01020304", port: 80 } },
      proof: { type: "Ed25519", value: `0x${"ab".repeat(64)}` },
    })
    expect(registration({ device: ALICE, endpoint: "[2001:DB8::7]:1", proof })).toMatchObject({
      endpoint: { value: { ip: `0x20010db8${"0".repeat(20)}0007` } },
    })
    expect(registration({ device: ALICE, endpoint: "", proof })).toMatchObject({ endpoint: undefined })
  })
  it("name each field that is wrong", () => {
    expect(registration({ device: "x", endpoint: "example.org:1", proof: "0x02" })).toEqual({
      problems: { device: expect.any(String), endpoint: expect.any(String), proof: expect.any(String) },
    })
    for (const endpoint of ["1.2.3.4", "1.2.3.400:1", "1.2.3.4:0", "1.2.3.4:70000", "[1:2:3]:1", "[1::2::3]:1", "[12345::]:1"]) {
      expect(registration({ device: ALICE, endpoint, proof }), endpoint).toHaveProperty("problems.endpoint")
    }
  })
})

describe("the curve", () => {
  const curve = { initial: 100n * 10n ** 12n, decay: 10n ** 17n, floor: 10n ** 12n }
  it("falls by its share and stops at its floor", () => {
    expect(emission(curve, 0)).toBe(1e14)
    expect(emission(curve, 1)).toBeCloseTo(9e13)
    expect(emission(curve, 10_000)).toBe(1e12)
    expect(points(curve, 5, 12)[0]).toEqual({ epoch: 0, minted: 100 })
  })
})
