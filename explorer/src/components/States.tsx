// What is shown while there is nothing to show.

import { Alert, Button, Center, Code, List, Loader, Stack, Text, Title } from "@mantine/core"
import type { ReactNode } from "react"
import { NotVouch } from "../chain/connection"
import type { Live } from "../chain/useLive"

export function Loading({ what }: { what: string }) {
  return (
    <Center mih={200} role="status">
      <Stack align="center">
        <Loader aria-hidden />
        <Text c="var(--dimmed-text)">{what} …</Text>
      </Stack>
    </Center>
  )
}

/** Nothing is wrong, there is just nothing yet. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Center mih={120}>
      <Stack align="center" gap={4} ta="center">
        <Text fw={600}>{title}</Text>
        {children !== undefined && <Text c="var(--dimmed-text)">{children}</Text>}
      </Stack>
    </Center>
  )
}

export function Failure({ title = "The node could not answer", error }: { title?: string; error: Error }) {
  return (
    <Alert color="red" title={title} role="alert">
      {error.message}
    </Alert>
  )
}

/** What a live answer says, or that it is on its way, or that it failed. */
export function Known<T>({ live, what, children }: { live: Live<T>; what: string; children: (value: T) => ReactNode }) {
  switch (live.kind) {
    case "loading":
      return <Loading what={what} />
    case "failed":
      return <Failure error={live.error} />
    case "known":
      return children(live.value)
  }
}

export function NoConnection({ node, error, retry }: { node: string; error: Error; retry: () => void }) {
  const isForeign = error instanceof NotVouch
  return (
    <Stack maw={640}>
      <Title order={1}>{isForeign ? "Another chain" : "No node answers"}</Title>
      <Alert color="red" role="alert">
        {isForeign ? error.message : `${node}: ${error.message}`}
      </Alert>
      <Text>What may help:</Text>
      <List>
        <List.Item>
          Start a chain on this machine: <Code>scripts/demo</Code>
        </List.Item>
        <List.Item>
          Name another node, at the bottom of the menu or in the address of this page: <Code>?node=wss://…</Code>
        </List.Item>
        <List.Item>
          A node answers pages of other hosts only if it was started with <Code>--rpc-cors</Code>.
        </List.Item>
      </List>
      <Button onClick={retry} w="fit-content">
        Try again
      </Button>
    </Stack>
  )
}
