// Why it is not more.

import { List, Text } from "@mantine/core"

interface Meaning {
  says: string
  helps?: string
}

export function Reasons<Code extends string>({ codes, meanings }: { codes: Code[]; meanings: Record<Code, Meaning> }) {
  if (codes.length === 0) return <Text>Nothing lowers it.</Text>
  return (
    <List>
      {codes.map((code) => (
        <List.Item key={code} data-reason={code}>
          {meanings[code].says} {meanings[code].helps !== undefined && <strong>{meanings[code].helps}</strong>}
        </List.Item>
      ))}
    </List>
  )
}
