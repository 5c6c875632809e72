// The frame of all pages: where we are, which node is asked, and how to find something.

import {
  ActionIcon,
  Alert,
  Anchor,
  AppShell,
  Badge,
  Burger,
  Group,
  NavLink,
  Stack,
  Text,
  Title,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core"
import { useDisclosure, useHash } from "@mantine/hooks"
import { useEffect } from "react"
import { ChainProvider, useChain } from "./chain/ChainProvider"
import { Boundary } from "./components/Boundary"
import { NodeField } from "./components/NodeField"
import { Search } from "./components/Search"
import { Loading, NoConnection } from "./components/States"
import { Device } from "./pages/Device"
import { Network } from "./pages/Network"
import { Owner } from "./pages/Owner"
import { Register } from "./pages/Register"
import { Validators } from "./pages/Validators"
import { nodeOf, route, type Route } from "./route"

const PAGES = [
  { label: "Network", href: "#/", page: "network" },
  { label: "Validators", href: "#/validators", page: "validators" },
  { label: "Register a device", href: "#/register", page: "register" },
] as const

export function App() {
  const node = nodeOf(window.location.search)
  const [hash] = useHash()
  const here = route(hash)
  const [isOpen, menu] = useDisclosure(false)

  // A new page begins at its top, and its heading is what is read out.
  useEffect(() => {
    menu.close()
    window.scrollTo(0, 0)
  }, [hash])

  return (
    <ChainProvider node={node}>
      <AppShell
        header={{ height: 60 }}
        navbar={{ width: 220, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
        padding="md"
      >
        <a className="skip" href="#main" onClick={skip}>
          Skip to the content
        </a>
        <AppShell.Header component="header">
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger opened={isOpen} onClick={menu.toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
              <Anchor href="#/" underline="never" c="inherit">
                <Text fw={700} size="xl">
                  Vouch
                </Text>
              </Anchor>
              <Head />
            </Group>
            <Group gap="sm" wrap="nowrap">
              <Group visibleFrom="sm">
                <Search />
              </Group>
              <Scheme />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="md" component="nav" aria-label="Pages">
          <Stack gap="xs" h="100%">
            <Group hiddenFrom="sm">
              <Search />
            </Group>
            {PAGES.map(({ label, href, page }) => (
              <NavLink
                key={href}
                href={href}
                label={label}
                active={here.page === page}
                aria-current={here.page === page ? "page" : undefined}
              />
            ))}
            <Stack mt="auto">
              <NodeField node={node} />
            </Stack>
          </Stack>
        </AppShell.Navbar>
        <AppShell.Main id="main" tabIndex={-1}>
          <Boundary key={hash}>
            <Content here={here} />
          </Boundary>
        </AppShell.Main>
      </AppShell>
    </ChainProvider>
  )
}

function skip(event: React.MouseEvent) {
  event.preventDefault()
  document.getElementById("main")?.focus()
}

/** The newest block, as a sign that what is shown is alive. */
function Head() {
  const { status } = useChain()
  if (status.kind !== "ready") return null
  const number = status.block?.number.toLocaleString("en") ?? "…"
  return status.online ? (
    <Badge variant="light" color="cyan" autoContrast={false} tt="none" className="head" c="var(--mantine-color-text)">
      block {number}
    </Badge>
  ) : (
    <Badge color="red" tt="none">
      offline
    </Badge>
  )
}

function Scheme() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme("light")
  const other = scheme === "dark" ? "light" : "dark"
  return (
    <ActionIcon variant="default" size="lg" onClick={() => setColorScheme(other)} aria-label={`Use ${other} colours`}>
      {scheme === "dark" ? "☀" : "☾"}
    </ActionIcon>
  )
}

function Content({ here }: { here: Route }) {
  const { status, node, retry } = useChain()
  if (status.kind === "connecting") return <Loading what={`Connecting with ${node}`} />
  if (status.kind === "failed") return <NoConnection node={node} error={status.error} retry={retry} />
  return (
    <Stack>
      {!status.online && (
        <Alert color="red" title="The connection is lost" role="status">
          What you see is from block {status.block?.number ?? "?"}. It goes on by itself when {node} answers again.
        </Alert>
      )}
      <Page here={here} />
    </Stack>
  )
}

function Page({ here }: { here: Route }) {
  switch (here.page) {
    case "network":
      return <Network />
    case "device":
      return <Device key={here.id} id={here.id} />
    case "owner":
      return <Owner key={here.id} id={here.id} />
    case "validators":
      return <Validators />
    case "register":
      return <Register />
    case "unknown":
      return (
        <Stack>
          <Title order={1}>There is no such page</Title>
          <Anchor href="#/">To the network</Anchor>
        </Stack>
      )
  }
}
