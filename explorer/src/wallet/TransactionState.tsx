// How far a transaction is, in words.

import { Alert } from "@mantine/core"
import { useConnection } from "../chain/ChainProvider"
import type { Transaction } from "./useTransaction"

/** Whether it goes on, so that no other one should be begun. */
export const isBusy = ({ kind }: Transaction) => kind === "making" || kind === "signing" || kind === "sent"

export function TransactionState({ transaction, done }: { transaction: Transaction; done: string }) {
  const { chain } = useConnection()
  switch (transaction.kind) {
    case "idle":
      return null
    case "making":
      return <Alert role="status">Making the transaction.</Alert>
    case "signing":
      return (
        <Alert role="status">
          Confirm it in your wallet: <strong>{transaction.call}</strong> on {chain}.
        </Alert>
      )
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
