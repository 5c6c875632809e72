import { Component, type ReactNode } from "react"
import { Failure } from "./States"

/** Shows what went wrong in place of a page that cannot be drawn; another page is tried anew. */
export class Boundary extends Component<{ page: string; children: ReactNode }, { failed?: { page: string; error: Error } }> {
  override state: { failed?: { page: string; error: Error } } = {}

  override componentDidCatch(error: Error) {
    this.setState({ failed: { page: this.props.page, error } })
  }

  static getDerivedStateFromError() {
    return {}
  }

  override render() {
    const { failed } = this.state
    return failed?.page === this.props.page ? <Failure error={failed.error} /> : this.props.children
  }
}
