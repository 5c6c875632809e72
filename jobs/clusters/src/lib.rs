//! Searches for the cluster of 13 atoms of the lowest energy, their pairs attracting each other as Lennard and Jones have it.
//!
//! From each seed a random cluster is made and let go to the nearest minimum of `4 sum (r^-12 - r^-6)`. The lowest minimum there is,
//! an icosahedron, has energy -44.326801 (Cambridge Cluster Database).
//!
//! Input: the first seed (`u64`) and how many (`u32`), little-endian. Output: the lowest energy found (`f64`) and its seed (`u64`).
#![cfg_attr(target_family = "wasm", no_std)]

use vouch_job::Number;

/// Atoms of a cluster.
pub const ATOMS: usize = 13;

/// Most steps of one search; nearly all end much earlier.
const STEPS: usize = 4_000;

/// A search ends when no coordinate is pulled harder.
const REST: f64 = 1e-7;

/// Radius of the ball that atoms start in.
const RADIUS: f64 = 2.0;

type Vector = [f64; 3];
type Cluster = [Vector; ATOMS];

#[cfg(target_family = "wasm")]
vouch_job::run!(|mut input: &[u8]| {
    let (first, count) = (u64::take(&mut input), u32::take(&mut input));
    match (first, count) {
        (Some(first), Some(count)) if input.is_empty() => encode(search(first, count)),
        _ => panic!("the input is the first seed and how many"),
    }
});

/// The lowest energy found from any of the seeds, and that seed; infinity if there are none.
pub fn search(first: u64, count: u32) -> (f64, u64) {
    let mut best = (f64::INFINITY, first);
    for seed in (0..u64::from(count)).map(|n| first.wrapping_add(n)) {
        let energy = relax(random_cluster(seed));
        if energy < best.0 {
            best = (energy, seed);
        }
    }
    best
}

/// The output for a result.
pub fn encode((energy, seed): (f64, u64)) -> [u8; 16] {
    let mut output = [0; 16];
    output[..8].copy_from_slice(&energy.to_le_bytes());
    output[8..].copy_from_slice(&seed.to_le_bytes());
    output
}

/// The result that an output says.
pub fn decode(mut output: &[u8]) -> Option<(f64, u64)> {
    Some((f64::take(&mut output)?, u64::take(&mut output)?))
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From -1 to 1.
    fn signed(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// Atoms in a ball, none so near another that the forces know no bounds.
fn random_cluster(seed: u64) -> Cluster {
    let mut random = Random(seed);
    let mut cluster = [[0.0; 3]; ATOMS];
    let mut placed = 0;
    while placed < ATOMS {
        let atom = [(); 3].map(|()| RADIUS * random.signed());
        let is_free = cluster[..placed].iter().all(|other| square(minus(atom, *other)) > 0.49);
        if square(atom) < RADIUS * RADIUS && is_free {
            cluster[placed] = atom;
            placed += 1;
        }
    }
    cluster
}

/// The energy of the minimum that a cluster falls into, by FIRE (Bitzek et al. 2006, doi:10.1103/PhysRevLett.97.170201): it moves as
/// masses would, is turned towards the force, and stops whenever it goes uphill.
fn relax(mut cluster: Cluster) -> f64 {
    const STEP: f64 = 0.02;
    const LONGEST_STEP: f64 = 0.06;
    const TURN: f64 = 0.1;
    /// Farthest that an atom moves in one step.
    const REACH: f64 = 0.1;

    let mut speed: Cluster = [[0.0; 3]; ATOMS];
    let (mut step, mut turn, mut downhill) = (STEP, TURN, 0);
    let (mut energy, mut force) = forces(&cluster);
    for _ in 0..STEPS {
        if force.iter().flatten().all(|pull| pull.abs() < REST) {
            break;
        }
        let power: f64 = force.iter().zip(&speed).map(|(f, v)| dot(*f, *v)).sum();
        if power > 0.0 {
            let ratio = root(total(&speed) / total(&force));
            for (v, f) in speed.iter_mut().flatten().zip(force.iter().flatten()) {
                *v = (1.0 - turn) * *v + turn * ratio * f;
            }
            downhill += 1;
            if downhill > 5 {
                step = (step * 1.1).min(LONGEST_STEP);
                turn *= 0.99;
            }
        } else {
            speed = [[0.0; 3]; ATOMS];
            (step, turn, downhill) = (step * 0.5, TURN, 0);
        }
        for ((v, f), x) in speed.iter_mut().flatten().zip(force.iter().flatten()).zip(cluster.iter_mut().flatten()) {
            *v += step * f;
            *x += (step * *v).clamp(-REACH, REACH);
        }
        (energy, force) = forces(&cluster);
    }
    energy
}

fn forces(cluster: &Cluster) -> (f64, Cluster) {
    let mut energy = 0.0;
    let mut force = [[0.0; 3]; ATOMS];
    for one in 0..ATOMS {
        for other in one + 1..ATOMS {
            let apart = minus(cluster[one], cluster[other]);
            let r2 = 1.0 / square(apart);
            let r6 = r2 * r2 * r2;
            energy += 4.0 * r6 * (r6 - 1.0);
            let push = 24.0 * r2 * r6 * (2.0 * r6 - 1.0);
            for axis in 0..3 {
                force[one][axis] += push * apart[axis];
                force[other][axis] -= push * apart[axis];
            }
        }
    }
    (energy, force)
}

/// The square root to within a unit or two of the last place; `core` has none yet.
fn root(x: f64) -> f64 {
    // Half the exponent is right to some percent, and each step of Newton's doubles the correct digits.
    let mut root = f64::from_bits((x.to_bits() >> 1) + (1023 << 51));
    for _ in 0..5 {
        root = 0.5 * (root + x / root);
    }
    root
}

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn square(a: Vector) -> f64 {
    dot(a, a)
}

fn minus(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn total(vectors: &Cluster) -> f64 {
    vectors.iter().map(|vector| square(*vector)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_rests_where_theory_says() {
        // Two atoms at the distance 2^(1/6), the rest far away.
        let mut cluster: Cluster = core::array::from_fn(|n| [1000.0 * n as f64, 0.0, 0.0]);
        cluster[1][0] = 2f64.powf(1.0 / 6.0);
        let (energy, force) = forces(&cluster);
        assert!((energy + 1.0).abs() < 1e-12 && force.iter().flatten().all(|pull| pull.abs() < 1e-12));
    }

    #[test]
    fn forces_are_the_slope_of_the_energy() {
        let cluster = random_cluster(7);
        let (_, force) = forces(&cluster);
        for atom in 0..ATOMS {
            for axis in 0..3 {
                let energy_at = |shift: f64| {
                    let mut cluster = cluster;
                    cluster[atom][axis] += shift;
                    forces(&cluster).0
                };
                let slope = (energy_at(-1e-6) - energy_at(1e-6)) / 2e-6;
                assert!((slope - force[atom][axis]).abs() < 1e-4 * (1.0 + slope.abs()));
            }
        }
    }

    /// Cambridge Cluster Database, LJ13.
    #[test]
    fn finds_the_icosahedron_and_nothing_below() {
        let (energy, seed) = search(0, 1000);
        assert!((energy - -44.326801).abs() < 1e-6, "{energy} from {seed}");
        assert_eq!(search(seed, 1), (energy, seed));
    }

    #[test]
    fn nearly_all_searches_come_to_rest() {
        let restless = (0..200).filter(|seed| relax(random_cluster(*seed)) > -30.0).count();
        assert!(restless < 10, "{restless}");
    }

    #[test]
    fn roots_are_square_roots() {
        for x in [1e-300, 1e-9, 0.5, 1.0, 2.0, 3.0, 1e9, 1e300f64] {
            assert!((root(x) / x.sqrt() - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn nothing_is_found_from_no_seeds() {
        assert_eq!(search(5, 0), (f64::INFINITY, 5));
        assert_eq!(decode(&encode((1.5, 9))), Some((1.5, 9)));
    }
}
