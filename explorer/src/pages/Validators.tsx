// Validators as probers.

import { Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import { useConnection } from "../chain/ChainProvider"
import type { Prober } from "../chain/types"
import { concernsRounds, useLive } from "../chain/useLive"
import { Reasons } from "../components/Reasons"
import { Empty, Known } from "../components/States"
import { short, tokens } from "../view/format"
import { PROBER_REASONS } from "../view/reasons"

export function Validators() {
  const live = useLive(
    "validators",
    async (api) => {
      const validators = await api.query.Session.Validators.getValue({ at: "best" })
      const probers = await Promise.all(validators.map((validator) => api.apis.VouchApi.prober(validator, { at: "best" })))
      return validators.map((validator, n) => ({ validator, prober: probers[n] }))
    },
    concernsRounds,
  )
  return (
    <Stack gap="xl">
      <Stack gap={4}>
        <Title order={1}>Validators</Title>
        <Text c="var(--dimmed-text)">They probe devices, and answer for what they report: one report in four has to be proven.</Text>
      </Stack>
      <Known live={live} what="Asking the chain">
        {(validators) => (
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            {validators.map(({ validator, prober }) => (
              <Validator key={validator} validator={validator} prober={prober} />
            ))}
          </SimpleGrid>
        )}
      </Known>
    </Stack>
  )
}

function Validator({ validator, prober }: { validator: string; prober: Prober | undefined }) {
  const { token } = useConnection()
  if (prober === undefined) {
    return (
      <Card withBorder component="section" aria-label={`Validator ${validator}`}>
        <Title order={2} size="h4">
          {short(validator)}
        </Title>
        <Empty title="It was never among the validators of a session" />
      </Card>
    )
  }
  const { record, pending } = prober
  const figures: [string, string][] = [
    ["Accuracy", record.lanes === 0n ? "–" : `${record.accuracy / 10} %`],
    ["Reports measured", record.reports.toLocaleString("en")],
    ["Audits proven", record.proven.toLocaleString("en")],
    ["Audits open", record.open.toLocaleString("en")],
    ["Audits failed", record.failed.toLocaleString("en")],
    ["Audits not answered", record.silent.toLocaleString("en")],
    ["Outliers", record.outliers.toLocaleString("en")],
    ["Points forfeited", record.forfeited.toLocaleString("en")],
    ["Strikes", record.strikes.toLocaleString("en")],
    ["Last offence", record.last_offence === undefined ? "none" : `${record.last_offence[0].type}, round ${record.last_offence[1].round}`],
    ["Can be claimed", tokens(pending.accrued, token)],
  ]
  return (
    <Card withBorder component="section" aria-label={`Validator ${validator}`}>
      <Title order={2} size="h4">
        {short(validator)}
      </Title>
      <Text className="mono" size="sm" c="var(--dimmed-text)">
        {validator}
      </Text>
      <Group my="sm" gap="lg">
        {figures.map(([name, value]) => (
          <div key={name}>
            <Text size="sm" c="var(--dimmed-text)">
              {name}
            </Text>
            <Text fw={600}>{value}</Text>
          </div>
        ))}
      </Group>
      <Reasons codes={prober.reasons.map(({ type }) => type)} meanings={PROBER_REASONS} />
    </Card>
  )
}
