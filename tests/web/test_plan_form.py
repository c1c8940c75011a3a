"""The plan's form: what it shows of a plan and sends back is the same plan; drafts do not mix kinds."""

from __future__ import annotations

import ast
import html
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import Simulator
from tests.test_beacon import DRAND
from tests.web.hall import Clerk, Hall, prepared
from verifiable_draw import conduct, plan
from verifiable_draw.cli import main
from verifiable_draw.entries import COMMON, KINDS
from verifiable_draw.errors import DataError
from verifiable_draw.plan import check
from verifiable_draw.plan_conflicts import conflicts
from verifiable_draw.plan_draft import draft
from verifiable_draw.plan_words import expected_in_chinese
from verifiable_draw.web.plan_form import from_plan, in_millions, to_plan

PLAN_KEYS = (*COMMON, "draws", "attributes", "crossed", "pins", "same_names", "recipients", "retention_years", "screen")


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
    for name, inside in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
        found[name] = re.findall(r'value="(\w+)" selected', inside)[0]
    return found


def rules_of(rules: dict[str, Any]) -> dict[str, str]:
    """The fields of the part on rules."""
    fields = {"same_names": rules["same_names"], "cap": str(rules["cap"])}
    for row in rules["attributes"]:
        fields |= {f"{name}-{row['id']}": str(row[name]) for name in ("values", "free", "merged")} | {f"place-{row['id']}": str(row["place"])}
    fields |= {name: "yes" for _, _, name, on in rules["crossed"] if on}
    fields |= {f"balance-{name}": "yes" for name, on in rules["balance"] if on}
    return fields | {f"pin-{reason}": "yes" for reason, on in rules["pins"] if on}


RULES: dict[str, Any] = {
    "attributes": [
        {"free": [], "id": "sex", "merged": [], "values": ["1", "2"]},
        {"free": ["09"], "id": "ethnicity", "merged": [["12", "06"], ["穿青人", "其他"]], "values": ["01", "06", "09", "其他"]},
        {"free": [], "id": "disability", "merged": [], "values": ["0", "1"]},
    ],
    "balance": ["ethnicity"],
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
    whole = draft(story.room.view, "2026-09", 2026, "2026-08-25", bytes(32)) | {"recipients": story.plan_value()["recipients"]}
    shown = from_plan(whole)
    fields = {key: str(value) for key, value in shown.items()} | {f"role-{role}": "1" for role in shown["roles"]}
    fields |= rules_of(shown["rules"])
    fields |= {"drand": "", "draw-d01": "yes", "classes-d01": "3", "most-d01": "0"} | {f"recipient-{i}": line for i, line in enumerate(shown["recipients"], 1)}
    to_plan(whole, lambda key: fields.get(key, ""))
    with pytest.raises(DataError) as caught:
        to_plan(whole, lambda key: given if key == name else fields.get(key, ""))
    assert caught.value.key == "web.form_fields"
    assert caught.value.values["number"] == 1


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
        page = clerk.look("plan?checked=yes")
        assert "公布方案" in page
        assert "电话和邮箱都是空的" in page
        reached = {name: value for name, value in fields.items() if name not in ("form", "page")} | {"contact-phone": "0851-0000000"}
        assert "电话和邮箱都是空的" not in clerk.press("check_plan", "plan", **reached)
        assert sent(clerk.look("plan?new=yes&kind=select"))["kind"] == "select"
        assert sent(clerk.look("plan"))["kind"] == "classes"
    finally:
        room.close()


def without(fields: dict[str, str]) -> dict[str, str]:
    """The fields without those that every form has."""
    return {name: value for name, value in fields.items() if name not in ("form", "page")}


def test_every_expectation_is_said_in_chinese_too() -> None:
    rules = ast.parse(inspect.getsource(plan))
    said = {node.value.elts[1].value for node in ast.walk(rules) if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple)
            and isinstance(node.value.elts[1], ast.Constant)}  # fmt: skip
    said |= {node.args[2].value for node in ast.walk(rules) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_unique"
             and isinstance(node.args[2], ast.Constant)}  # fmt: skip
    assert len(said) > 15
    for wrong in (None, {}, [], "", -1, 2**60, {"x": 1}, [1], [{}], "x" * 999):
        value = dict.fromkeys([*PLAN_KEYS, "more"], wrong)
        said |= {expected for _path, expected in plan.problems(value)} | {expected for _path, expected in plan.problems(wrong)}
    inner = {"delay": {"bits": 0, "kind": ""}, "quorum": {"covered": 0, "roles": {"x": 0}}, "sources": {"drand": 1, "public_draw": {"alphabet": "", "length": 0}}}
    said |= {expected for _path, expected in plan.problems(inner)}
    said.add("in order, every reason once: court")
    assert [one for one in sorted(said) if not expected_in_chinese(one)] == []


def test_the_form_comes_back_as_typed_with_every_error_and_the_ledger_is_asked(tmp_path: Path) -> None:
    room = Hall(prepared(tmp_path)).start()  # a session s1 is published and its rosters are frozen
    try:
        clerk = Clerk(room).sign_in()
        fields = without(sent(clerk.look("plan?new=yes")))
        holder = fields["recipient-1"]
        typed = fields | {"title": "我写的标题", "reveal": "0", "date": "2026/9/1", "session": "Große 1", "recipient-2": holder, "role-parent": "7",
                          "classes-d01" if "classes-d01" in fields else "classes-d1": "x"}  # fmt: skip
        typed.pop("draw-d2", None)
        typed.pop("draw-d02", None)
        page = clerk.press("check_plan", "plan?new=yes", **typed)
        problems = page[page.index('id="problems"') : page.index("</section>", page.index('id="problems"'))]
        for label in ("揭示窗口", "日期", "活动编号", "两个保管方", "参加的学校"):
            assert label in problems, label
        assert problems.count("<li>") == 6  # the holder twice: its id, its keys
        assert not re.search(r"[a-z]{4,} ", html.unescape(re.sub(r"<[^>]+>", "", problems)))  # no English among it
        assert "公布方案" not in page
        back = without(sent(page))
        assert back == typed
        assert without(sent(clerk.look("plan"))) == typed  # though a plan is published
        good = fields | {"session": "s1"}
        page = clerk.press("check_plan", "plan", **good)
        assert "活动编号 s1 已经用过" in page
        assert "公布方案" not in page
        # Changed after the check: it is checked again, not published as it was before.
        good["session"] = "s2"
        assert "公布方案" in clerk.press("check_plan", "plan", **good)
        page = clerk.press("publish_plan", "plan", **good | {"title": "改过的标题"})
        assert "检查以后又改过" in page
        assert "改过的标题" in page
        assert room.get("state")["session"] == "s1"
        clerk.press("publish_plan", "plan", **good | {"title": "改过的标题"})
        assert room.get("state")["session"] == "s2"
        assert room.get("state")["title"] == "改过的标题"
    finally:
        room.close()


def test_what_was_drawn_is_said_at_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    story = Simulator(tmp_path).run("header")
    again = plan.check(story.plan_value() | {"session": "s2"})
    found = conflicts(story.room, again)
    assert [error.key for error in found] == ["plan.rehearsed"]
    assert "测试第一小学 1、测试初级中学 7" in found[0].text.zh
    path = tmp_path / "again.json"
    path.write_bytes(again.data)
    story.room.close()
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "state"))
    for step in ("check", "publish"):
        with pytest.raises(SystemExit) as end:
            main(["plan", step, str(path), "--room", str(tmp_path / "bureau")])
        assert end.value.code == 2
        assert "已经在活动 s1 中演练过" in capsys.readouterr().err
    story.room = story.another()
    assert "s2" not in story.room.view.sessions
    real = plan.check(story.plan_value() | {"session": "s2", "rehearsal": False})
    assert conflicts(story.room, real) == []
    conduct.abort(story.room, "s1", "停电")
    assert conflicts(story.room, again) == []
    story.room.close()
