"""substrate-interface (py-substrate-interface), the client of Python users."""

import argparse
import json
import sys
import time
import traceback
from importlib.metadata import version

from scalecodec.base import ScaleBytes
from substrateinterface import Keypair, KeypairType, SubstrateInterface

NAME = f"substrate-interface {version('substrate-interface')}"
# How long a device may take to earn something: admission, an epoch and its close.
EARNING = 240


# What travels without a signature and a fee, in general transactions of version 5. This client knows versions up to 4: it is the only
# one that cannot decode them.
FEELESS = {
    "Uptime.report",
    "Uptime.answer_audit",
    "Work.answer",
    "Work.reveal",
    "Work.open",
    "Work.judge",
}


class Checks:
    """Checks, one line each, in the form of the Test Anything Protocol."""

    def __init__(self):
        self.passed = self.failed = 0

    def run(self, what, check):
        try:
            told = check()
            self.passed += 1
            print(f"ok - {NAME}: {what}{f' ({told})' if isinstance(told, str) else ''}", flush=True)
        except Exception:
            self.failed += 1
            print(f"not ok - {NAME}: {what}: {traceback.format_exc(limit=-4)}", flush=True)

    def end(self):
        print(f"checks: {self.passed} passed, {self.failed} failed")
        sys.exit(0 if self.passed and not self.failed else 1)


def names_of(call):
    """Names of a call and of those inside of it, as `Pallet.call`."""
    yield f"{call['call_module']}.{call['call_function']}"
    for argument in call["call_args"]:
        value = argument["value"]
        for nested in value if isinstance(value, list) else [value]:
            if isinstance(nested, dict) and "call_module" in nested:
                yield from names_of(nested)


def ours(names):
    """Those of the names `Pallet.name` that belong to Vouch."""
    return " ".join(sorted(name for name in names if name.split(".")[0] in ("Devices", "Uptime", "Rewards", "Work")))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--device-seed", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--owner", default="//Alice")
    parser.add_argument("--expect")
    given = parser.parse_args()
    checks = Checks()
    chain = SubstrateInterface(url=given.url, ss58_format=42)
    chain.init_runtime()
    expected = json.load(open(given.expect)) if given.expect else []
    head = chain.get_chain_finalised_head()
    last = chain.get_block_number(head)

    def is_general(extrinsic):
        body = bytes.fromhex(extrinsic[2:])
        return body[{0: 1, 1: 2, 2: 4}[body[0] & 3]] == 0x45

    def blocks():
        calls, kinds, extrinsics, general, events = set(), set(), 0, 0, 0
        for number in range(1, last + 1):
            block_hash = chain.get_block_hash(number)
            for extrinsic in chain.rpc_request("chain_getBlock", [block_hash])["result"]["block"]["extrinsics"]:
                if is_general(extrinsic):
                    general += 1
                    continue
                decoded = chain.create_scale_object("Extrinsic", metadata=chain.metadata)
                decoded.decode(ScaleBytes(extrinsic), check_remaining=True)
                calls.update(names_of(decoded.value["call"]))
                extrinsics += 1
            for event in chain.get_events(block_hash):
                kinds.add(f"{event.value['module_id']}.{event.value['event_id']}")
                events += 1
        missing = [name for name in expected if name not in calls and name not in FEELESS]
        assert not missing, f"not seen: {', '.join(missing)}"
        return (
            f"{extrinsics} extrinsics and {events} events of {last} blocks, {len(calls)} calls, {len(kinds)} kinds of events; "
            f"{general} general transactions left out; {ours(calls)} {ours(kinds)}"
        )

    def storage():
        count = 0
        for pallet in chain.get_metadata().pallets:
            for item in pallet.storage or []:
                name = item.value["name"]
                if "Plain" in item.value["type"]:
                    chain.query(pallet.name, name, block_hash=head)
                    count += 1
                else:
                    count += sum(1 for _ in chain.query_map(pallet.name, name, block_hash=head, page_size=200))
        return f"{count} items"

    def constants():
        count = 0
        for pallet in chain.get_metadata().pallets:
            for constant in pallet.constants or []:
                assert chain.get_constant(pallet.name, constant.value["name"]) is not None, constant.value["name"]
                count += 1
        return f"{count} constants"

    owner = Keypair.create_from_uri(given.owner, ss58_format=42)
    key = Keypair.create_from_seed(given.device_seed, ss58_format=42, crypto_type=KeypairType.ED25519)

    def send(module, function, params):
        """Sends, and returns the block and the events. The client's own receipt decodes the whole block, and fails if a report is in it."""
        call = chain.compose_call(module, function, params)
        extrinsic = chain.create_signed_extrinsic(call, owner)
        block = chain.submit_extrinsic(extrinsic, wait_for_finalization=True).block_hash
        bodies = chain.rpc_request("chain_getBlock", [block])["result"]["block"]["extrinsics"]
        index = bodies.index(extrinsic.data.to_hex())
        events = [event.value["event"] for event in chain.get_events(block) if event.value["extrinsic_idx"] == index]
        failed = [event["attributes"] for event in events if event["event_id"] == "ExtrinsicFailed"]
        assert not failed, failed
        return block, events

    def register():
        ip, port = given.endpoint.split(":")
        genesis = bytes.fromhex(chain.get_block_hash(0)[2:])
        payload = b"vouch/register/v1" + genesis + owner.public_key + (0).to_bytes(4, "little")
        params = {
            "device": key.ss58_address,
            "class": 0,
            "endpoint": {"V4": {"ip": "0x" + bytes(int(part) for part in ip.split(".")).hex(), "port": int(port)}},
            "beneficiary": None,
            "proof": {"Ed25519": "0x" + key.sign(payload).hex()},
        }
        send("Devices", "register", params)
        record = chain.query("Devices", "Devices", [key.ss58_address])
        assert record.value["owner"] == owner.ss58_address, record.value

    def explain():
        return chain.rpc_request("vouch_explain", [key.ss58_address])["result"]

    def earns():
        end = time.time() + EARNING
        while time.time() < end:
            accrued = int(explain()["uptime"]["accrued"])
            if accrued > 0:
                return f"{accrued} planck"
            time.sleep(1)
        raise AssertionError(f"nothing accrued within {EARNING} s")

    def claims():
        def free(block_hash=None):
            return chain.query("System", "Account", [owner.ss58_address], block_hash=block_hash).value["data"]["free"]

        before = free()
        # Bounded vectors are composites to it: a list in a list.
        block, events = send("Rewards", "claim", {"devices": [[key.ss58_address]]})

        def find(module, event):
            return next(e["attributes"] for e in events if (e["module_id"], e["event_id"]) == (module, event))

        claimed, fee = find("Rewards", "Claimed"), find("TransactionPayment", "TransactionFeePaid")
        parent = chain.get_block_header(block)["header"]["parentHash"]
        was = chain.rpc_request("vouch_explain", [key.ss58_address, parent])["result"]
        accrued = int(was["uptime"]["accrued"]) + int(was["work"]["accrued"])
        assert claimed["amount"] == accrued, f"{claimed['amount']} was claimed, and {accrued} had accrued a block before"
        grown, due = free(block) - before, claimed["amount"] - fee["actual_fee"]
        assert grown == due, f"{grown} instead of {due} arrived"
        return f"{claimed['amount']} planck"

    checks.run("every extrinsic up to version 4 and every event of every block decodes", blocks)
    checks.run("every storage item decodes", storage)
    checks.run("every constant decodes", constants)
    checks.run("registers a device", register)
    checks.run("watches it earn", earns)
    checks.run("claims, and the balance grows by that less the fee, to the planck", claims)
    checks.end()


main()
