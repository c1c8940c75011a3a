"""The plan's form: what it shows of a plan and sends back is the same plan; drafts do not mix kinds."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import Simulator
from tests.test_beacon import DRAND
from tests.web.hall import Clerk, Hall, prepared
from verifiable_draw.entries import KINDS
from verifiable_draw.errors import DataError
from verifiable_draw.plan import check
from verifiable_draw.plan_draft import draft
from verifiable_draw.web.plan_form import from_plan, in_millions, to_plan


def sent(page: str) -> dict[str, str]:
    """The fields of the plan's form as a browser sends them."""
    form = page[page.index('action="/console/do/check_plan"') :]
    form = form[: form.index("</form>")]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        values = {name: html.unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if values.get("type") != "checkbox" or " checked" in tag:
            found[values["name"]] = values.get("value", "")
    found |= {name: html.unescape(value) for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)<', form)}
    return found


def rules_of(rules: dict[str, Any]) -> dict[str, str]:
    """The fields of the part on rules."""
    fields = {"same_names": rules["same_names"], "cap": str(rules["cap"])}
    for row in rules["attributes"]:
        fields |= {f"{name}-{row['id']}": str(row[name]) for name in ("values", "free", "merged")} | {f"place-{row['id']}": str(row["place"])}
    fields |= {f"cross-{a}-{b}": "yes" for a, b, on in rules["crossed"] if on}
    return fields | {f"pin-{reason}": "yes" for reason, on in rules["pins"] if on}


RULES: dict[str, Any] = {
    "attributes": [
        {"free": [], "id": "sex", "merged": [], "values": ["1", "2"]},
        {"free": ["09"], "id": "ethnicity", "merged": [["12", "06"], ["穿青人", "其他"]], "values": ["01", "06", "09", "其他"]},
        {"free": [], "id": "disability", "merged": [], "values": ["0", "1"]},
    ],
    "crossed": [["sex", "ethnicity"], ["sex", "disability"]],
    "pins": ["accessibility", "court"],
    "same_names": "sound",
}


@pytest.fixture
def story(tmp_path: Path) -> Any:
    simulator = Simulator(tmp_path)
    simulator.found()
    yield simulator
    simulator.room.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("drand", [{}, DRAND])
def test_a_plan_comes_back_as_it_was(story: Simulator, kind: str, drand: dict[str, Any]) -> None:
    whole: dict[str, Any] = draft(story.room.view, "2026-09", 2026, "2026-08-25", bytes(32), kind)
    whole["recipients"] = story.plan_value()["recipients"]
    if kind == "classes":
        whole |= RULES
        whole["draws"][0] |= {"caps": [{"attribute": "disability", "max": 2, "value": "1"}], "class_names": ["一班", "二班", "三班"]}
        whole["draws"][1] |= {"caps": [{"attribute": "disability", "max": 2, "value": "1"}], "classes": 0, "most": 45}
    whole["sources"] = {"drand": drand, "public_draw": {"alphabet": "0123456789", "confirmations": 2, "length": 6}}
    shown = from_plan(whole)
    fields = {name: str(value) for name, value in shown.items() if not isinstance(value, dict | list | bool)}
    fields |= {f"role-{role}": str(number) for role, number in shown["roles"].items()}
    fields |= {f"recipient-{i}": line for i, line in enumerate(shown["recipients"], 1)}
    for draw in shown["draws"]:
        fields |= {f"draw-{draw['id']}": "yes"} | {
            f"{name}-{draw['id']}": str(draw[name]) for name in ("batch", "classes", "most", "take")
        }
        fields |= {f"names-{draw['id']}": "、".join(draw["class_names"]), f"sizes-{draw['id']}": " ".join(map(str, draw["sizes"]))}
    fields |= rules_of(shown["rules"])
    back = to_plan(whole, lambda name: fields.get(name, ""))
    if drand:  # the form knows minutes, and a minute has twenty rounds
        assert 0 <= drand["round"] - back["sources"]["drand"].pop("round") < 20
        whole["sources"]["drand"] = {"chain": drand["chain"]}
        assert back == whole
    else:
        assert check(back).value == whole


@pytest.mark.parametrize(("name", "given"), [("reveal", "0"), ("reveal", "3.5"), ("covered", ""), ("iterations", "1e6"),
                         ("iterations", "-1"), ("classes-d01", "201"), ("most-d01", "x"), ("place-sex", ""), ("cap", "many"),
                         ("merged-ethnicity", "12"), ("drand", "tomorrow"), ("recipient-1", "{")])  # fmt: skip
def test_a_bad_field_is_named(story: Simulator, name: str, given: str) -> None:
    whole = draft(story.room.view, "2026-09", 2026, "2026-08-25", bytes(32))
    shown = from_plan(whole | {"recipients": story.plan_value()["recipients"]})
    fields = {key: str(value) for key, value in shown.items()} | {f"role-{role}": "1" for role in shown["roles"]}
    fields |= rules_of(shown["rules"])
    fields |= {"drand": "", "draw-d01": "yes", "classes-d01": "3", "most-d01": "0"} | {f"recipient-{i}": line for i, line in enumerate(shown["recipients"], 1)}
    to_plan(whole, lambda key: fields.get(key, ""))
    with pytest.raises(DataError) as caught:
        to_plan(whole, lambda key: given if key == name else fields.get(key, ""))
    assert caught.value.key == "web.form_field"


@pytest.mark.parametrize(("number", "shown"), [(0, "0"), (8000, "0.008"), (120_000_000, "120"), (100_000_000, "100"), (1_500_000, "1.5")])
def test_millions(number: int, shown: str) -> None:
    assert in_millions(number) == shown


def test_a_kept_draft_does_not_hold_another_kind(tmp_path: Path) -> None:
    room = Hall(prepared(tmp_path)).start()
    try:
        clerk = Clerk(room).sign_in()
        fields = sent(clerk.look("plan?new=yes"))
        assert fields["kind"] == "classes"
        clerk.press("check_plan", "plan?new=yes", **{name: value for name, value in fields.items() if name not in ("form", "page")})
        assert "公布方案" in clerk.look("plan?checked=yes")
        assert sent(clerk.look("plan?new=yes&kind=select"))["kind"] == "select"
        assert sent(clerk.look("plan"))["kind"] == "classes"
    finally:
        room.close()
