// What lowers a reward, in sentences, and what can be done about it.

import type { ProberReason, Reason } from "../chain/types"

export interface Meaning {
  /** What it is. */
  says: string
  /** What helps; nothing if nothing has to be done. */
  helps?: string
}

/** Of a device. */
export const REASONS: Record<Reason, Meaning> = {
  NotJudgedYet: { says: "No round has judged the device yet; the first is the one after it was registered." },
  Excused: { says: "It is not judged and not paid for now: it joined, came back, changed its key or declared maintenance." },
  Leaving: { says: "It was deregistered: it is not judged any more and earns nothing new." },
  Down: {
    says: "It was found down: no prober's report called it up.",
    helps: "Is the agent running, and can its address be reached from outside?",
  },
  Uncovered: { says: "Too few probers reported, or they were divided: the round counted as the last clear one did." },
  Slow: { says: "It answers slowly: above 127 ms a round earns less.", helps: "A better connection earns more." },
  ShortStreak: { says: "Its streak is short: 32 rounds up in a row earn a quarter more.", helps: "It grows with every round up." },
  ClassWeighsNothing: { says: "Its class has weight zero: devices of it earn nothing." },
  NoEndpoint: {
    says: "It publishes no address, so no prober can reach it.",
    helps: "Set one with vouch-device set-endpoint.",
  },
  EpochRunning: { says: "Points of the running epoch become tokens when it closes." },
  RateWasZero: { says: "A point was worth nothing: the budget was smaller than all devices' points." },
  Admission: { says: "It is new, or moved to another address: it is judged, and not paid until it was up in a few rounds." },
  NeverAnswered: {
    says: "Nobody has got an answer at its address yet: it is asked ever more rarely, and may be evicted in the end.",
    helps: "Check its address and port, then run vouch-device set-endpoint --again.",
  },
  HeldBack: { says: "Part of what it earned is held back as security, and paid some epochs later." },
  NotJudged: { says: "In some rounds it was not judged: it was excused, or too few probers reported." },
}

/** Of a validator that probes. */
export const PROBER_REASONS: Record<ProberReason, Meaning> = {
  NotMeasuredYet: { says: "No report of it has been measured yet." },
  Inaccurate: { says: "Its reports disagree with what two thirds of its peers found: it earns in proportion." },
  Outliers: { says: "Some reports contradicted most of what its peers agreed on, and earned next to nothing." },
  FailedAudits: { says: "Reports that failed their audit earned nothing, and cost stake." },
  SilentAudits: { says: "Reports whose audit it did not answer in time earned nothing, and cost stake." },
  AuditsOpen: { says: "Reports that are drawn for an audit are paid once they are proven." },
  EpochRunning: { says: "Points of the running epoch become tokens when it closes." },
}
