"""V27-V34: commitments, public draw, groups, attestations, openings, coverage."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, Dict, List

from .context import Context
from .engine import Tally, check


@check("V27")
def commitments(context: Context, tally: Tally) -> None:
    """C8, C10. One per observer is also an order rule (V20)."""
    entries = context.session.all("commitment")
    values = Counter(entry["body"]["commitment"] for entry in entries)
    for entry in entries:
        who, value = entry["actor"]["id"], entry["body"]["commitment"]
        tally.ok(who in context.role_of, "%s committed but is not in the header" % who)
        tally.ok(values[value] == 1, "the commitment of %s is also another's" % who)
    body = context.entry("commits.closed")["body"]
    expected = [context.committed.get(one["id"], "") for one in context.observers]
    tally.ok(body["commitments"] == expected, "commits.closed lists other commitments")
    tally.ok(body["hash"] == context.commits_closed_hash.hex(), "commits.closed has another hash")


@check("V28")
def public_draw(context: Context, tally: Tally) -> None:
    """C9. Without a planned draw the absence is what is checked."""
    planned = context.sound_header["sources"]["public_draw"]
    sources = context.session.all("source")
    closed = context.entry("commits.closed")["body"]["digits"]
    copied = context.value("sources.json")["public_draw"]
    tally.ok(len(sources) == (1 if planned else 0), "%d source entries" % len(sources))
    tally.ok(closed == context.digits, "commits.closed has other digits than the source entry")
    tally.ok(copied == context.digits, "sources.json has other digits than the source entry")
    for entry in sources if planned else ():
        digits = entry["body"]["digits"]
        formed = len(digits) == planned["length"] and set(digits) <= set(planned["alphabet"])
        tally.ok(formed, "the digits are not of the planned length and alphabet")
        signers = [sig["id"] for sig in entry["sig"]]
        enough = len(set(signers)) == len(signers) >= planned["confirmations"]
        tally.ok(enough, "%d observers confirmed the public draw" % len(set(signers)))
        roles = [context.role_of.get(name, "bureau") for name in signers]
        tally.ok("bureau" not in roles, "an observer of role bureau confirmed the public draw")


@check("V30")
def groups_fit(context: Context, tally: Tally) -> None:
    """C11, R6, A13-A15, A24, A26."""
    body = context.entry("groups.fixed")["body"]
    rows = []
    for draw in context.draws:
        name = draw["id"]
        path = "draws/%s/groups.json" % name
        data = context.bytes_of(path)
        rows.append({"draw": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
        value = context.value(path)
        tally.ok(value["draw"] == name, "%s is of another draw" % path)
        problems = context.group_problems(draw)
        tally.ok(not problems, "%s: %s" % (path, "; ".join(problems[:3])))
        frozen = draw["frozen"]
        numbers = (len(value["blocks"]), len(value["remainder"]))
        stated = (frozen["blocks"], frozen["remainder"])
        tally.ok(numbers == stated, "%s: blocks and remainder %s, %s in the header (A14)" % (path, numbers, stated))
        numbers = (len(value["pins"]), len(value["barred"]))
        stated = (sum(frozen["constraints"]["pins"].values()), frozen["constraints"]["barred"])
        tally.ok(numbers == stated, "%s: pins and bars %s, %s in the header (A26)" % (path, numbers, stated))
    tally.ok(body["groups"] == rows, "groups.fixed lists other files")
    tally.ok(body["hash"] == context.groups_hash.hex(), "groups.fixed has another hash")


@check("V32")
def groups_attested(context: Context, tally: Tally) -> None:
    """C13 (hashes named) and C14."""
    for entry in context.session.all("attest.groups"):
        named = (entry["body"]["commits_closed_hash"], entry["body"]["groups_hash"])
        found = (context.commits_closed_hash.hex(), context.groups_hash.hex())
        tally.ok(named == found, "the attestation of %s names other hashes" % entry["actor"]["id"])
    attested = context.attested
    body = context.entry("reveals.opened")["body"]
    tally.ok(body["attested"] == attested, "reveals.opened lists other observers than attested")
    counts = by_role([{"role": context.role_of[name]} for name in attested])
    for role, wanted in context.sound_header["quorum"]["roles"].items():
        tally.ok(counts.get(role, 0) >= wanted, "%d of role %s attested, not %d" % (counts.get(role, 0), role, wanted))
    outsiders = [name for name in context.committed if context.role_of.get(name, "bureau") != "bureau"]
    made = [name for name in attested if context.role_of[name] != "bureau"]
    tally.ok(2 * len(made) > len(outsiders), "%d of %d observers attested" % (len(made), len(outsiders)))


def by_role(observers: List[Dict[str, Any]]) -> Dict[str, int]:
    counts: Dict[str, int] = {}
    for one in observers:
        counts[one["role"]] = counts.get(one["role"], 0) + 1
    return counts


@check("V33")
def openings(context: Context, tally: Tally) -> None:
    """C15, C16."""
    body = context.entry("reveals.closed")["body"]
    expected = [row._asdict() for row in context.openings]
    tally.ok(len(body["openings"]) == len(expected), "reveals.closed does not have a row for every observer")
    for one, row, stated in zip(context.observers, expected, body["openings"]):
        tally.ok(stated == row, "%s: the opening is %s, or holds other values" % (one["id"], row["status"]))
    tally.ok(body["hash"] == context.reveals_closed_hash.hex(), "reveals.closed has another hash")


@check("V34")
def coverage(context: Context, tally: Tally) -> None:
    """C17 (hash named), C18."""
    for entry in context.session.all("attest.reveals"):
        named = entry["body"]["reveals_closed_hash"]
        who = entry["actor"]["id"]
        tally.ok(named == context.reveals_closed_hash.hex(), "the attestation of %s names another hash" % who)
    expected = [one["id"] for one in context.covered]
    stated = context.entry("coverage.closed")["body"]["covered"]
    tally.ok(stated == expected, "coverage.closed lists other observers than %s" % ", ".join(expected))
