// All words of the page for families: Chinese, then English.
import { CHILD_TEXTS } from "../page/child_texts.js";

export const TEXTS = {
  ...CHILD_TEXTS,
  brand: ["凭条查询", "Slip"],
  skip: ["跳到正文", "Skip to content"],
  title: ["查看孩子的班级", "Look up your child's class"],
  lead: [
    "扫凭条上的二维码，或者照着凭条输入两行代码。本页什么都不保存，代码不会发给网站；网站看到您取了哪所学校的文件和一个十几名孩子共用的文件。",
    "Scan the code on the slip, or type its two lines. Nothing is stored here, and the code is not sent: the site sees which school's files you fetch, and a file that a dozen children share.",
  ],
  look: ["查看", "Look up"],
  working: ["正在取回并核对……", "Fetching and checking…"],
  scanOther: ["这个链接不是完整的凭条。请重新扫码，或照着纸面输入两行代码。", "This link is no whole slip. Scan again, or type the two lines of the paper."],

  rehearsal: ["这是演练，不是正式分班", "A rehearsal, not a real draw"],
  annulled: ["这次抽取已被撤销，结果作废", "This draw was annulled: the result is void"],
  aborted: ["这场活动已中止，会另行抽取", "This session was aborted; there will be another draw"],
  unchecked: [
    "这是凭条上的代码指向的班级。请在下面填写姓名和证件号码，确认它就是您孩子的。",
    "This is the class that the slip's code leads to. Type name and number below to make sure that it is your child's.",
  ],
  grade1: ["小学一年级", "grade 1, primary school"],
  grade7: ["初中一年级", "grade 7, first year of junior secondary"],
  yourClass: ["编入", "Class"],
  classNumber: ["{n} 班", "Class {n}"],
  yourPlace: ["抽到的顺序", "Position drawn"],
  placeNumber: ["第 {n}", "No. {n}"],
  placeChosen: ["第 {n}，抽中", "No. {n}: chosen"],
  placeNotChosen: ["第 {n}，未抽中", "No. {n}: not chosen"],
  inRoster: ["在冻结的名册中", "In the frozen roster"],
  inRosterWhy: [
    "还没有抽取。结果公布后，用同一张凭条再来查看班级。",
    "Not drawn yet. When the result is out, come back with the same slip to see the class.",
  ],
  pseudonym: ["公示名单上的代号", "Pseudonym on public lists"],

  nothing: ["没有找到", "Nothing was found"],
  nothingWhy: [
    "代码可能有误，可能属于另一场分班，也可能名册后来更正过、另发了凭条。请对照纸面再试一次。",
    "The code may be mistyped, of another draw, or the roster was corrected and a new slip given out. Compare it with the paper and try again.",
  ],
  notYet: ["还没有公布", "Not published yet"],
  notYetWhy: ["名册还没有公布，请过些天再来。", "The roster is not published yet. Please come back in some days."],
  offline: ["没有连上网站", "The site could not be reached"],
  offlineWhy: ["请检查网络，再点“重试”。您的凭条没有问题。", "Check your connection and press “Try again”. Nothing is wrong with your slip."],
  missing: ["网站上缺少一个文件", "A file is missing on the site"],
  missingWhy: [
    "网站可能正在更新。请过几分钟再点“重试”；还是不行，请告诉教育局。您的凭条没有问题。",
    "The site may be changing just now. Try again in a few minutes; if it stays so, tell the bureau. Nothing is wrong with your slip.",
  ],
  unwitnessed: ["见证方还没有联署", "Not cosigned yet"],
  unwitnessedWhy: [
    "教育局更新了账本，独立见证方还没有全部联署，所以这里还不显示结果。请过一会儿再点“重试”。您的凭条没有问题。",
    "The bureau's ledger went on, and its witnesses have not all cosigned it. So no result is shown yet: try again later. Nothing is wrong with your slip.",
  ],
  broken: ["网站上的文件对不上", "Files on the site do not agree"],
  brokenWhy: [
    "所以这里不显示结果。网站可能正在更新，请过几分钟再点“重试”。如果一直这样，请告诉教育局；也可以用 verify.html 核验公布的记录。",
    "So no result is shown. The site may be changing just now: try again in a few minutes. If it stays so, tell the bureau; verify.html checks the published record itself.",
  ],
  failedInside: ["本页出错了", "This page failed"],
  failedInsideWhy: ["请换一个浏览器再试，或致电教育局。", "Try another browser, or call the bureau."],
  fromDisk: ["请从教育局的网站打开本页", "Open this page on the bureau's site"],
  fromDiskWhy: [
    "本页现在是从磁盘或光盘打开的，取不到公布的数据。手里有公布的记录（光盘、zip 文件）时，请打开 verify.html：选“查看我的孩子”，放入记录，再输入凭条。",
    "It was opened from a disk, where it cannot fetch what is published. If you hold the published record (a disc, a zip), open verify.html: choose “My child's slip”, add the record and type the slip.",
  ],
  retry: ["重试", "Try again"],
  back: ["返回，对照纸面修改", "Go back and correct the lines"],
  another: ["清除，查另一张凭条", "Clear, and look up another slip"],
  askBureau: ["还是不行，请致电教育局：", "If it does not help, call the bureau:"],
  askBureauBy: ["还是不行，请带凭条到教育局询问。", "If it does not help, take the slip to the bureau."],

  mine: ["核对这是您的孩子", "Check that this is your child"],
  mineLead: [
    "姓名和证件号码只在这部手机（电脑）上核对，不会发出去，也不保存。",
    "Name and number are checked on this device only. They are not sent and not stored.",
  ],
  mineCheck: ["核对", "Check"],
  mineYes: ["一致：这张凭条是这个孩子的。", "It fits: this slip is this child's."],
  mineNo: [
    "没有对上。请检查姓名、证件类型和号码；名册上登记的写法可能与您填的不同。",
    "It does not fit. Check name, document and number; the roster may have them written in another way.",
  ],
  secondShow: ["查看登记情况", "Show what is recorded"],
  attributesNone: ["这场抽取没有登记其他情况。", "This draw recorded nothing else."],
  attributesMany: [
    "登记项目太多，本页查不了。请用 verify.html 打开公布的记录查看。",
    "There are too many kinds of entries to try here. Open the published record with verify.html.",
  ],

  proof: ["这个结果凭什么可信", "What this rests on"],
  proofResult: [
    "这个班级与公布的班级名单一致；名单的哈希写在教育局的公开账本里，本页已逐项核对。",
    "This class is that of the published list. The list's hash stands in the bureau's public ledger; this page has checked both.",
  ],
  proofFrozen: [
    "孩子的承诺在公布的名册里；名册的哈希写在教育局的公开账本里，本页已逐项核对。",
    "The child's commitment is in the published roster. The roster's hash stands in the bureau's public ledger; this page has checked both.",
  ],
  proofMore: [
    "抽取本身是否公正，任何人都可以用 verify.html 核验公布的记录。",
    "Whether the draw itself was fair anybody can check with verify.html and the published record.",
  ],
  witnesses: ["联署账本的见证方（北京时间）", "Witnesses that cosigned the ledger (Beijing time)"],
  witnessesNone: ["没有外部见证方联署。", "No outside witness cosigned."],
  checkpoint: ["账本检查点", "Checkpoint of the ledger"],
  checkpointSize: ["共 {n} 条", "{n} entries"],
  checkpointCode: ["检查点短码", "Short code of the checkpoint"],

  print: ["打印通知书", "Print a notice"],
  notice: ["分班结果通知书", "Notice of the class drawn"],
  noticeFrozen: ["名册登记通知", "Notice of entry in the roster"],
  noticeSession: ["活动", "Session"],
  noticeSchool: ["学校、年级", "School and grade"],
  noticeName: ["学生", "Student"],
  noticeWhat: ["结果", "Result"],
  noticeBy: [
    "由家长在教育局网站上凭凭条查出并自行打印，以教育局公布的记录为准。",
    "Looked up with a slip on the bureau's site and printed by the family. The published record decides.",
  ],

  contact: ["咨询和投诉", "Questions and complaints"],
  phone: ["电话", "Telephone"],
  email: ["邮箱", "E-mail"],
  noContact: ["联系方式见凭条和教育局的公告。", "See the slip and the bureau's notices for whom to ask."],
};
