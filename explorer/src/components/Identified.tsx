import { Stack, Title } from "@mantine/core"
import type { ReactNode } from "react"
import { identity } from "../view/identity"
import { Empty } from "./States"

/** What there is to show of the account that `text` names, or why it names none. */
export function Identified({ title, text, children }: { title: string; text: string; children: (id: string) => ReactNode }) {
  const found = identity(text)
  if (!("problem" in found)) return children(found.id)
  return (
    <Stack>
      <Title order={1}>{title}</Title>
      <Empty title={found.problem}>{text}</Empty>
    </Stack>
  )
}
