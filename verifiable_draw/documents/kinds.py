"""Which documents there are: one table (S7, S11, S15)."""

from __future__ import annotations

from dataclasses import dataclass

from verifiable_draw.entries import AUDIT, CLASSES, LATE, ORDER, SELECT, TEACHERS

PUBLIC, BUREAU = "public", "bureau"
"""Audiences, and the folders they are written to: whoever asks; the bureau, its schools and inspectors."""

PLANNED, ROSTERED, FROZEN, DRAWN = "plan", "roster", "header", "published"
"""What a document needs: the plan's entry, a frozen roster of the draw, the header, the published result."""


@dataclass(frozen=True, slots=True)
class Document:
    """One kind of document.

    `id` names file, template and the texts `doc.title.<id>`. `of`: kinds of draws of each of which there is one
    document of its own, () for one of the whole session. `lots`: one more for every record of lots drawn by hand.
    """

    id: str
    zh: str
    en: str
    audience: str
    needs: str
    of: tuple[str, ...] = ()
    lots: bool = False

    @property
    def template(self) -> str:
        """File name of the template."""
        return f"{self.id}.html"


DOCUMENTS = {
    document.id: document
    for document in (
        Document("plan", "分班抽签方案", "draw plan", PUBLIC, PLANNED),
        Document("roster", "学生名册", "student roster", BUREAU, ROSTERED, (CLASSES, LATE, AUDIT)),
        Document("commitments", "观察员承诺登记表", "observers' commitment register", PUBLIC, FROZEN),
        Document("minutes", "抽签过程记录", "minutes", PUBLIC, PLANNED),
        Document(
            "class-list", "分班名单", "list for the school", BUREAU, DRAWN, (CLASSES, LATE, SELECT, ORDER, AUDIT)
        ),
        Document("public-list", "分班结果公示", "public class list", PUBLIC, DRAWN, (CLASSES, LATE)),
        Document("teachers", "班主任抽签记录", "teacher-draw record", BUREAU, DRAWN, (TEACHERS,), lots=True),
        Document("signatures", "观察员签名表", "observers' signature sheet", BUREAU, FROZEN),
        Document("disc", "光盘目录及封签", "disc contents and seal labels", BUREAU, DRAWN),
        Document("incident", "异常情况记录表", "incident record", BUREAU, PLANNED),
        Document("notary", "公证附页", "annex for the notary", PUBLIC, DRAWN),
    )
}
