// A number with its name.

import { Card, Text } from "@mantine/core"
import type { ReactNode } from "react"

export function Figure({ name, children, note }: { name: string; children: ReactNode; note?: ReactNode }) {
  return (
    <Card withBorder padding="sm" component="section" aria-label={name}>
      <Text size="sm" c="var(--dimmed-text)">
        {name}
      </Text>
      <Text size="xl" fw={600}>
        {children}
      </Text>
      {note !== undefined && (
        <Text size="sm" c="var(--dimmed-text)">
          {note}
        </Text>
      )}
    </Card>
  )
}
