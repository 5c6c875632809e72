// The page in a real browser, against a running chain with devices of //Alice, //Bob and //Charlie.

import AxeBuilder from "@axe-core/playwright"
import { expect, test, type Page } from "@playwright/test"
import { ask, at, devicesOf, until } from "./chain"
import { account, device, install } from "./wallet"

const BOB = account("//Bob").address

/** A picture for people to look at. */
const picture = (page: Page, name: string) => page.screenshot({ path: `screenshots/${name}.png`, fullPage: true })

/** Nothing that a screen reader, or somebody who sees little, would stumble over. */
async function isAccessible(page: Page) {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([])
}

/** The first device of an owner, once it has something to claim. */
const earning = (owner: string) =>
  until("a device to earn", 200, async () => (await devicesOf(owner)).find(({ accrued }) => BigInt(accrued) > 0n))

test("overview shows what the chain says, and goes on with it", async ({ page }) => {
  await page.goto(at())
  await expect(page.getByRole("heading", { name: "Network", level: 1 })).toBeVisible()
  const { devices } = await ask<{ devices: number }>("vouch_network")
  await expect(page.getByRole("region", { name: "Devices", exact: true })).toContainText(devices.toLocaleString("en"))
  for (const pool of ["Uptime", "Work", "Probing"]) await expect(page.getByRole("cell", { name: pool }).first()).toBeVisible()
  await expect(page.getByText("standard")).toBeVisible()
  await expect(page.getByText(/Epoch .* runs\./)).toBeVisible()

  // Without being asked again.
  const head = page.locator("header").getByText(/block \d/)
  const before = await head.textContent()
  await expect(head).not.toHaveText(before ?? "")
  await isAccessible(page)
  await picture(page, "network-light")
})

test("a square of the heat map leads to its device, by keyboard too", async ({ page }) => {
  await page.goto(at())
  const lane = page.getByRole("button", { name: /^Lane 0:/ }).first()
  await lane.focus()
  await page.keyboard.press("Enter")
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Device")
  const id = decodeURIComponent(page.url().split("#/device/")[1] ?? "")
  const { lane: place, cohort } = await ask<{ lane: number; cohort: number }>("vouch_device", id)
  expect([cohort, place]).toEqual([0, 0])
})

test("a device's page says what it earned and why it is not more", async ({ page }) => {
  const { device } = await earning(BOB)
  await page.goto(at(`#/device/${device}`))
  await expect(page.getByRole("region", { name: "Can be claimed" })).toContainText("VCH")
  await expect(page.getByRole("img", { name: /Of the last 32 rounds/ })).toBeVisible()
  const explained = await ask<{ reasons: string[]; last: { epoch: number } }>("vouch_explain", device)
  expect(explained.reasons).toContain("shortStreak")
  await expect(page.getByRole("region", { name: "The running epoch" }).locator('[data-reason="ShortStreak"]')).toBeVisible()
  await expect(page.getByRole("region", { name: "The last epoch" })).toContainText(/Epoch \d+: .* VCH/)
  await expect(page.getByText(BOB).first()).toBeVisible()
  await expect(page.getByRole("heading", { name: /Who probes it in round \d+/ })).toBeVisible()
  await isAccessible(page)
  await picture(page, "device-light")
})

test("an owner sees the fleet and claims for it with a wallet", async ({ page }) => {
  await install(page, "//Bob")
  await earning(BOB)
  const balance = async () => BigInt((await accountOf(BOB)).free)
  await page.goto(at(`#/owner/${BOB}`))
  await expect(page.getByRole("region", { name: "Devices", exact: true }).first()).toContainText("1")
  await page.getByRole("button", { name: "Connect test-wallet" }).click()
  await isAccessible(page)
  await picture(page, "owner-light")
  const before = await balance()
  await page.getByRole("button", { name: "Claim for 1 device" }).click()
  await expect(page.getByText("Paid.")).toBeVisible({ timeout: 120_000 })
  expect(await balance()).toBeGreaterThan(before)
})

/** What an account has free, from the storage of its balance. */
async function accountOf(address: string): Promise<{ free: string }> {
  const { Blake2128Concat, Twox128, AccountId, u32, u128, Struct } = await import("@polkadot-api/substrate-bindings")
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
  const [pallet, item] = ["System", "Account"].map((name) => hex(Twox128(new TextEncoder().encode(name))))
  const stored = await ask<string>("state_getStorage", `0x${pallet}${item}${hex(Blake2128Concat(AccountId().enc(address)))}`)
  const info = Struct({ nonce: u32, consumers: u32, providers: u32, sufficients: u32, free: u128 }).dec(stored)
  return { free: info.free.toString() }
}

test("an owner registers a device with a wallet, and what cannot be meant is refused before", async ({ page }) => {
  await install(page, "//Eve")
  const genesis = await ask<string>("chain_getBlockHash", 0)
  const { id, proof } = device(0xe7, genesis, account("//Eve").publicKey)
  await page.goto(at("#/register"))
  await page.getByRole("button", { name: "Connect test-wallet" }).click()
  await page.getByLabel("Device", { exact: true }).fill("nonsense")
  await page.getByLabel("Answers at").fill("example.org:80")
  await page.getByRole("button", { name: "Register" }).click()
  await expect(page.getByText("This is no address")).toBeVisible()
  await expect(page.getByText("An address is literal")).toBeVisible()
  await picture(page, "register-refused")

  await page.getByLabel("Device", { exact: true }).fill(id)
  await page.getByLabel("Answers at").fill("127.0.0.1:39999")
  await page.getByLabel("Proof of possession").fill(proof)
  await page.getByRole("button", { name: "Register" }).click()
  await expect(page.getByText("Registered.")).toBeVisible({ timeout: 120_000 })
  const record = await ask<{ owner: string; endpoint: string }>("vouch_device", id)
  expect(record).toMatchObject({ owner: account("//Eve").address, endpoint: "127.0.0.1:39999" })
  await page.getByRole("link", { name: "See the device" }).click()
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Device")
  await isAccessible(page)

  // Once more is once too often, and the chain's reason is told.
  await page.goto(at("#/register"))
  await page.getByRole("button", { name: "Connect test-wallet" }).click()
  await page.getByLabel("Device", { exact: true }).fill(id)
  await page.getByLabel("Proof of possession").fill(proof)
  await page.getByRole("button", { name: "Register" }).click()
  await expect(page.getByText(/AlreadyRegistered/)).toBeVisible({ timeout: 120_000 })
})

test("a node that writes a call otherwise is found out before anything is signed", async ({ page }) => {
  await install(page, "//Charlie")
  await earning(account("//Charlie").address)
  // The number of the call `claim` follows on its only argument and the argument's documentation, of which there is none.
  const argument = `${Buffer.from("BoundedVec<DeviceId, T::MaxClaims>").toString("hex")}00`
  let lies = 0
  await page.routeWebSocket(/^ws:/, (socket) => {
    const node = socket.connectToServer()
    node.onMessage((message) => {
      lies += String(message).split(`${argument}00`).length - 1
      socket.send(String(message).replaceAll(`${argument}00`, `${argument}07`))
    })
  })
  await page.goto(at(`#/owner/${account("//Charlie").address}`))
  await page.getByRole("button", { name: "Connect test-wallet" }).click()
  await page.getByRole("button", { name: "Claim for 1 device" }).click()
  await expect(page.getByRole("alert")).toContainText("The node writes Rewards.claim in another way")
  expect(lies).toBeGreaterThan(0)
})

test("validators answer for their probing", async ({ page }) => {
  await page.goto(at("#/validators"))
  const { validator, accuracy } = await ask<{ validator: string; accuracy: number }>("vouch_prober", account("//Alice").address)
  await expect(page.getByRole("region", { name: `Validator ${validator}` })).toContainText(accuracy > 0 ? "%" : "–")
  await isAccessible(page)
  await picture(page, "validators-light")
})

test("search finds devices and owners and says what is no address", async ({ page }) => {
  await page.goto(at())
  await expect(page.getByRole("heading", { name: "Network", level: 1 })).toBeVisible()
  const field = page.getByLabel("Device id or owner's address").first()
  await field.fill("5Grwva")
  await page.keyboard.press("Enter")
  await expect(page.getByText("This is no address")).toBeVisible()
  await field.fill(BOB)
  await page.keyboard.press("Enter")
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Owner")
  const [first] = await devicesOf(BOB)
  await field.fill(first?.device ?? "")
  await page.keyboard.press("Enter")
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Device")
})

test("what is not there says so", async ({ page }) => {
  const stranger = account("//Stranger").address
  await page.goto(at(`#/device/${stranger}`))
  await expect(page.getByText("No such device is registered")).toBeVisible()
  await page.goto(at(`#/owner/${stranger}`))
  await expect(page.getByText("This account owns no devices")).toBeVisible()
  await page.goto(at("#/device/nonsense"))
  await expect(page.getByText("This is no address")).toBeVisible()
  await page.goto(at("#/nowhere"))
  await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible()
  await isAccessible(page)
})

test("a node that does not answer is named, with what may help", async ({ page }) => {
  await page.goto(at("", "ws://127.0.0.1:1"))
  await expect(page.getByRole("heading", { name: "No node answers" })).toBeVisible()
  await expect(page.getByRole("alert")).toContainText("ws://127.0.0.1:1")
  await expect(page.getByText("scripts/demo")).toBeVisible()
  await isAccessible(page)
  await picture(page, "no-node")
})

test("a chain that is not ours is named as such", async ({ page }) => {
  // The same node, but that its metadata calls the runtime something else.
  const spelt = (name: string) => `14${Buffer.from(name).toString("hex")}`
  await page.routeWebSocket(/^ws:/, (socket) => {
    const node = socket.connectToServer()
    node.onMessage((message) => socket.send(String(message).replaceAll(spelt("vouch"), spelt("other"))))
  })
  await page.goto(at())
  await expect(page.getByRole("heading", { name: "Another chain" })).toBeVisible()
  await expect(page.getByRole("alert")).toContainText("which is not a Vouch chain")
})

test("a lost connection is told, and taken up again", async ({ page }) => {
  let isCut = false
  const open: { close(): Promise<void> }[] = []
  await page.routeWebSocket(/^ws:/, (socket) => {
    if (isCut) return void socket.close()
    socket.connectToServer()
    open.push(socket)
  })
  await page.goto(at())
  const head = page.locator("header").getByText(/block \d/)
  await expect(head).toBeVisible()
  isCut = true
  await Promise.all(open.map((socket) => socket.close()))
  await expect(page.getByText("The connection is lost")).toBeVisible()
  await expect(page.getByRole("heading", { name: "Network", level: 1 })).toBeVisible()
  isCut = false
  await expect(page.getByText("The connection is lost")).toBeHidden({ timeout: 120_000 })
  await expect(head).toBeVisible()
})

test("a page that cannot be drawn says so, and others go on", async ({ page }) => {
  await page.addInitScript(() => {
    BigInt.prototype.toLocaleString = () => {
      throw new Error("these numbers are broken")
    }
  })
  await page.goto(at())
  await expect(page.getByRole("alert")).toContainText("these numbers are broken")
  await page.evaluate(() => void (window.location.hash = "#/nowhere"))
  await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible()
  await expect(page.getByRole("alert")).toBeHidden()
})

test("it fits a phone and the dark", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  await page.emulateMedia({ colorScheme: "dark" })
  await page.goto(at())
  await expect(page.getByRole("heading", { name: "Network", level: 1 })).toBeVisible()
  await expect(page.getByRole("button", { name: /^Lane 0:/ }).first()).toBeVisible()
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(wider).toBeLessThanOrEqual(0)
  await isAccessible(page)
  await picture(page, "network-phone-dark")
  await page.getByRole("button", { name: "Menu" }).click()
  await page.getByRole("link", { name: "Validators" }).click()
  await expect(page.getByRole("heading", { name: "Validators", level: 1 })).toBeVisible()
  await page.getByRole("button", { name: "Use light colours" }).click()
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "light")
})

test("everything can be reached by keyboard", async ({ page }) => {
  await page.goto(at())
  await expect(page.getByRole("heading", { name: "Network", level: 1 })).toBeVisible()
  await page.keyboard.press("Tab")
  await expect(page.getByText("Skip to the content")).toBeFocused()
  await page.keyboard.press("Enter")
  await expect(page.locator("#main")).toBeFocused()
  // There has to be something to go to.
  await expect(page.getByRole("button", { name: /^Lane 0:/ }).first()).toBeVisible()
  await page.keyboard.press("Tab")
  await expect(page.locator("#main :focus")).toHaveCount(1)
})
