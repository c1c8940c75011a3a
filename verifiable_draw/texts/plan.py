"""Sentences about plans and their limits."""

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "plan.not_canonical": (
        "方案文件不规范：{detail}。",
        "The plan is not in canonical form: {detail}.",
        "用 vdraw plan check 检查。",
        "Check it with 'vdraw plan check'.",
    ),
    "plan.problems": (
        "方案有 {number} 处不对：{problems_zh}。",
        "The plan has {number} problems: {problems}.",
        "逐项更正后再试。",
        "Correct them all and try again.",
    ),
    "plan.year_key": (
        "方案中的 {year} 年度密钥承诺与本机不一致。",
        "The plan's commitment to the year key of {year} is not this bureau's.",
        "用 vdraw plan new 重新生成方案。",
        "Make the plan with 'vdraw plan new'.",
    ),
    "plan.not_this": (
        "方案与账本不一致。",
        "The plan does not fit the ledger.",
        "核对 origin、bureau 和 session。",
        "Check origin, bureau and session.",
    ),
    "plan.drawn": (
        "这些学校年级已经在活动 {session} 中抽取，不能再抽：{draws}。",
        "Drawn in session {session} already, and not drawn again: {draws}.",
        "从方案里去掉；确有问题，先由两方撤销原结果。",
        "Leave them out; if the result was wrong, two roles annul it first.",
    ),
    "plan.sizes": (
        "补录的各班人数与孩子们现在所在的班不符，应为：{draws}。",
        "Sizes of late draws are not those of the classes as children stand in them: {draws}.",
        "改成现在的人数；新建的方案会自动填好。否则年检会认为空位被改过。",
        "Put in these sizes, or make a new plan, which has them; the inspection would call the places steered.",
    ),
    "plan.rehearsed": (
        "这些学校年级已经在活动 {session} 中演练过，每校每年级只能演练完一次：{draws}。",
        "Rehearsed in session {session} already; a grade is rehearsed to the end once: {draws}.",
        "从方案里去掉，或去掉“这是演练”正式抽取；要再演练，先由两方撤销上一次演练。",
        "Leave them out, or untick “rehearsal” for the real draw; to rehearse again, two roles annul the earlier one first.",
    ),
    "plan.conflicts": (
        "方案与账本有 {number} 处冲突：{conflicts_zh}",
        "The plan and the ledger collide in {number} places: {conflicts}",
        "改方案，或先撤销、中止先前的活动。",
        "Change the plan, or annul or abort the earlier session first.",
    ),
    "plan.kind": (
        "没有“{kind}”这种抽取。",
        "There is no kind of draw '{kind}'.",
        "可用：{known}。",
        "Known: {known}.",
    ),
    "plan.drand": (
        "等待公共随机信标第 {round} 轮，公布时刻 {time}；揭示须在此前截止。",
        "It waits for round {round} of the public beacon, at {time}; reveals must close before.",
        "",
        "",
    ),
    "plan.drand_time": (
        "“{time}”不是时刻。",
        "'{time}' is not a time.",
        "写成 2026-08-25T03:00:00Z（世界时）。",
        "Write it as 2026-08-25T03:00:00Z (UTC).",
    ),
    "limit.rehearsal": (
        "这是演练：验证程序不会把它当作真实结果。",
        "A rehearsal: the verifier will not take it for a real result.",
        "",
        "",
    ),
    "limit.delay": (
        "延时太短：每秒窗口至少要 400 万次平方。",
        "The delay is too short: at least 4 million squarings for every second of the window.",
        "",
        "",
    ),
    "limit.window": ("揭示窗口超过 60 秒。", "The reveal window is longer than 60 s.", "", ""),
    "limit.bundlings": ("备选分组少于 16 种。", "Fewer than 16 bundlings.", "", ""),
    "limit.covered": ("法定覆盖人数少于 3。", "The quorum of covered observers is below 3.", "", ""),
    "plan.measured": (
        "本机每秒 {rate} 次平方，延时约需 {minutes} 分 {seconds} 秒；对已知最快硬件的余量 {margin_tenths_whole}.{margin_tenths} 倍。",
        "This machine does {rate} squarings a second: the delay takes about {minutes} min {seconds} s; margin over the fastest known hardware {margin_tenths_whole}.{margin_tenths}.",
        "",
        "",
    ),
    "plan.no_contact": (
        "注意：这是正式方案，但咨询与监督的电话和邮箱都是空的，凭条、网站和文件上不会有联系方式。",
        "Attention: this is a real plan, and it has neither phone nor e-mail for questions and complaints: slips, site and papers will name none.",
        "在公布之前填写 contact 的 phone 或 email；公布之后不能再改。",
        "Fill in phone or email of contact before it is published; afterwards it cannot be changed.",
    ),
    "plan.proven_possible": ("这一方案的结果可以被证明公平。", "A session of this plan can be proven fair.", "", ""),
    "plan.good": (
        "方案符合规定：{draws} 次抽取，核对码 {code}。",
        "The plan keeps its rules: {draws} draws, code {code}.",
        "",
        "",
    ),
}
