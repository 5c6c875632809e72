import { defineConfig } from "@playwright/test"

// The page and the chain are somebody else's to start: VOUCH_EXPLORER is the page's address, VOUCH_WS the node's.
export default defineConfig({
  testDir: "e2e",
  // Blocks take six seconds, epochs thirty-six, on a machine that may be busy.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: "line",
  outputDir: "test-results",
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu"],
    },
    viewport: { width: 1280, height: 900 },
    screenshot: "only-on-failure",
  },
})
