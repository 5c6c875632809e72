// The chain's answers, as the descriptors that are generated from the runtime type them.

import type { vouch } from "@vouch/descriptors"
import type { TypedApi } from "polkadot-api"

export type Api = TypedApi<typeof vouch>

type Answer<Name extends keyof Api["apis"]["VouchApi"]> = Awaited<ReturnType<Api["apis"]["VouchApi"][Name]>>

export type Network = Answer<"network">
export type Epoch = Answer<"epoch">
export type Projection = Answer<"projections">[number]
export type Device = NonNullable<Answer<"device">>
export type Explanation = NonNullable<Answer<"explain">>
export type LastEpoch = NonNullable<Explanation["last"]>
export type Reason = Explanation["reasons"][number]["type"]
export type Committee = NonNullable<Answer<"committee">>
export type Summary = Answer<"fleet">[number]
export type Prober = NonNullable<Answer<"prober">>
export type ProberReason = Prober["reasons"][number]["type"]
export type Changes = Answer<"changes">
export type Endpoint = NonNullable<Device["endpoint"]>
export type State = Device["state"]
