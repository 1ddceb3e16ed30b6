"""Turns token.easm into the bytes that create the token. Nothing runs it but the test that compares it to token.hex.

After a change of the source: `python -m wallets.sandbox.chain.assembler > wallets/sandbox/chain/token.hex`.
"""

import re
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("token.easm")
# A quadrillion smallest units: a billion coins.
SUPPLY = 10**15
OPCODES = {
    "ADD": 0x01, "SUB": 0x03, "LT": 0x10, "EQ": 0x14, "SHR": 0x1C, "CALLER": 0x33, "CALLDATALOAD": 0x35,
    "CODECOPY": 0x39, "MSTORE": 0x52, "SLOAD": 0x54, "SSTORE": 0x55, "JUMP": 0x56, "JUMPI": 0x57, "JUMPDEST": 0x5B,
    "PUSH1": 0x60, "PUSH2": 0x61, "PUSH4": 0x63, "PUSH32": 0x7F, "DUP1": 0x80, "DUP2": 0x81, "SWAP1": 0x90,
    "LOG3": 0xA3, "RETURN": 0xF3, "REVERT": 0xFD,
}  # fmt: skip
TOKEN = re.compile(r"[^\s;]+")


def assemble(source: str) -> bytes:
    code, targets, uses = bytearray(), {}, []
    for word in (word for line in source.splitlines() for word in TOKEN.findall(line.partition(";")[0])):
        if word.endswith(":"):
            targets[word[:-1]] = len(code)
            code.append(OPCODES["JUMPDEST"])
        elif word.startswith("@"):
            uses.append((len(code) + 1, word[1:]))
            code += bytes((OPCODES["PUSH2"], 0, 0))
        elif word.startswith("0x"):
            code += bytes.fromhex(word[2:])
        else:
            code.append(OPCODES[word])
    for place, name in uses:
        code[place : place + 2] = targets[name].to_bytes(2)
    return bytes(code)


def creation(runtime: bytes) -> bytes:
    """Gives the creator the supply, then hands over the runtime code."""
    supply = f"PUSH32 0x{SUPPLY:064x} CALLER SSTORE"
    size = f"PUSH2 0x{len(runtime):04x}"
    prefix = len(assemble(f"{supply} {size} PUSH2 0x0000 PUSH1 0x00 CODECOPY {size} PUSH1 0x00 RETURN"))
    return assemble(f"{supply} {size} PUSH2 0x{prefix:04x} PUSH1 0x00 CODECOPY {size} PUSH1 0x00 RETURN") + runtime


if __name__ == "__main__":
    sys.stdout.write(creation(assemble(SOURCE.read_text())).hex() + "\n")
