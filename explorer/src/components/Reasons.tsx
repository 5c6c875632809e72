// Why it is not more.

import { List, Text } from "@mantine/core"
import type { Meaning } from "../view/reasons"

/** Codes that the page does not know, because the chain is newer, are shown as they are. */
export function Reasons({ codes, meanings }: { codes: string[]; meanings: Partial<Record<string, Meaning>> }) {
  if (codes.length === 0) return <Text>Nothing lowers it.</Text>
  return (
    <List>
      {codes.map((code) => (
        <List.Item key={code} data-reason={code}>
          {meanings[code]?.says ?? code} {meanings[code]?.helps !== undefined && <strong>{meanings[code].helps}</strong>}
        </List.Item>
      ))}
    </List>
  )
}
