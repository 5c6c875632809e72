//! What a validator's node does beside the chain while its key sits on a panel.

use super::*;
use crate::referee::run as run_worker;
use codec::Encode;
use vouch_compute::{Interpreter, Module};
use vouch_primitives::{
    work::{
        inputs::{self, bundle, bundle_path, module_hash, module_path},
        Bundle, Status, TaskDigest,
    },
    Endpoint,
};

const GREETING: &str = r#"(module
    (import "vouch" "input_len" (func $len (result i32)))
    (import "vouch" "output_write" (func $write (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "greetings")
    (func (export "run") (call $write (i32.const 0) (call $len))))"#;

/// A job that two devices answered differently at task 2, and what its requester has to serve.
struct Contested {
    job: JobId,
    code: Vec<u8>,
    inputs: Vec<Vec<u8>>,
    source: Endpoint,
}

impl Contested {
    fn new(code: Vec<u8>) -> Self {
        let inputs: Vec<Vec<u8>> = (1..=4).map(|len| vec![0; len]).collect();
        let (module, root) = (module_hash(&code), inputs::root(&inputs, 4));
        let terms = Terms { limit: 2, module, inputs: root, ..terms(4, 4) };
        let source = terms.source;
        let job = post(terms);
        let seats: Vec<_> = seated(job, 0).into_iter().collect();
        answer(job, 0, seats[0], Some((2, 9))).unwrap();
        answer(job, 0, seats[1], None).unwrap();
        pass(2);
        show(job, 0, seats[0], Some((2, 9))).unwrap();
        show(job, 0, seats[1], None).unwrap();
        Self { job, code, inputs, source }
    }

    fn serve_module(&self, node: &Node, code: &[u8]) {
        node.serve(&self.source, &module_path(module_hash(&self.code)), code.to_vec());
    }

    fn serve_bundle(&self, node: &Node, bundle: &Bundle) {
        node.serve(&self.source, &bundle_path(terms_of(self.job).inputs, 0), bundle.encode());
    }

    fn bundle(&self) -> Bundle {
        bundle(&self.inputs, 4, 0).unwrap()
    }

    /// Runs the worker, and takes the one verdict that it sent to the chain.
    fn verdict_of_worker(&self, node: &Node) -> Verdict {
        run_worker::<Test>();
        let Ok([Call::judge { job, chunk, task, member, verdict, signature }]) = <[_; 1]>::try_from(node.sent()) else {
            panic!("not one verdict")
        };
        assert_eq!((job, chunk, task), (self.job, 0, 2));
        Work::authorize_verdict(job, chunk, task, &member, &verdict, &signature).unwrap();
        verdict
    }
}

fn found(status: Status, code: &[u8]) -> TaskDigest {
    let module = Module::prepare(code, 16).unwrap();
    let output = Interpreter::new(&module).unwrap().run(&[0; 3], 2_000_000).unwrap();
    assert_eq!(output.status, status);
    output.digest()
}

#[test]
fn runs_the_task_in_dispute_on_its_own_input_once() {
    Chain::new().devices(5).run_on_node(&[1], |node| {
        let contested = Contested::new(wat::parse_str(GREETING).unwrap());
        contested.serve_module(node, &contested.code);
        contested.serve_bundle(node, &contested.bundle());
        let verdict = contested.verdict_of_worker(node).unwrap();
        assert_eq!(verdict, found(Status::Done, &contested.code));
        assert_eq!(verdict.output, module_hash(b"gre"));
        // Said again until the chain has it, and not fetched or run again: the node would fail on a request not expected.
        assert_eq!(contested.verdict_of_worker(node), Some(verdict));
        judge_as(1, contested.job, 0, 2, Some(verdict)).unwrap();
        run_worker::<Test>();
        assert!(node.sent().is_empty());
    });
}

#[test]
fn says_nothing_without_a_place_on_the_panel() {
    for judges in [&[][..], &[PANEL][..]] {
        Chain::new().devices(5).run_on_node(judges, |node| {
            Contested::new(wat::parse_str(GREETING).unwrap());
            run_worker::<Test>();
            assert!(node.sent().is_empty());
        });
    }
}

#[test]
fn what_is_not_what_was_posted_is_as_good_as_not_served() {
    Chain::new().devices(5).run_on_node(&[0], |node| {
        let contested = Contested::new(wat::parse_str(GREETING).unwrap());
        let mut other = contested.bundle();
        other.inputs[2] = vec![1; 3];
        contested.serve_module(node, &contested.code[1..]);
        run_worker::<Test>();
        contested.serve_module(node, &contested.code);
        contested.serve_bundle(node, &other);
        run_worker::<Test>();
        assert!(node.sent().is_empty());
        // Until the last round of the panel it may still come; then that is the verdict.
        Round::set(Chunks::<Test>::get(contested.job, 0).unwrap().due);
        contested.serve_module(node, b"");
        assert_eq!(contested.verdict_of_worker(node), None);
    });
}

#[test]
fn hostile_modules_have_a_verdict_too() {
    let endless =
        wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "run") (loop (br 0))))"#).unwrap();
    let grabbing = wat::parse_str(
        r#"(module (memory (export "memory") 1)
            (func (export "run") (loop (drop (memory.grow (i32.const 1))) (br 0))))"#,
    )
    .unwrap();
    for code in [endless, grabbing] {
        Chain::new().devices(5).run_on_node(&[0], |node| {
            let contested = Contested::new(code.clone());
            contested.serve_module(node, &code);
            contested.serve_bundle(node, &contested.bundle());
            assert_eq!(contested.verdict_of_worker(node), Some(found(Status::OutOfFuel, &code)));
        });
    }
    Chain::new().devices(5).run_on_node(&[0], |node| {
        let contested = Contested::new(b"not a module".to_vec());
        contested.serve_module(node, &contested.code);
        contested.serve_bundle(node, &contested.bundle());
        let verdict = contested.verdict_of_worker(node).unwrap();
        assert_eq!(verdict, vouch_primitives::work::TaskOutput::bad_module().digest());
    });
}
