//! When lying does not pay.
//!
//! Let a report lie on a fraction `f` of what it claims, `0 < f <= 1`. It is drawn for an audit with probability `p`, and the
//! lane asked for is one of the lies with probability at least `f` (exactly `f` if peers confirm every lie, 1 if they confirm
//! none: see [`crate::audit::drawn_lane`]). A lie that is asked for cannot be proven, unless the prober holds the device's own
//! key, which audits cannot tell and the tally has to (see [`crate::audit`]): it costs the share `s` of the stake `S`, whether
//! the prober answers wrongly or not at all, and the report's pay. A lie that is not asked for gains at most `f G`, where `G` is
//! what a report that lies on everything could gain. The liar's expected profit is at most
//!
//! ```text
//! (1 - p f) f G - p f s S  =  f (G - p s S) - p f^2 G  <  f (G - p s S)
//! ```
//!
//! which is negative for every `f` if
//!
//! ```text
//! p s S >= G                                                       (deterrence)
//! ```
//!
//! `G` is all that an epoch pays, so all reports of an epoch together gain no more, and no larger share of it than the largest
//! fraction that any of them lies on. The penalty is due as soon as that one is asked for its lie. So the same inequality deters
//! from lying in many reports at once, although all offences over reports of one epoch cost what a single one does.
//!
//! The design's condition, `p s S > (1 - p) G`, is the case `f = 1`, and weaker: a liar would lie a little. `G` is taken for a
//! single liar, who keeps the whole gain of a lie for which others might be needed too: with a coalition of `n` every member
//! risks `s S` and gets `G / n`, so no committee size and no quorum makes lying pay where (deterrence) holds.

use polkadot_sdk::sp_arithmetic::Perbill;

/// `p s S`, in planck: what a report that lies on everything is expected to cost its prober. `slash` is the smallest share of
/// the stake that a first offence costs, `stake` the smallest stake of its own that a prober can have.
pub fn expected_penalty(audit: Perbill, slash: Perbill, stake: u128) -> u128 {
    audit.mul_floor(slash.mul_floor(stake))
}

/// `G`, in planck: the most that one report can gain, all of `probing`, what an epoch pays for probing, and all of `uptime`, what
/// an epoch pays to devices, which could be a liar's own. That is the worst network there can be, one of a single cohort in
/// which everything is earned in one round.
pub fn most_gain(probing: u128, uptime: u128) -> u128 {
    probing.saturating_add(uptime)
}

/// Whether no lie pays: the inequality (deterrence) of this module.
pub fn is_deterred(penalty: u128, gain: u128) -> bool {
    penalty >= gain
}

/// Whether nobody gains by posting jobs that its own devices compute, where a point of work is worth at most `rate` planck and a
/// requester pays at least `price` for it, to every device that proves it: `rate <= 3/2 x price`.
///
/// Let a coalition own a third of the devices that can be drawn, and `k` of the `r` seats of a chunk be its own, which is
/// binomial. With fewer than the quorum `q` it pays the `r - k` strangers; with as many it has invented a result on which the
/// chunk settles, and pays none. It gains `k rate` either way, so it loses on average if
///
/// ```text
/// rate x E[k] <= price x E[(r - k) 1(k < q)]
/// ```
///
/// For majorities `q` of at least 2 of up to 8 seats the right side is at least `1.77 price x E[k]`; the rest is margin for
/// seats that are filled later.
///
/// It may also serve inputs to its own devices only. Strangers decline then, and with `k < q` the chunk falls short: it pays
/// `q - k` to nobody, and no points are credited. It loses on average if `rate x E[k 1(k >= q)] <= price x E[(q - k) 1(k < q)]`,
/// which the same bound implies.
pub fn self_dealing_is_deterred(rate: u128, price: u128) -> bool {
    // To the planck, and where it saturates no rate is too high.
    rate <= price.saturating_add(price / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The gain written out, for every number of seats and every quorum that a job may have.
    #[test]
    fn a_third_of_the_devices_gain_nothing_by_paying_themselves() {
        let choose = |n: i128, k: i128| (0..k).fold(1, |product, step| product * (n - step) / (step + 1));
        let (price, most) = (1_000i128, 1_500);
        assert!(self_dealing_is_deterred(most as u128, price as u128));
        assert!(!self_dealing_is_deterred(most as u128 + 1, price as u128));
        assert!(!self_dealing_is_deterred(u128::MAX, u128::MAX / 2) && self_dealing_is_deterred(u128::MAX, u128::MAX));
        for (seats, quorum) in
            (2..=8).flat_map(|seats| (2.max(seats / 2 + 1)..=seats).map(move |quorum| (seats, quorum)))
        {
            // Times 3^seats.
            let gain: i128 = (0..=seats)
                .map(|own| {
                    let paid = if own < quorum { (seats - own) * price } else { 0 };
                    choose(seats, own) * 2i128.pow((seats - own) as u32) * (own * most - paid)
                })
                .sum();
            assert!(gain <= 0, "{quorum} of {seats} seats gain {gain}");
            let withheld: i128 = (0..=seats)
                .map(|own| {
                    let balance = if own < quorum { (own - quorum) * price } else { own * most };
                    choose(seats, own) * 2i128.pow((seats - own) as u32) * balance
                })
                .sum();
            assert!(withheld <= 0, "{quorum} of {seats} seats gain {withheld} by withholding");
        }
    }

    proptest! {
        /// The expectation, written out for one report, is negative for every fraction of lies. Shares are whole percents, so
        /// that a million times the expectation is an integer.
        #[test]
        fn no_fraction_of_lies_pays_where_deterrence_holds(
            audit in 1u32..=100,
            slash in 1u32..=100,
            lies in 1i128..=100,
            stake in 10_000u128..1 << 90,
            below in 0u128..1 << 90,
        ) {
            let penalty = expected_penalty(Perbill::from_percent(audit), Perbill::from_percent(slash), stake);
            let gain = penalty.saturating_sub(below).max(1);
            prop_assert!(is_deterred(penalty, gain));
            let (p, s, f) = (i128::from(audit), i128::from(slash), lies);
            let gained = (10_000 - p * f) * f * gain as i128;
            let lost = p * f * s * stake as i128;
            prop_assert!(gained < lost, "{gained} {lost}");
        }

        #[test]
        fn point_of_work_is_worth_one_and_a_half_times_its_price_at_most(price in 0u128..1 << 126, near in 0u128..5, rate in 0u128..1 << 126) {
            for rate in [rate, (price / 2 * 3 + near).saturating_sub(2)] {
                prop_assert_eq!(self_dealing_is_deterred(rate, price), rate * 2 <= price * 3);
            }
        }

        #[test]
        fn penalty_grows_with_everything_it_is_made_of(audit in 0u32..1_000_000_000, slash in 0u32..1_000_000_000, stake in 0u128..1 << 100) {
            let of = |audit, slash, stake| expected_penalty(Perbill::from_parts(audit), Perbill::from_parts(slash), stake);
            let penalty = of(audit, slash, stake);
            prop_assert!(of(audit + 1, slash, stake) >= penalty);
            prop_assert!(of(audit, slash + 1, stake) >= penalty);
            prop_assert!(of(audit, slash, stake + 1) >= penalty);
            prop_assert!(penalty <= stake);
        }
    }

    #[test]
    fn without_audits_slashes_or_stake_only_a_chain_that_pays_nothing_is_safe() {
        let half = Perbill::from_percent(50);
        for penalty in [
            expected_penalty(Perbill::zero(), half, 1_000),
            expected_penalty(half, Perbill::zero(), 1_000),
            expected_penalty(half, half, 0),
        ] {
            assert!(!is_deterred(penalty, 1) && is_deterred(penalty, 0));
        }
        assert_eq!(expected_penalty(half, half, 1_000), 250);
        assert!(is_deterred(250, most_gain(200, 50)) && !is_deterred(250, most_gain(200, 51)));
    }
}
