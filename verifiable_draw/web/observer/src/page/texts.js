/** All words of the page: Chinese, then English. */

export const TEXTS = {
  brand: ["公开抽取 · 观察员", "Verifiable Draw · Observer"],
  language: ["English", "中文"],
  rehearsal: ["演练 · 不是真实结果", "REHEARSAL · not a real result"],
  skip: ["跳到正文", "Skip to content"],
  keepOpen: ["请保持本页打开。设备会自动完成各步。", "Keep this page open. Your device does every step by itself."],
  offline: ["与现场断开，正在重连。不会丢失什么。", "Not connected to the room, trying again. Nothing is lost."],
  serverSays: ["服务器说：{words}", "The server says: {words}"],

  join: ["参加见证", "Take part"],
  joinLead: [
    "您的手机会生成一把只属于您的密钥，和大家一起产生随机数，并替您核对每一步。不用安装，也不用注册。",
    "Your phone makes a key of its own, adds to the randomness together with everyone, and checks every step for you. Nothing to install, no account.",
  ],
  address: ["现场地址（在大屏幕上）", "Address of the room (on the screen)"],
  name: ["姓名（只给工作人员看，不公开）", "Name (for the clerk only, never published)"],
  role: ["身份", "Role"],
  code: ["现场登记码（大屏幕上的八位数字）", "The room's code (eight digits on the screen)"],
  joinButton: ["加入", "Join"],
  kiosk: ["公用设备：几个人轮流使用", "Shared device: several people in turn"],
  nextPerson: ["下一位", "Next person"],
  people: ["本设备上的人", "People on this device"],
  restore: ["用备份恢复", "Restore from a backup"],
  notEnrolling: ["现在不接受登记。", "Enrolment is closed now."],
  ownCopy: [
    "这是您自己的页面副本。它的 SHA-256 应与公布的一致；教育局服务器给的页面是教育局选的代码，自带副本更可靠。",
    "This is your own copy of the page. Compare its SHA-256 with the published one. A page from the bureau's server runs code that the bureau chose; your own copy is stronger.",
  ],
  bureauPage: [
    "本页来自现场服务器。不放心的人可以用自己带来的副本。",
    "This page comes from the room's server. Whoever doubts it can bring a copy of their own.",
  ],
  badAddress: ["地址应像 http://192.168.1.5:8000", "The address looks like http://192.168.1.5:8000"],
  fillIn: ["请填写：{what}", "Please fill in: {what}"],

  waiting: ["等待工作人员登记", "Waiting for the clerk"],
  waitingLead: ["请告诉工作人员您的姓名，他确认后自动继续。", "Tell the clerk your name; it goes on by itself once he has confirmed."],
  refused: ["工作人员没有登记这份申请。", "The clerk refused this request."],
  ledgerCode: ["账本核对码", "Ledger code"],

  you: ["您是 {role} · {id}", "You are {role} · {id}"],
  enrolled: ["已登记。等待总表。", "Enrolled. Waiting for the header."],
  enrolledLead: ["现场准备好后会生成总表，请留意大屏幕。", "The header is fixed once the room is ready. Watch the screen."],

  compare: ["请核对：与大屏幕、与邻座是否一样？", "Compare with the screen and your neighbour"],
  compareLead: [
    "您的手机自己算出了这个码。它代表方案、名册和全体观察员；一样，就说明大家看到的是同一份。",
    "Your phone computed this itself. It stands for the plan, the rosters and all observers; if it is the same, everyone sees the same thing.",
  ],
  same: ["一样", "The same"],
  different: ["不一样", "Not the same"],
  sureDifferent: ["确认不一样？设备会停下来并保存证据。", "Really different? The device stops and keeps evidence."],
  myQr: ["我的核对二维码", "My compare code"],
  readQr: ["拍邻座的二维码", "Photograph a neighbour's code"],
  pasted: ["或粘贴邻座的核对文字", "Or paste a neighbour's text"],
  cmpSame: ["与邻座一致。", "The same as your neighbour's."],
  cmpNewer: ["总表一致；邻座看到的更新，请让邻座拍您的码。", "The same header; your neighbour has seen more, let them read yours."],
  cmpUnreadable: ["没有读到核对码，请再拍一次。", "No code could be read; try again."],

  contribute: ["加入您的随机数", "Add your randomness"],
  contributeLead: [
    "手机已备好随机数。您还可以掷骰子输入点数，或在框里随手画几笔，混在一起。只要在场有一个人真的随机，结果谁也控制不了。",
    "Your phone has random numbers ready. You may mix in dice or a scribble. If a single person here is truly random, nobody controls the outcome.",
  ],
  dice: ["骰子点数或任意文字（可不填）", "Dice or anything (optional)"],
  scribble: ["在这里画几笔（可不画）", "Scribble here (optional)"],
  commitButton: ["提交承诺", "Commit"],
  commitWait: ["先在上面核对，再提交。", "Compare above first."],
  bureauFirst: ["承诺已备好，等教育局先提交后自动送出。", "Ready; it is sent by itself after the bureau's."],
  sending: ["正在送出承诺……", "Sending the commitment…"],
  committed: ["承诺已写入账本。", "Your commitment is in the ledger."],
  committedLead: ["您的随机数还没有公开，谁也猜不到。等待其他人。", "Your number is still secret. Waiting for the others."],
  notCommitted: ["承诺已截止，您没有参加。您可以继续旁观和核对。", "Commitments are closed and you did not take part. You can go on watching and checking."],

  digits: ["公开摇号的结果是这些吗？", "Are these the digits of the public draw?"],
  digitsYes: ["是，我看到的就是", "Yes, as I saw them"],
  digitsNo: ["不是", "No"],
  digitsConfirmed: ["您确认了公开摇号：{digits}", "You confirmed the public draw: {digits}"],
  digitsRefused: ["您没有确认。请当场说出来。", "You did not confirm. Say so in the room."],

  grouping: ["承诺已截止，正在分组。", "Commitments closed; the groups are being formed."],
  attesting: ["您的手机正在核对分组……", "Your phone is checking the groups…"],
  attested: ["您的手机核对了全部分组并已确认。", "Your phone checked all groups and attested."],
  attestedLead: ["等待点名和开放揭示。请不要离开。", "Waiting for the roll call and the reveals. Please stay."],
  call: ["点名：我在！", "Roll call: I am here!"],
  callLeft: ["还有 {seconds} 秒", "{seconds} s left"],
  called: ["已应到。", "You are marked present."],
  revealing: ["正在揭示您的随机数。", "Revealing your number."],
  opened: ["您的随机数已揭示并写入账本。", "Your number is revealed and in the ledger."],
  revealed: ["正在确认所有人的揭示。", "Attesting everyone's reveals."],
  covered: ["您全程有效：只要相信您自己，就能相信结果。", "You are covered: whoever trusts you can trust the outcome."],
  notCovered: ["您这次没有全程有效，结果仍由其他人保证。", "You are not covered this time; others vouch for the outcome."],
  delay: ["延时计算：{done} / {segments}", "The delay: {done} / {segments}"],
  delayLead: ["现在谁也不知道结果，也改变不了。", "Nobody knows the outcome now, and nobody can change it."],
  seeded: ["种子已产生，马上分班。", "The seed is fixed; classes follow."],
  drawn: ["已分班，等待发布记录。", "Classes are drawn; waiting for the record."],
  published: ["记录已发布，您的手机正在验证……", "The record is published; your phone is verifying it…"],
  aborted: ["活动已中止。", "The session was aborted."],
  annulled: ["结果已被撤销。", "The result was annulled."],

  verdict0: ["已证明公平。", "Proven fair."],
  verdict1: ["有问题：记录被证明前后矛盾！", "Wrong: the record is proven inconsistent!"],
  verdict2: ["无法判断。", "Could not decide."],
  verdict3: ["记录自身一致，但没有完全证明。", "Consistent in itself, but not proven."],
  reasons: ["原因", "Reasons"],
  receipt: ["回执", "Receipt"],
  receiptLead: ["存下来或打印：以后可以用它核对公布的记录。", "Keep or print it: later it checks the published record."],
  save: ["保存", "Save"],
  print: ["打印", "Print"],
  backup: ["备份我的密钥", "Back up my key"],
  backupLead: ["换手机或清除浏览器数据前才需要。", "Only needed if you change phones or clear the browser."],
  passphrase: ["口令", "Passphrase"],
  badBackup: ["口令或文件不对。", "Wrong passphrase or file."],
  checksTitle: ["我的设备核对了什么", "What my device checked"],
  evidence: ["保存证据", "Save the evidence"],
  again: ["重新核对", "Check again"],
  againLead: ["只有在现场查明原因之后。", "Only after the cause was found in the room."],

  stopped: ["停！您的设备不再继续", "Stop! Your device does not go on"],
  stoppedLead: ["请大声说出来，给大家看这个页面。", "Say so aloud and show this page to everyone."],

  check_ledger: ["账本：每一条的格式、次序、签名", "Ledger: form, order and signatures of every entry"],
  check_extends: ["账本只增不改：与之前看到的相连", "Ledger only grows: it extends what was seen"],
  V21: ["总表与方案、名册、登记一致", "The header follows from plan, rosters, enrolment"],
  V22: ["方案与账本一致", "The plan is the ledger's"],
  V23: ["名册逐一提交、审定、冻结", "Rosters submitted, approved, frozen"],
  V24: ["学生承诺与总表一致", "Students' commitments are the header's"],
  V25: ["没有孩子出现两次", "No child is entered twice"],
  V26: ["没有重复抽取", "Nothing was drawn before"],
  V27: ["全部承诺都列入，包括您的", "All commitments are listed, yours too"],
  V30: ["分组与账本、总表一致", "Groups are the ledger's and the header's"],
  A16: ["每种分组各班人数均衡", "Every bundling has even classes"],
  V32: ["足够的观察员核对过分组", "Enough observers attested the groups"],
  V33: ["全部揭示与承诺相符", "All openings fit the commitments"],
  V34: ["有效名单无误", "The list of covered observers is right"],

  refuseNote: ["服务器给的检查点读不懂。", "The server's checkpoint cannot be read."],
  refuseEntries: ["账本里有不合格式的条目。", "The ledger holds malformed entries."],
  refuseSize: ["账本条目与检查点不符。", "Entries and checkpoint do not fit."],
  refuseChain: ["账本的链断了。", "The ledger's chain is broken."],
  refuseRule: ["账本第 {entry} 条违反规则：{what}", "Entry {entry} breaks a rule: {what}"],
  refuseSignature: ["账本第 {entry} 条的签名不成立。", "The signature of entry {entry} does not hold."],
  refuseRoot: ["检查点与账本不符。", "The checkpoint is not of this ledger."],
  refuseOperator: ["检查点不是账本的密钥签的。", "The checkpoint is not signed by the ledger's key."],
  refuseOtherLedger: ["这是另一份账本。", "This is another ledger."],
  refuseFork: ["账本有两份互相矛盾的历史！证据已保存。", "The ledger has two histories! The evidence is kept."],
  refuseOlder: ["服务器给了旧的账本（{size} 条，之前见过 {seen} 条）。", "The server showed an older ledger ({size} entries, {seen} were seen)."],
  refuseEnrolled: ["您的登记被改了。", "Your enrolment was changed."],
  refuseClient: ["登记的设备类型不对：{client}", "You were enrolled as another kind of client: {client}"],
  refuseOtherHeader: ["总表换了。", "The header was exchanged."],
  refuseHeader: ["总表读不懂。", "The header cannot be read."],
  refuseFile: ["缺少文件 {path}", "The file {path} is missing"],
  refuseCheck: ["核对没有通过（{check}）：{what}", "A check failed ({check}): {what}"],
  refuseSecond: ["有人要您的设备再签一份不同的内容。", "Your device was asked to sign something else a second time."],
  refuseRandom: ["手机的随机数不能用。", "The phone's random numbers cannot be used."],
  refuseCommitment: ["您的承诺没有列入，或被改了。", "Your commitment is missing or was changed."],
  refuseDigits: ["公开摇号的数字与您确认的不同：{digits}", "The digits differ from those you confirmed: {digits}"],
  refuseLateClose: ["承诺截止得太晚。", "Commitments were closed too late."],
  refuseOpened: ["没有您的确认就开放了揭示。", "Reveals were opened on an attestation that is not yours."],
  refuseOpening: ["您的揭示没有列为收到（{status}）。", "Your opening is not listed as received ({status})."],
  refuseLateReveals: ["揭示截止得太晚，您的设备不确认。", "Reveals were closed too late; your device does not attest."],
  refuseLateCoverage: ["有效名单定得太晚，您的设备不联署。", "Coverage was fixed too late; your device does not cosign."],
  refuseDifferent: ["您说核对码与大屏幕不一样。", "You said that the code differs from the screen's."],
  refuseNeighbour: ["与邻座的账本或总表不同！", "Your neighbour's ledger or header differs!"],

  "role.bureau": ["教育局", "bureau"],
  "role.discipline": ["纪检监察", "discipline inspection"],
  "role.congress": ["人大代表", "congress deputy"],
  "role.consultative": ["政协委员", "consultative member"],
  "role.parent": ["家长代表", "parent"],
  "role.notary": ["公证人员", "notary"],
  "role.other": ["其他观察员", "other"],
};

let language = 0;

/** @param {"zh"|"en"} name */
export function setLanguage(name) {
  language = name === "en" ? 1 : 0;
  document.documentElement.lang = language ? "en" : "zh-CN";
}

export const languageNow = () => (language ? "en" : "zh");

/** @param {string} id @param {object} values @returns {string} */
export function t(id, values = {}) {
  const text = (TEXTS[id] || [id, id])[language];
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** The one of a server's two sentences that is wanted. */
export const pick = (pair) => pair[language];
