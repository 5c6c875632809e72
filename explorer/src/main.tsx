import "@mantine/core/styles.css"
import "@mantine/charts/styles.css"
import "./style.css"
import { createTheme, MantineProvider } from "@mantine/core"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./App"

const theme = createTheme({
  primaryColor: "cyan",
  primaryShade: { light: 9, dark: 4 },
  autoContrast: true,
  focusRing: "always",
  defaultRadius: "md",
})

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <App />
    </MantineProvider>
  </StrictMode>,
)
