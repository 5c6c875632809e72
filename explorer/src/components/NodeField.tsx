// Which node is asked.

import { Button, Stack, TextInput } from "@mantine/core"
import { useState } from "react"
import { isNodeAddress } from "../route"

export function NodeField({ node }: { node: string }) {
  const [url, setUrl] = useState(node)
  const isFine = isNodeAddress(url)
  const go = (event: React.FormEvent) => {
    event.preventDefault()
    if (!isFine) return
    const next = new URL(window.location.href)
    next.searchParams.set("node", url)
    window.location.assign(next)
  }
  return (
    <form onSubmit={go} aria-label="Node">
      <Stack gap="xs">
        <TextInput
          size="xs"
          label="Node"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          error={isFine ? undefined : "begins with ws:// or wss://"}
          spellCheck={false}
        />
        {url !== node && (
          <Button type="submit" size="xs" disabled={!isFine}>
            Connect
          </Button>
        )}
      </Stack>
    </form>
  )
}
