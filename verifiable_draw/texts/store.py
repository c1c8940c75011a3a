"""Sentences about files, the ledger's store and the private store."""

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "store.missing": (
        "找不到账本文件：{detail}。",
        "There is no ledger file: {detail}.",
        "检查 --room 指的文件夹，或先运行 vdraw init。",
        "Check the --room folder, or run 'vdraw init' first.",
    ),
    "store.exists": (
        "已经有账本文件：{detail}，不会覆盖。",
        "There is a ledger file already: {detail}; it is never overwritten.",
        "新账本请用空文件夹。",
        "Use an empty folder for a new ledger.",
    ),
    "store.locked": (
        "另一个程序正在写这个账本（{detail}），这一步没有记入。",
        "Another program is writing this ledger ({detail}); this step was not entered.",
        "等它结束后再试。",
        "Try again when it has finished.",
    ),
    "store.moved": (
        "另一个程序刚刚写入了账本，这一步没有记入。",
        "Another program has just appended to the ledger; this step was not entered.",
        "再试一次。",
        "Try again.",
    ),
    "store.full": (
        "磁盘已满或写不进去（{detail}），这一步没有记入，之前的都在。",
        "The disc is full or failing ({detail}); this step was not entered, all before it is safe.",
        "腾出空间后重新运行同一命令。",
        "Free some space and run the same command again.",
    ),
    "store.read-only": (
        "账本文件不能写（{detail}）。",
        "The ledger file cannot be written ({detail}).",
        "检查权限，或把文件夹从只读盘复制出来。",
        "Check permissions, or copy the folder from the read-only disc.",
    ),
    "store.damaged": (
        "账本文件已损坏或被改过：{detail}。",
        "The ledger file is damaged or was changed: {detail}.",
        "停止使用，从备份恢复，保存此文件作为证据。",
        "Stop using it, restore a backup, keep this file as evidence.",
    ),
    "store.forked": (
        "账本与最后签过的检查点不一致：{detail}。",
        "The ledger does not extend the last checkpoint it signed: {detail}.",
        "停止使用，恢复最新的备份。",
        "Stop and restore the latest backup.",
    ),
    "store.private": (
        "私有库 {path} 不能使用：{detail}。",
        "The private store {path} cannot be used: {detail}.",
        "检查磁盘空间和权限。",
        "Check disc space and permissions.",
    ),
    "store.no_submission": (
        "私有库里没有这次提交（{digest}…）。",
        "The private store does not have this submission ({digest}…).",
        "使用导入名册的那台电脑。",
        "Use the machine that imported the roster.",
    ),
    "store.no_import": (
        "学校 {school} 的 {grade} 年级没有第 {number} 次导入。",
        "School {school}, grade {grade} has no import number {number}.",
        "用 vdraw rosters history 查看历次导入。",
        "'vdraw rosters history' lists the imports.",
    ),
    "store.no_roster": (
        "私有库里没有这份冻结名册（{root}…）。",
        "The private store does not have this frozen roster ({root}…).",
        "使用冻结名册的那台电脑。",
        "Use the machine that froze it.",
    ),
    "store.no_year_key": (
        "还没有 {year} 年度密钥。",
        "There is no key of the year {year}.",
        "用 vdraw plan new 生成方案。",
        "Make a plan with 'vdraw plan new'.",
    ),
    "file.missing": (
        "活动 {session} 缺少文件 {name}。",
        "File {name} of session {session} is missing.",
        "从备份恢复，或重新获取。",
        "Restore or fetch it again.",
    ),
    "file.malformed": (
        "{name} 的格式不对：{detail}。",
        "{name} is malformed: {detail}.",
        "重新获取文件。",
        "Fetch it again.",
    ),
    "file.read_failed": (
        "读不了 {path}：{detail}。",
        "Cannot read {path}: {detail}.",
        "检查路径和权限。",
        "Check path and permissions.",
    ),
    "file.write_failed": (
        "写不了 {path}：{detail}。这一步没有完成，之前的都在。",
        "Cannot write {path}: {detail}. This step is not done; all before it is safe.",
        "检查磁盘空间和权限后重新运行同一命令。",
        "Check disc space and permissions and run the same command again.",
    ),
    "file.not_a_record": (
        "{path} 里有别的文件，不会覆盖。",
        "{path} holds other files; it is not overwritten.",
        "换一个空文件夹。",
        "Choose an empty folder.",
    ),
    "verifier.missing": ("找不到验证程序。", "The verifier is not installed.", "重新安装。", "Install it again."),
}
