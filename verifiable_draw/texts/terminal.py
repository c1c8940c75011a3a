"""What the command line says when a step is done."""

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "done.entry": ("已记入账本第 {seq} 条：{type}。", "Entered in the ledger as number {seq}: {type}.", "", ""),
    "done.key": (
        "密钥已生成：{path}，公钥 {key}，指纹 {code}。",
        "Key made: {path}, public key {key}, fingerprint {code}.",
        "",
        "",
    ),
    "done.written": ("已写出 {path}。", "Written: {path}.", "", ""),
    "done.plan_new": (
        "方案草稿已写出：{path}。请填写各校、人数和窗口，再运行 vdraw plan check。",
        "Draft written: {path}. Fill in schools, numbers and windows, then run 'vdraw plan check'.",
        "",
        "",
    ),
    "done.header": (
        "总表核对码：{code}。请所有观察员与自己设备上的核对。",
        "Header code: {code}. Every observer compares it with their own device.",
        "",
        "",
    ),
    "done.seed": ("种子：{seed}", "Seed: {seed}", "", ""),
    "done.covered": ("被覆盖的观察员：{ids}", "Covered observers: {ids}", "", ""),
    "done.imported": (
        "{students} 名学生、{schools} 个学校年级已导入；自动更正 {repairs} 处；问题 {problems} 处。",
        "{students} students of {schools} school grades imported; {repairs} repairs; {problems} problems.",
        "",
        "",
    ),
    "done.rosters_refused": (
        "有问题的文件没有导入：{files}。",
        "Files with problems were not imported: {files}.",
        "更正后重新导入，其余已导入的不受影响。",
        "Correct them and import again; the others are in.",
    ),
    "done.rare": (
        "注意：抽取 {draw} 中 {values} 的人数不超过班数，均衡会把这些孩子逐一分开，从公开的分组也可能推知。",
        "Note: in draw {draw} at most one student a class has {values}: balancing separates these children, and public groups may betray them.",
        "可在方案中把这些取值并入“其他”，或不作为均衡项。",
        "The plan can put these values under '其他', or leave the attribute out.",
    ),
    "done.published": (
        "记录已发布：{path}（验证程序退出码 {code}）。",
        "Record published: {path} (verifier's exit code {code}).",
        "",
        "",
    ),
    "done.cosigned": (
        "{name} 已联署大小为 {size} 的检查点。",
        "{name} cosigned the checkpoint of size {size}.",
        "",
        "",
    ),
    "done.nothing": ("没有要做的，没有改变。", "Nothing to do; nothing changed.", "", ""),
    "status.line": (
        "{session}：{state}{rehearsal}，{draws} 次抽取，{observers} 位观察员。下一步可以：{allowed}。",
        "{session}: {state}{rehearsal}, {draws} draws, {observers} observers. Possible next: {allowed}.",
        "",
        "",
    ),
    "progress.groups": ("分组 {done}/{all}", "groups {done}/{all}", "", ""),
    "progress.delay": (
        "延时 第 {done}/{all} 段已完成，约剩 {seconds} 秒",
        "delay: {done} of {all} segments done, about {seconds} s left",
        "",
        "",
    ),
    "progress.import": ("读取工作簿 {done}/{all}", "reading workbooks {done}/{all}", "", ""),
    "device.header": (
        "总表核对码：{code}。请与大屏幕和旁边的人核对。",
        "Header code: {code}. Compare it with the screen and your neighbours.",
        "",
        "",
    ),
    "device.pinned": (
        "账本 {origin}，运营密钥指纹 {code}。",
        "Ledger {origin}, operator's fingerprint {code}.",
        "",
        "",
    ),
    "interrupted": (
        "已中断。已记入的都在，重新运行同一命令会继续。",
        "Interrupted. What was entered is safe; the same command goes on from here.",
        "",
        "",
    ),
}
