"""A hash as words that people read out to each other (spec/room.md N13)."""

from __future__ import annotations

ADJECTIVES = (
    ["红", "黄", "蓝", "绿", "白", "黑", "大", "小", "新", "老", "高", "长", "圆", "方", "香", "甜"],
    [
        "red",
        "yellow",
        "blue",
        "green",
        "white",
        "black",
        "big",
        "small",
        "new",
        "old",
        "tall",
        "long",
        "round",
        "square",
        "fragrant",
        "sweet",
    ],
)
NOUNS = (
    [
        "苹果",
        "月亮",
        "大象",
        "火车",
        "雨伞",
        "书包",
        "老虎",
        "风筝",
        "钢琴",
        "轮船",
        "西瓜",
        "铅笔",
        "灯笼",
        "石桥",
        "竹林",
        "白鹤",
    ],
    [
        "apple",
        "moon",
        "elephant",
        "train",
        "umbrella",
        "satchel",
        "tiger",
        "kite",
        "piano",
        "ship",
        "melon",
        "pencil",
        "lantern",
        "bridge",
        "bamboo",
        "crane",
    ],
)
BYTES = 8  # 64 bits


def words(digest: bytes) -> tuple[tuple[str, str], ...]:
    """Eight pairs of words, Chinese and English, of the first eight bytes of a hash."""
    pairs = []
    for byte in digest[:BYTES]:
        high, low = divmod(byte, 16)
        pairs.append((ADJECTIVES[0][high] + NOUNS[0][low], f"{ADJECTIVES[1][high]} {NOUNS[1][low]}"))
    return tuple(pairs)
