// Finds a device by its id or an owner by the address.

import { Button, Group, TextInput } from "@mantine/core"
import { useState } from "react"
import { useChain } from "../chain/ChainProvider"
import { toDevice, toOwner } from "../route"
import { identity } from "../view/identity"

export function Search() {
  const { status } = useChain()
  const [text, setText] = useState("")
  const [problem, setProblem] = useState<string>()

  const find = async (event: React.FormEvent) => {
    event.preventDefault()
    const found = identity(text)
    if ("problem" in found) return setProblem(found.problem)
    if (status.kind !== "ready") return setProblem("There is no connection to ask.")
    setProblem(undefined)
    try {
      const device = await status.connection.api.apis.VouchApi.device(found.id, { at: "best" })
      window.location.hash = device === undefined ? toOwner(found.id) : toDevice(found.id)
      setText("")
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }

  return (
    <form onSubmit={find} role="search" aria-label="Device or owner">
      <Group gap="xs" wrap="nowrap" align="start">
        <TextInput
          aria-label="Device id or owner's address"
          placeholder="Device or owner"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setProblem(undefined)
          }}
          error={problem}
          errorProps={{ role: "alert", style: { position: "absolute", background: "var(--mantine-color-body)" } }}
          spellCheck={false}
          w={{ base: 110, md: 260 }}
        />
        <Button type="submit" variant="default">
          Find
        </Button>
      </Group>
    </form>
  )
}
