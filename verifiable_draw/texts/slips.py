"""What slips say, and what is said of printing them and of the public site."""

TEXTS: dict[str, tuple[str, str, str, str]] = {
    # On paper
    "slip.title": ("阳光分班 学生凭条", "Slip for the class draw", "", ""),
    "slip.qr": ("凭条二维码", "the slip's code", "", ""),
    "slip.reprint": ("补打", "printed again", "", ""),
    "slip.code": ("凭条代码（不要给别人看）", "Slip code (show it to nobody)", "", ""),
    "slip.how": (
        "扫码或输入代码：抽取前核对孩子在冻结的名册中，抽取后查看班级和证明。只能查到您自己的孩子；代码不会传到服务器。",
        "Scan it or type the code: before the draw, see that your child is in the frozen roster; after it, the class.", "", "",
    ),
    "slip.complain": ("咨询与监督举报：", "Questions and complaints:", "", ""),
    "slip.second_title": ("第二组代码", "Second code", "", ""),
    "slip.second_how": (
        "与凭条分开领取和保管。和凭条代码一起输入，可看到登记的属性。",
        "Collect and keep it apart from the slip; with the slip's code it shows the attributes as recorded.", "", "",
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
        "抽取 {draw} 里没有这个假名或证件号码。",
        "Draw {draw} has nobody with this pseudonym or document number.",
        "核对证件和学校；名单更正过的，以最后冻结的为准。",
        "Check the document and the school; what counts is the roster as last frozen.",
    ),
    "slips.ask": ("证件号码或假名", "document number or pseudonym", "", ""),
}
