// Blocks that follow on one another, or do not.

/** Whether something between the block that was seen last and this one was not: then nobody has told what it changed. */
export const skips = (seen: string | undefined, block: { hash: string; parent: string } | undefined) =>
  seen !== undefined && block !== undefined && block.hash !== seen && block.parent !== seen
