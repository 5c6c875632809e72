import { Table } from "@mantine/core"
import type { ReactNode } from "react"

/** What a column is called, and how wide it is if that does not follow from what is in it. */
type Column = string | { title: string; width: number }

/** A table that scrolls sideways where there is little room, by keyboard too; its rows are `children`. */
export function WideTable(props: { label: string; minWidth: number; columns: Column[]; children: ReactNode }) {
  const { label, minWidth, columns, children } = props
  const known = columns.map((column) => (typeof column === "string" ? { title: column, width: undefined } : column))
  return (
    <Table.ScrollContainer type="native" minWidth={minWidth} tabIndex={0} role="region" aria-label={label}>
      <Table striped>
        <Table.Thead>
          <Table.Tr>
            {known.map(({ title, width }) => (
              <Table.Th key={title} w={width}>
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
