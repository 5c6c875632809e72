// What a client saw of Vouch's own pallets, in one line.

const OURS = /^(devices|uptime|rewards|work)\./i

/** Those of the names `Pallet.name` that belong to Vouch. */
export const ours = (seen) => [...seen].filter((name) => OURS.test(name)).sort().join(" ")
