import { Button, Group, Text } from "@mantine/core"
import type { ReactNode } from "react"

/** Steps through pages that are numbered from 0; nothing if there is one page. `children` says which it is. */
export function Pager(props: { label: string; page: number; pages: number; go: (page: number) => void; children: ReactNode }) {
  const { label, page, pages, go, children } = props
  if (pages <= 1) return null
  return (
    <Group component="nav" aria-label={label}>
      <Button variant="default" disabled={page === 0} onClick={() => go(page - 1)}>
        Before
      </Button>
      <Text>{children}</Text>
      <Button variant="default" disabled={page + 1 === pages} onClick={() => go(page + 1)}>
        After
      </Button>
    </Group>
  )
}
