import { Component, type ReactNode } from "react"
import { Failure } from "./States"

/** Shows what went wrong in place of a page that cannot be drawn. Another page needs a boundary of its own, by its `key`. */
export class Boundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {}

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    const { error } = this.state
    return error === undefined ? this.props.children : <Failure title="This page cannot be drawn" error={error} />
  }
}
