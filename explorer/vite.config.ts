import react from "@vitejs/plugin-react"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

const descriptors = new URL("./descriptors/.papi/descriptors/dist/index.js", import.meta.url)

export default defineConfig({
  // Served from any folder.
  base: "./",
  plugins: [react()],
  resolve: { alias: { "@vouch/descriptors": fileURLToPath(descriptors) } },
  build: { target: "es2022", chunkSizeWarningLimit: 2_000 },
})
