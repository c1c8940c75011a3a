"""What `vdraw explain` says of each step from seed to class."""

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "explain.title": (
        "{school} {grade} 年级，抽取 {draw}，第 {unit} 号单位：从种子到班级的每一步",
        "{school}, grade {grade}, draw {draw}, unit {unit}: every step from seed to class",
        "", "",
    ),
    "explain.rule": (
        "下面每个哈希都可以用任何 SHA-256 计算器核对：把“输入”按十六进制填入，应得到“结果”。H(标记, 字段……) 的输入是：{tag}标记 的文字，然后每个字段的长度（8 字节）和内容。",
        "Every hash below can be checked with any SHA-256 calculator: enter the input as hexadecimal and get the result. The input of H(tag, fields …) is the text {tag}tag, then every field's length (8 bytes) and bytes.",
        "", "",
    ),
    "explain.seed": (
        "一、种子 = H({tag}, 总表、承诺截止、分组、揭示截止四个哈希，延时结果，信标)\n  输入 {preimage}\n  结果 {digest}",
        "1. seed = H({tag}, the four hashes of header, commitments, groups and openings, the delay's output, the beacon)\n  input {preimage}\n  result {digest}",
        "", "",
    ),
    "explain.draw_seed": (
        "二、这次抽取的种子 = H({tag}, 种子, 抽取编号)\n  输入 {preimage}\n  结果 {digest}",
        "2. draw seed = H({tag}, seed, draw id)\n  input {preimage}\n  result {digest}",
        "", "",
    ),
    "explain.key": (
        "三、随机流的密钥 = H({tag}, 抽取种子)\n  输入 {preimage}\n  密钥 {digest}\n  第 w 个字（从 0 数）：SHA-256(密钥 ‖ 8 字节的 ⌊w/8⌋) 的第 w mod 8 段，每段 4 字节。",
        "3. key of the stream = H({tag}, draw seed)\n  input {preimage}\n  key {digest}\n  Word w (from 0): part w mod 8, of 4 bytes each, of SHA-256(key ‖ ⌊w/8⌋ in 8 bytes).",
        "", "",
    ),
    "explain.block": (
        "四、这个单位在第 {number} 块（从 0 数）：{units}；在块中没有被指定的单位里排第 {place}。前面的块一共取用了 {before} 个字。",
        "4. The unit is in block {number} (from 0): {units}; of the units of the block that are not pinned it is number {place}. The blocks before took {before} words.",
        "", "",
    ),
    "explain.again": (
        "  前 {times} 次排列碰到了回避的班级，整体重排；以下是最后一次。",
        "  {times} permutations met a bar and were drawn again; this is the last.",
        "", "",
    ),
    "explain.remainder": (
        "四、这个单位在余数里（共 {units} 个单位）。所有的块一共取用了 {before} 个字。下一个字从备选分组里选一种：",
        "4. The unit is in the remainder ({units} units). All blocks took {before} words. The next word picks a bundling:",
        "", "",
    ),
    "explain.bundling": (
        "  选中第 {picked} 种备选分组（从 0 数）；这个单位所在的组：{units}。",
        "  Bundling {picked} (from 0) is picked; the unit's bundle: {units}.",
        "", "",
    ),
    "explain.pinned": ("  这里有事先指定的单位：班级 {class_}，不抽取。", "  A unit here was pinned: class {class_}, not drawn.", "", ""),
    "explain.turn": (
        "四、后到学生先抽出次序：{order}；这个单位排第 {turn}（共 {units} 个）。",
        "4. First an order of the late students is drawn: {order}; the unit is number {turn} of {units}.",
        "", "",
    ),
    "explain.late": (
        "  轮到它时各班人数：{counts}；人数差不超过 2 的班：{allowed}。",
        "  At its turn the classes have {counts} students; classes that keep the difference at most 2: {allowed}.",
        "", "",
    ),
    "explain.forced": ("  只有一个班可以去：没有选择。", "  Only one class was left: no choice.", "", ""),
    "explain.list": ("  起始 {numbers}", "  start {numbers}", "", ""),
    "explain.word": (
        "  第 {number} 个字：SHA-256({preimage}) = {digest}，其中第 {from_} 至 {to} 个十六进制字符 {hexadecimal} = {word}；{word} mod {bound} = {rest}。",
        "  word {number}: SHA-256({preimage}) = {digest}, characters {from_} to {to}: {hexadecimal} = {word}; {word} mod {bound} = {rest}.",
        "", "",
    ),
    "explain.rejected": (
        "  第 {number} 个字：SHA-256({preimage}) = {digest}，第 {from_} 至 {to} 个字符 {hexadecimal} = {word}，不小于 {limit}，弃去（免得偏向某些数）。",
        "  word {number}: SHA-256({preimage}) = {digest}, characters {from_} to {to}: {hexadecimal} = {word}, not below {limit}: rejected, so that no number is favoured.",
        "", "",
    ),
    "explain.exchange": ("    第 {i} 与第 {j} 交换：{numbers}", "    exchange number {i} and number {j}: {numbers}", "", ""),
    "explain.placed": ("  排第 {place} 的得到 {number}。", "  Number {place} gets {number}.", "", ""),
    "explain.end": ("五、结果：{class_}。与记录中的结果一致。", "5. Result: {class_}. It is what the record says.", "", ""),
    "explain.which": ("给出 --slip，或 --draw 和 --unit。", "Give --slip, or --draw and --unit.", "", ""),
    "explain.no_file": ("{path} 里没有 {name}。", "{path} has no {name}.", "给出公开记录的文件夹或 zip。", "Give the folder or zip of a public record."),
    "explain.no_result": ("{path} 里还没有结果。", "{path} holds no result yet.", "用发布结果之后的记录。", "Use the record published after the draw."),
    "explain.no_unit": ("抽取 {draw} 的单位是 0 至 {last} 号，没有 {unit} 号。", "Draw {draw} has units 0 to {last}, not {unit}.", "", ""),
    "explain.slip": ("凭条文件不规范：{detail}。", "The slip file is malformed: {detail}.", "", ""),
    "explain.other_session": ("凭条属于另一场活动（{session}）。", "The slip is of another session ({session}).", "", ""),
    "explain.not_found": ("凭条没有打开任何一个单位。", "The slip opens no unit.", "核对姓名、证件号和代码。", "Check name, number and codes."),
    "explain.differs": ("抽取 {draw} 的结果与种子不符：先用验证程序检查这份记录。", "The result of draw {draw} does not follow from the seed: run the verifier first.", "", ""),
}  # fmt: skip
