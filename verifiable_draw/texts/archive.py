"""Sentences about the archive: discs, recovery, films and other evidence."""

TEXTS: dict[str, tuple[str, str, str, str]] = {
    # Evidence
    "evidence.not_a_file": ("不是普通文件", "not a regular file", "", ""),
    "evidence.empty": ("是空文件", "is empty", "", ""),
    "evidence.reason": ("{detail}", "{detail}", "", ""),
    "evidence.unreadable": (
        "这些证据文件不能使用，什么也没有记入：{zh}。",
        "These files cannot be used, and nothing was entered: {en}.",
        "检查路径和权限，把存储卡插好后重新运行同一命令。",
        "Check paths and permissions, put the card back in and run the same command again.",
    ),
    "evidence.kind": (
        "没有“{kind}”这一类证据。",
        "There is no kind of evidence '{kind}'.",
        "--kind 可用：{known}；录像用 video。",
        "--kind takes: {known}; a film is a video.",
    ),
    "evidence.labels_used": (
        "标签 {labels} 已经用于别的文件，什么也没有记入。",
        "The labels {labels} stand for other files already; nothing was entered.",
        "用 --label 换一个标签，例如 --label disc-2 或 --label camera-1b。",
        "Give another one by --label, such as --label disc-2 or --label camera-1b.",
    ),
    "evidence.labels_odd": (
        "不能用作标签：{labels}。",
        "These cannot be labels: {labels}.",
        "--label 只能用小写字母、数字和连字符，最多 32 个字符，例如 camera-1。",
        "--label takes small letters, digits and hyphens, at most 32 of them, such as camera-1.",
    ),
    "evidence.changed": (
        "{path} 在计算期间变了，没有记入。",
        "{path} changed while it was being hashed; it was not entered.",
        "等录像写完、复制完再运行。",
        "Run it again when recording or copying has ended.",
    ),
    "evidence.progress": (
        "{path} {percent}%（{done}/{size} MiB），约剩 {seconds} 秒",
        "{path} {percent} % ({done} of {size} MiB), about {seconds} s left",
        "",
        "",
    ),
    "evidence.hashed": (
        "{path}：SHA-256 {sha256}，核对码 {code}，{size} 字节。",
        "{path}: SHA-256 {sha256}, code {code}, {size} bytes.",
        "",
        "",
    ),
    "evidence.resumed": (
        "{path} 从上次停下的地方（{done} MiB）继续。",
        "{path} went on where it had stopped, after {done} MiB.",
        "",
        "",
    ),
    "evidence.cannot_resume": (
        "注意：这台电脑上不能保存计算的中间状态，中断的文件要从头算；算完的不用重算。",
        "Note: this machine cannot keep the state of a hash; a file that is interrupted starts anew, finished ones do not.",
        "",
        "",
    ),
    "evidence.stopped": (
        "已停下。算过的已保存，重新运行同一命令会接着算。",
        "Stopped. What was read is kept; the same command goes on from there.",
        "",
        "",
    ),
    # Building
    "archive.programs": (
        "缺少程序：{programs}。",
        "Programs are missing: {programs}.",
        "安装：apt-get install {packages}（统信、麒麟、Debian、Ubuntu）。",
        "Install them: apt-get install {packages} (Debian, Ubuntu, UOS, Kylin).",
    ),
    "archive.program_failed": (
        "{program} 没有成功：{detail}。",
        "{program} did not succeed: {detail}.",
        "检查磁盘空间和权限后重新运行；没有留下半成品。",
        "Check disc space and permissions and run it again; nothing half done was left.",
    ),
    "archive.exists": (
        "{path} 已经存在，不会覆盖。",
        "{path} exists already; it is not overwritten.",
        "换一个新的文件夹名。",
        "Name a new folder.",
    ),
    "archive.disc_full": (
        "{path} 所在的磁盘满了，什么也没有修复，也没有留下半成品；这不说明光盘有损坏。",
        "The disc that {path} is on is full. Nothing was repaired and nothing half done was left; this says nothing of damage.",
        "需要约 {needed} MiB 可用空间：腾出空间，或用 --repair（不修复时用环境变量 TMPDIR）换到别的磁盘，再运行一次。",
        "About {needed} MiB must be free: make room, or name another disc by --repair (without it, by the variable TMPDIR), and run it again.",
    ),
    "archive.too_many_files": (
        "文件太多（{number} 个），恢复数据放不下。",
        "Too many files ({number}) for recovery data.",
        "把文档打成一个 zip。",
        "Put the documents into one zip.",
    ),
    "archive.image_bad": (
        "写出的镜像 {path} 读回时不对：{files}。",
        "The image {path} does not read back as written: {files}.",
        "检查磁盘，重新运行。",
        "Check the disc and run it again.",
    ),
    "archive.record_refused": (
        "活动 {session} 的记录没有通过验证（退出码 {code}）：{detail}。没有写出归档。",
        "The record of session {session} does not verify (exit code {code}): {detail}. No archive was written.",
        "先查明原因：vdraw publish，再运行 vdraw inspect。",
        "Find out why first: 'vdraw publish', then 'vdraw inspect'.",
    ),
    "archive.documents": (
        "这些文档不能放上光盘：{detail}。",
        "These documents cannot stand on a disc: {detail}.",
        "改名或拿掉后重新运行。",
        "Rename or remove them and run it again.",
    ),
    "archive.documents_of_both": (
        "{path} 里既有公开的也有内部的文件，内部的不能放上公开光盘。",
        "{path} holds public and internal papers; internal ones do not belong on the public disc.",
        "用 --documents {public}。",
        "Use --documents {public}.",
    ),
    "archive.documents_private": (
        "这些文档不能放上公开光盘：{zh}。",
        "These documents cannot go on the public disc: {en}.",
        "拿掉这些文件，含个人信息的内容在密封光盘里；只因文件名被拒绝而内容可以公开的，改名即可。",
        "Remove them; what is personal is on the sealed disc. One that is refused for its name alone, and may be public, takes another name.",
    ),
    "archive.private_named": ("文件名是内部文件或凭条的名称", "it is called like an internal paper or a slip", "", ""),
    "archive.private_number": ("含有学生的证件号码或学籍号", "a student's document or registration number stands in it", "", ""),
    "archive.private_code": ("含有凭条代码", "a slip's code stands in it", "", ""),
    "archive.private_names": ("含有多名学生的姓名", "names of several students stand in it", "", ""),
    "archive.no_terminal": (
        "密封归档 {path} 需要口令，但这里没有终端可以输入。",
        "The sealed archive {path} needs a passphrase, and there is no terminal to ask at.",
        "在终端里运行，或设置 VDRAW_ARCHIVE_PASSPHRASE（不用操作人的 VDRAW_PASSPHRASE）。",
        "Run it in a terminal, or set VDRAW_ARCHIVE_PASSPHRASE (the operator's VDRAW_PASSPHRASE is not taken).",
    ),
    "archive.no_folder": ("不是文件夹", "not a folder", "", ""),
    "archive.document_link": ("是链接", "a link", "", ""),
    "archive.document_special": ("不是普通文件", "not a regular file", "", ""),
    "archive.document_characters": (
        '名称里有光盘或 Windows 不允许的字符（* / : ; ? \\ " < > | %，或结尾的空格、句点）',
        'the name has characters that discs or Windows refuse (* / : ; ? \\ " < > | %, or a space or full stop at its end)',
        "",
        "",
    ),
    "archive.document_long": ("名称超过 60 个字符", "the name has more than 60 characters", "", ""),
    "archive.document_deep": ("文件夹套得太深", "too many folders within each other", "", ""),
    "archive.document_same": ("与另一个名称只差大小写", "differs from another name in capitals only", "", ""),
    "archive.document_unreadable": ("读不了", "cannot be read", "", ""),
    "archive.title_public": ("{title}：公开归档", "{title}: public archive", "", ""),
    "archive.title_sealed": ("{title}：密封归档", "{title}: sealed archive", "", ""),
    "archive.step_record": ("导出并验证记录……", "exporting and verifying the record …", "", ""),
    "archive.step_sealed": ("加密私有部分……", "encrypting the private part …", "", ""),
    "archive.step_recovery": ("计算恢复数据……", "computing recovery data …", "", ""),
    "archive.step_image": ("写出镜像并读回……", "writing the image and reading it back …", "", ""),
    "archive.step_verify": ("验证记录……", "verifying the record …", "", ""),
    "archive.step_extract": ("读取镜像……", "reading the image …", "", ""),
    "archive.step_hashes": ("核对每个文件……", "checking every file …", "", ""),
    "archive.step_repair": ("尝试修复……", "trying to repair …", "", ""),
    "archive.disc": (
        "{path}\n  SHA-256 {sha256}\n  封签核对码 {code}（{size} 字节）",
        "  code for the seal's label: {code} ({size} bytes)",
        "",
        "",
    ),
    "archive.passphrase_ask": ("密封归档 {path} 的口令：", "Passphrase of the sealed archive {path}:", "", ""),
    "archive.opened": (
        "已打开活动 {session} 的密封归档：{path}（含个人信息，妥善保管，用后删除）。",
        "The sealed archive of session {session} was opened: {path} (it holds personal data; guard it and delete it after use).",
        "",
        "",
    ),
    "archive.out_exists": (
        "{path} 已经存在，不会覆盖。",
        "{path} exists already; it is not overwritten.",
        "换一个文件名。",
        "Choose another name.",
    ),
    "archive.one_way": (
        "--inspector 和 --passphrase 只能用一个。",
        "Use either --inspector or --passphrase.",
        "",
        "",
    ),
    "export.no_checkpoint": ("账本没有大小为 {size} 的检查点。", "The ledger has no checkpoint of size {size}.", "", ""),
    # The sealed part
    "sealed_disc.key_file": (
        "{path} 不是年检方的公钥文件：{detail}。",
        "{path} is not the inspection's public key: {detail}.",
        "年检方运行 vdraw key inspection.key inspection recipient，把打印出的一行存成文件交来。",
        "The inspection runs 'vdraw key inspection.key inspection recipient' and hands over the line it prints.",
    ),
    "sealed_disc.nothing": (
        "这台电脑的私有库里没有活动 {session} 的名册。",
        "This machine's private store has no rosters of session {session}.",
        "使用冻结名册的那台电脑。",
        "Use the machine that froze them.",
    ),
    "sealed_disc.malformed": (
        "{path} 不是密封归档：{detail}。",
        "{path} is no sealed archive: {detail}.",
        "给出密封光盘上的 data/private.sealed；损坏时先运行 vdraw archive check --repair。",
        "Name data/private.sealed of the sealed disc; if it is damaged, run 'vdraw archive check --repair' first.",
    ),
    "sealed_disc.damaged": (
        "{path} 已损坏或不完整，没有写出任何内容。",
        "{path} is damaged or incomplete; nothing was written.",
        "对密封光盘运行 vdraw archive check --repair。",
        "Run 'vdraw archive check --repair' on the sealed disc.",
    ),
    "sealed_disc.other_way": (
        "{path} 不是这样加密的（密钥编号：{id}；— 表示用口令）。",
        "{path} was sealed the other way (for the key {id}; — means a passphrase).",
        "有密钥编号时用 --key，否则用口令。",
        "With a key's id use --key, else the passphrase.",
    ),
    "sealed_disc.not_opened": (
        "打不开 {path}：密钥或口令不对。",
        "{path} cannot be opened: wrong key or passphrase.",
        "核对密钥文件或口令；注意大小写。",
        "Check the key file or passphrase.",
    ),
    # Checking
    "archive.not_an_image": (
        "{path} 不是 ISO 9660 镜像，或开头已损坏，读不出目录。",
        "{path} is no ISO 9660 image, or so damaged that its list of files cannot be read.",
        "检查另一张盘；或把盘挂载后检查文件夹。",
        "Check another copy, or mount the disc and check its folder.",
    ),
    "archive.no_bag": (
        "{path} 里没有归档（找不到 manifest-sha256.txt 和 data/）。",
        "{path} holds no archive (no manifest-sha256.txt, no data/).",
        "给出镜像、挂载的光盘，或 public、sealed 文件夹。",
        "Name an image, a mounted disc, or the folder public or sealed.",
    ),
    "archive.no_file": ("没有这个文件", "no such file", "", ""),
    "archive.is_damaged": ("已损坏", "damaged", "", ""),
    "archive.is_missing": ("缺失", "missing", "", ""),
    "archive.is_added": ("多出", "added", "", ""),
    "archive.is_unreadable": ("读不出", "unreadable", "", ""),
    "archive.files_good": ("{number} 个文件全部完好。", "All {number} files are as they were written.", "", ""),
    "archive.sectors": ("光驱上有 {number} 个扇区读不出。", "{number} sectors of the disc cannot be read.", "", ""),
    "archive.cut": ("镜像 {path} 不完整，尾部被截断。", "The image {path} is cut off at its end.", "", ""),
    "archive.damaged": ("损坏的文件：{files}。", "Damaged files: {files_en}.", "", ""),
    "archive.not_tried": ("没有尝试修复：{zh}", "Repair was not tried: {en}", "", ""),
    "archive.repairable": (
        "损坏的文件：{files}。恢复数据可以修复：加上 --repair 新文件夹。",
        "Damaged files: {files_en}. The recovery data can repair them: add --repair and a new folder.",
        "",
        "",
    ),
    "archive.repaired": ("损坏、已修复的文件：{files}。", "Damaged files that were repaired: {files_en}.", "", ""),
    "archive.too_much": (
        "损坏太多，恢复数据不够，仍不完好：{files}（par2：{detail}）。",
        "Too much is damaged for the recovery data; still not whole: {files_en} (par2: {detail}).",
        "",
        "",
    ),
    "archive.recovery_other": (
        "恢复数据用本机的 par2 重新做了，与原来的不同；其余文件与原来相同。",
        "The recovery data was made anew by this machine's par2 and differs from the first; all other files are as they were.",
        "",
        "",
    ),
    "archive.repaired_at": (
        "修复后的归档在 {path}，镜像 SHA-256 {sha256}，核对码 {code}。",
        "The repaired archive is at {path}, its image has SHA-256 {sha256}, code {code}.",
        "",
        "",
    ),
    "archive.nothing_repaired": ("没有写出修复件。", "No repaired copy was written.", "", ""),
    "archive.is_sealed": (
        "这是活动 {session} 的密封归档（密钥编号：{id}）；内容要有密钥才能看到。",
        "This is the sealed archive of session {session} (for the key {id}); its contents need the key.",
        "",
        "",
    ),
    "archive.sealed_bad": ("密封文件不对：{zh}", "The sealed file does not hold: {en}", "", ""),
    "archive.judges_copy": (
        "光盘上的文件有损坏：以下核对的是按恢复数据修复的副本，不是光盘上的原样。",
        "Files on the disc are damaged: what follows is of a copy repaired by the recovery data, not of the disc as it is.",
        "",
        "",
    ),
    "archive.record_good": (
        "记录通过验证（退出码 {code}）：{zh}",
        "The record verifies (exit code {code}): {en}",
        "",
        "",
    ),
    "archive.record_bad": (
        "记录没有通过验证（退出码 {code}）：{zh}",
        "The record does not verify (exit code {code}): {en}",
        "",
        "",
    ),
    "archive.ledger_unreadable": (
        "光盘上的账本读不出：{detail}。",
        "The ledger on the disc cannot be read: {detail}.",
        "",
        "",
    ),
    "archive.ledger_differs": (
        "光盘上的账本、检查点和记录互相矛盾。",
        "Ledger, checkpoint and record on the disc contradict each other.",
        "",
        "",
    ),
    "archive.ledger_good": (
        "光盘上的账本 {origin} 有 {size} 条，检查点核对码 {code}。",
        "The ledger on the disc, {origin}, has {size} entries; code of its checkpoint: {code}.",
        "",
        "",
    ),
    "archive.sealed_not_alone": (
        "密封光盘里应该只有一个加密文件，这里还有别的。",
        "A sealed disc holds the encrypted file alone; this one holds more.",
        "",
        "",
    ),
    "archive.strange": (
        "光盘上有不该有的内容：{names}。",
        "The disc holds what does not belong there: {names}.",
        "",
        "",
    ),
    "archive.session_differs": (
        "记录属于活动 {record}，光盘却写着 {bag}。",
        "The record is of session {record}, but the disc says {bag}.",
        "",
        "",
    ),
    "archive.image_not_compared": (
        "核对的是文件夹：整张光盘的哈希没有与账本里登记的比较。",
        "This is a folder: the hash of the whole disc was not compared with the one that the ledger has.",
        "要比较就核对光盘映像或光驱。",
        "Check the image or the drive to have it compared.",
    ),
    "archive.no_ledger": (
        "没有给出账本（--ledger），光盘只与自己核对过。",
        "No ledger was given (--ledger): the disc was compared with itself only.",
        "",
        "",
    ),
    "archive.other_ledger": (
        "光盘属于另一个账本，不是 {path} 的。",
        "The disc is of another ledger, not of {path}.",
        "",
        "",
    ),
    "archive.other_history": (
        "光盘上的账本与 {path} 是两个不同的历史：其中之一被改过。",
        "The ledger on the disc and {path} are two histories: one of them was changed.",
        "",
        "",
    ),
    "archive.session_unknown": (
        "账本 {path} 里没有活动 {session}。",
        "The ledger {path} has no session {session}.",
        "",
        "",
    ),
    "archive.agrees": (
        "光盘上的 {disc} 条与手头账本的 {ledger} 条一致。",
        "The {disc} entries on the disc agree with the {ledger} of the ledger at hand.",
        "",
        "",
    ),
    "archive.disc_entered": (
        "镜像就是账本第 {seq} 条（{label}）记下的光盘，核对码 {code}。",
        "The image is the disc of entry {seq} ({label}) of the ledger, code {code}.",
        "",
        "",
    ),
    "archive.flood": (
        "里面的文件超过 {most} 个，不是本系统刻的光盘。",
        "It holds more than {most} files: this system did not make it.",
        "", "",
    ),
    "archive.no_plain_file": (
        "里面的 {name} 不是普通文件（管道或设备），没有打开。",
        "{name} on it is no plain file (a pipe or a device) and was not opened.",
        "", "",
    ),
    "archive.disc_other": (
        "镜像不是账本为活动 {session} 记下的任何一张光盘。",
        "The image is none of the discs that the ledger names for session {session}.",
        "",
        "",
    ),
    "archive.disc_not_entered": (
        "账本没有记下活动 {session} 的光盘。",
        "The ledger names no disc of session {session}.",
        "",
        "",
    ),
    # On the discs
    "archive.readme_public": (
        """{title}
{bureau}，{date}，活动 {session}
账本 {origin}，到第 {size} 条为止（{time}）
检查点 {root}

这张光盘里有（都在 data 文件夹）：
  record      结果记录：谁都可以用它重算每个班的名单（不含姓名和个人信息）
  ledger      账本到这一条为止的全部条目、检查点和见证政策（C2SP tlog-tiles 格式）
  verifiers   验证程序 verify.pyz（Python）、verify.html（浏览器打开即可，不联网），源代码和规范 SPEC.md
  keys        所有公钥和核对码
  documents   方案、记录表等文件（如果有）

自己核对，不需要我们的任何程序：
  1. 文件有没有坏：  sha256sum -c manifest-sha256.txt
                     sha256sum -c tagmanifest-sha256.txt
  2. 坏了怎么修：    把光盘全部复制到硬盘，在那里运行  par2 repair recovery.par2
  3. 结果对不对：    python data/verifiers/verify.pyz data/record
     或用浏览器打开 data/verifiers/verify.html，选择 data/record 文件夹。
     谨慎的人从别处取验证程序，用自己保存的检查点和公钥（--trust）。
  4. 光盘是不是当时那一张：整张镜像的 SHA-256 记在账本里（类型 evidence），核对码写在封签上。""",
        """{title}
{bureau}, {date}, session {session}
Ledger {origin}, up to and with its first {size} entries ({time})
Checkpoint {root}

On this disc, below data:
  record      the result's record: anybody can draw every class anew from it (no names, nothing personal)
  ledger      all entries of the ledger so far, its checkpoint, the policy of witnesses (C2SP tlog-tiles)
  verifiers   the verifier as verify.pyz (Python) and verify.html (any browser, offline), sources, SPEC.md
  keys        all public keys and their short codes
  documents   plan, forms and other papers, if any

Check it yourself, without any program of ours:
  1. Is a file damaged?    sha256sum -c manifest-sha256.txt
                           sha256sum -c tagmanifest-sha256.txt
  2. Repair it:            copy the whole disc to a hard disk, run there  par2 repair recovery.par2
  3. Is the result right?  python data/verifiers/verify.pyz data/record
     or open data/verifiers/verify.html in a browser and choose the folder data/record.
     A careful person takes the verifier from elsewhere, and their own checkpoint and keys (--trust).
  4. Is this the disc?     The SHA-256 of the whole image stands in the ledger (type evidence), its code on the seal.""",
        "",
        "",
    ),
    "archive.readme_sealed": (
        """{title}（密封归档）
{bureau}，{date}，活动 {session}
账本 {origin}，到第 {size} 条为止（{time}）
检查点 {root}

这张光盘只有一个加密文件 data/private.sealed：提交和冻结的名册，含个人信息。
没有年检方的密钥（或口令）谁也打不开。应密封保存，拆封要有记录。

  文件有没有坏：  sha256sum -c manifest-sha256.txt
  坏了怎么修：    把光盘全部复制到硬盘，在那里运行  par2 repair recovery.par2
  打开（年检）：  vdraw archive open data/private.sealed rosters.zip --key inspection.key""",
        """{title} (sealed archive)
{bureau}, {date}, session {session}
Ledger {origin}, up to and with its first {size} entries ({time})
Checkpoint {root}

This disc holds one encrypted file, data/private.sealed: the rosters as submitted and as frozen, with personal data.
Nobody opens it without the inspection's key (or passphrase). Keep it sealed, and minute every opening.

  Is it damaged?         sha256sum -c manifest-sha256.txt
  Repair it:             copy the whole disc to a hard disk, run there  par2 repair recovery.par2
  Open (inspection):     vdraw archive open data/private.sealed rosters.zip --key inspection.key""",
        "",
        "",
    ),
}
