// How far a transaction is, in words.

import { Alert } from "@mantine/core"
import type { Transaction } from "./useTransaction"

export function TransactionState({ transaction, done }: { transaction: Transaction; done: string }) {
  switch (transaction.kind) {
    case "idle":
      return null
    case "signing":
      return <Alert role="status">Confirm it in your wallet.</Alert>
    case "sent":
      return <Alert role="status">Sent; the next block takes it.</Alert>
    case "included":
      return <Alert role="status">In a block, and soon final.</Alert>
    case "final":
      return (
        <Alert role="status" color="green">
          {done}
        </Alert>
      )
    case "failed":
      return (
        <Alert role="alert" color="red">
          {transaction.problem}
        </Alert>
      )
  }
}
