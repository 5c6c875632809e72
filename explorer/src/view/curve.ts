// How much each epoch mints: geometric decay down to a floor; see primitives/src/emission.rs.

export interface Curve {
  /** Planck of the first epoch. */
  initial: bigint
  /** Share of an epoch's emission that the next one mints less, in parts of 10^18. */
  decay: bigint
  /** The least that an epoch mints, in planck. */
  floor: bigint
}

const WHOLE = 1e18

/** Emission of epoch `epoch`, in planck, near enough to draw it. */
export function emission({ initial, decay, floor }: Curve, epoch: number): number {
  return Math.max(Number(floor), Number(initial) * (1 - Number(decay) / WHOLE) ** epoch)
}

/** Some epochs from the first to one well beyond `running`, with what each mints in tokens. */
export function points(curve: Curve, running: number, decimals: number): { epoch: number; minted: number }[] {
  const last = Math.max(running * 2, 20_000)
  return Array.from({ length: 41 }, (_, n) => {
    const epoch = Math.round((last * n) / 40)
    return { epoch, minted: emission(curve, epoch) / 10 ** decimals }
  })
}
