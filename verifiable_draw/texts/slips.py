"""What slips say, and what is said of printing them and of the public site."""

TEXTS: dict[str, tuple[str, str, str, str]] = {
    # On paper
    "slip.title": ("阳光分班 学生凭条", "Slip for the class draw", "", ""),
    "slip.qr": ("凭条二维码", "the slip's code", "", ""),
    "slip.reprint": ("补打", "printed again", "", ""),
    "slip.code": ("凭条代码（不要给别人看）", "Slip code (show it to nobody)", "", ""),
    "slip.tail": ("证件尾号 {tail}", "document number ends in {tail}", "", ""),
    "slip.how": (
        "扫码或输入代码：抽取前核对孩子在冻结的名册中，抽取后查看班级和证明。只能查到您自己的孩子；代码不会传到服务器。",
        "Scan it or type the code: before the draw, see that your child is in the frozen roster; after it, the class.", "", "",
    ),
    "slip.complain": ("咨询与监督举报：", "Questions and complaints:", "", ""),
    "slip.second_title": ("第二组代码", "Second code", "", ""),
    "slip.second_how": (
        "与代号相同的凭条分开领取和保管。和凭条代码一起输入，可看到登记的属性。",
        "Collect and keep it apart from the slip of this pseudonym; with the slip's code it shows the attributes as recorded.", "", "",
    ),
    # At the terminal
    "slips.not_frozen": (
        "抽取 {draw} 的名单还没有冻结，没有凭条可印。",
        "The roster of draw {draw} is not frozen: there are no slips to print.",
        "先冻结名单：vdraw rosters freeze。",
        "Freeze the roster first: vdraw rosters freeze.",
    ),
    "slips.printed": (
        "抽取 {draw}：{number} 张凭条 {slips}；第二组代码 {seconds}。",
        "Draw {draw}: {number} slips in {slips}; second codes in {seconds}.",
        "用浏览器打开并按实际大小打印（不要缩放）。两份分开交给学校；打印后删除文件。",
        "Print them from a browser at full size. Hand the two to the school apart; delete the files after printing.",
    ),
    "slips.progress": ("凭条 {done}/{all}", "slips {done}/{all}", "", ""),
    "slips.nobody": (
        "抽取 {draw} 里没有这个代号或证件号码。",
        "Draw {draw} has nobody with this pseudonym or document number.",
        "核对证件和学校；名单更正过的，以最后冻结的为准。",
        "Check the document and the school; what counts is the roster as last frozen.",
    ),
    # The console
    "papers.lead": (
        "凭条在冻结名册后、抽取前几天打印；其余在抽取后打印、公示、刻盘。",
        "Slips are printed after the rosters are frozen, days before the draw; the rest after it.", "", "",
    ),
    "papers.slips": ("学生凭条", "Slips", "", ""),
    "papers.slips_lead": (
        "每个学生一张，按姓名排列，沿虚线裁开；第二组代码另印，分开发放。打印多少张会记入账本。",
        "One a child, in the order of names, cut along the dashes; second codes apart. The number printed is entered in the ledger.",
        "", "",
    ),
    "papers.slips_confirm": ("生成凭条并记入账本？", "Make the slips and enter them in the ledger?", "", ""),
    "papers.which": ("学校", "School", "", ""),
    "papers.all": ("全部已冻结（{number}）", "all that are frozen ({number})", "", ""),
    "papers.print_slips": ("生成凭条", "Make the slips", "", ""),
    "papers.not_frozen": ("还没有冻结的名册。", "No roster is frozen yet.", "", ""),
    "papers.again": ("补打一张", "Print one again", "", ""),
    "papers.again_lead": (
        "先核对家长和孩子的证件。账本只记补打了一张，不记是谁。",
        "Check the family's documents first. The ledger says that one was printed again, not whose.", "", "",
    ),
    "papers.papers": ("文件", "Papers", "", ""),
    "papers.papers_lead": (
        "方案、名册、承诺登记表、过程记录、名单、签名表、封签、异常记录、公证附页：现在能生成的全部生成。",
        "Plan, rosters, commitments, minutes, lists, signature sheet, labels, incident record, notary's annex: all that is possible now.",
        "", "",
    ),
    "papers.print_papers": ("生成文件", "Make the papers", "", ""),
    "papers.site": ("公示网站", "Public site", "", ""),
    "papers.site_lead": (
        "先核对每份记录，再生成整个网站；把文件夹复制到任意网站服务器或光盘。里面没有姓名。",
        "Every record is verified, then the whole site is made. Copy the folder to any web server or disc. It holds no names.", "", "",
    ),
    "papers.build_site": ("生成或更新网站", "Build or renew the site", "", ""),
    "papers.discs": ("光盘", "Discs", "", ""),
    "papers.discs_lead": (
        "公开盘人人可看；密封盘含名册，用检查口令加密，填了口令才生成。映像文件用刻录软件刻盘，核对码写在封签上。",
        ("Anybody may see the public disc. The sealed one holds the rosters, encrypted to the inspection's passphrase, and is made "
        "only with one. Burn the images; the codes go on the seals."), "", "",
    ),
    "papers.passphrase": ("检查口令（密封盘）", "Inspection's passphrase (sealed disc)", "", ""),
    "papers.label": ("账本中的标签", "Label in the ledger", "", ""),
    "papers.build_discs": ("生成光盘映像", "Make the images", "", ""),
    "papers.files": ("已生成的文件", "Files made", "", ""),
    "papers.files_lead": (
        "打开后用浏览器打印（实际大小）。bureau 和 slips 里有姓名，打印后删除。",
        "Open and print them at full size. Those in bureau and slips hold names: delete them after printing.", "", "",
    ),
    "papers.drop": ("删除这些文件", "Delete these files", "", ""),
    "papers.drop_confirm": ("删除全部已生成的文件？以后可以重新生成。", "Delete all these files? They can be made again.", "", ""),
    "papers.dropped": ("已删除。", "Deleted.", "", ""),
    "papers.slips_made": ("已生成 {number} 张凭条（{draws} 个学校）。", "{number} slips of {draws} schools are made.", "", ""),
    "papers.again_made": ("已补打一张，账本第 {seq} 条。", "Printed again; entry {seq} of the ledger.", "", ""),
    "papers.made": (
        "已生成 {number} 个文件；还有 {waiting} 种要等后面的步骤。",
        "{number} files are made; {waiting} kinds wait for later steps.", "", "",
    ),
    "papers.disc_made": ("光盘映像：{path}，核对码 {code}。", "Image: {path}, code {code}.", "", ""),
    "papers.busy": (
        "抽取正在进行，手机在等这台电脑。",
        "The draw is going on, and phones wait for this machine.",
        "等本场结束或延时完成后再生成。",
        "Do it when the session is over or the delay is done.",
    ),
    "slips.ask": ("证件号码或代号", "document number or pseudonym", "", ""),
}
