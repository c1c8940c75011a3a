"""The catalogue of checks as data. A test compares it with the specification's checks.json."""

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple


class Check(NamedTuple):
    id: str
    section: str
    category: str
    phase: str
    zh: str
    en: str


CATALOGUE: Tuple[Check, ...] = (
    Check(
        "V01", "R1", "completeness", "frozen",
        "记录中列出的文件齐全、大小和哈希一致，没有多余文件",
        "every listed file is there with its size and hash, and no other",
    ),
    Check(
        "V02", "E5", "completeness", "frozen",
        "每个文件都是规范格式，字段齐全",
        "every file is in canonical form with exactly the fields its page lists",
    ),
    Check(
        "V03", "L1", "completeness", "frozen",
        "账本的每一条都是规范格式，字段齐全",
        "every ledger entry is in canonical form with exactly the fields of its type",
    ),
    Check(
        "V04", "R2", "completeness", "frozen",
        "记录中的各项数量与内容一致",
        "the counts of RECORD.json are those of its contents",
    ),
    Check(
        "V10", "L2", "authenticity", "frozen",
        "账本各条首尾相连，时间不倒退",
        "the entries form one chain and time never goes back",
    ),
    Check(
        "V11", "L8", "authenticity", "frozen",
        "每个检查点都由教育局签名，树根与账本一致，最后一个覆盖全部条目",
        "every checkpoint is signed and has the root of its entries; the last covers all",
    ),
    Check(
        "V12", "L3", "authenticity", "frozen",
        "每条签名有效，签名人有权签这一类条目",
        "every entry is validly signed by those who must sign its type",
    ),
    Check(
        "V13", "L4", "authenticity", "frozen",
        "每个签名人看到的账本都是这一账本的前段",
        "every signer had seen a prefix of this very ledger",
    ),
    Check(
        "V14", "L10", "authenticity", "frozen",
        "观察员和见证方的联署有效",
        "every cosignature of a known key is valid",
    ),
    Check(
        "V20", "C1", "consistency", "frozen",
        "每场活动的步骤都符合状态表",
        "every session follows the state table",
    ),
    Check(
        "V21", "C6", "consistency", "frozen",
        "公布的总表与账本、方案和冻结的名册一致",
        "the header fits the ledger, the plan and the frozen rosters",
    ),
    Check(
        "V22", "C3", "consistency", "frozen",
        "方案符合规定，哈希与账本一致",
        "the plan keeps its rules and has the hash of the ledger",
    ),
    Check(
        "V23", "C4", "consistency", "frozen",
        "每份名册由学校提交、由另一方审定，最后一次冻结后按规定时间公示",
        "every roster was submitted by a school, approved by another key, and frozen long enough before the header",
    ),
    Check(
        "V24", "R4", "consistency", "frozen",
        "名册承诺的根、人数与总表一致",
        "roster root, order and numbers of every draw fit the header",
    ),
    Check(
        "V25", "R5", "consistency", "frozen",
        "没有一个孩子被列入两次",
        "no child is entered twice",
    ),
    Check(
        "V26", "C6", "consistency", "frozen",
        "每校每年级每批只有一次有效抽取，次数连续",
        "at most one valid draw of every key in the ledger, attempts without a gap",
    ),
    Check(
        "V27", "C10", "consistency", "result",
        "每位观察员只有一个承诺，互不相同，截止哈希可以重算",
        "one commitment an observer, all different, and the closing hash recomputed",
    ),
    Check(
        "V28", "C9", "consistency", "result",
        "公开摇号的数字合规、在截止前由观察员确认",
        "the public draw is well formed and confirmed by observers before the close",
    ),
    Check(
        "V30", "C11", "consistency", "result",
        "分组文件与账本一致，结构正确，块数与余数同总表",
        "groups files fit the ledger and the header, and are well formed",
    ),
    Check(
        "V32", "C14", "consistency", "result",
        "公开揭示前，观察员已按规定确认分组",
        "the groups were attested by the quorum before reveals were opened",
    ),
    Check(
        "V33", "C16", "consistency", "result",
        "每个揭示都与承诺相符，未收到的和错误的如实列出",
        "openings reproduce their commitments; missing and wrong ones are listed as such",
    ),
    Check(
        "V34", "C18", "consistency", "result",
        "被覆盖的观察员名单可以重算",
        "the list of covered observers is recomputed",
    ),
    Check(
        "V40", "C21", "integrity", "result",
        "延时计算的每一段证明都成立，编码唯一",
        "every segment of the delay is proven, in its only encoding",
    ),
    Check(
        "V42", "C23", "integrity", "result",
        "种子可以重算",
        "the seed is recomputed",
    ),
    Check(
        "V43", "A17", "integrity", "result",
        "每个班的名单可以由种子逐位重算",
        "every class list is reproduced from the seed",
    ),
    Check(
        "V44", "A19", "integrity", "result",
        "同校同年级各班人数差不超过规定",
        "class sizes differ by no more than allowed",
    ),
    Check(
        "V45", "A23", "integrity", "result",
        "均衡说明包含每次抽取",
        "the balance statement covers every draw",
    ),
    Check(
        "V46", "C24", "integrity", "result",
        "公布条目中的文件哈希可以重算",
        "the published entry's hash over all files is recomputed",
    ),
    Check(
        "V50", "C18", "evidence", "result",
        "被覆盖的观察员达到法定人数",
        "the covered observers reach the quorum",
    ),
    Check(
        "V51", "V51", "evidence", "result",
        "延时、窗口、分组数和观察员都在安全界限之内",
        "delay, window, number of bundlings and observers keep the limits",
    ),
    Check(
        "V52", "C5", "evidence", "result",
        "至少一位被覆盖的观察员使用自己的程序",
        "at least one covered observer used a client of their own",
    ),
    Check(
        "V53", "C12", "evidence", "result",
        "分组已由密封名册的保管方独立核对",
        "a holder of the sealed rosters has checked the groups",
    ),
    Check(
        "V54", "A21", "evidence", "result",
        "余数中没有隐藏的固定小组",
        "nothing in the remainder looks like a hand-made class",
    ),
    Check(
        "V55", "C3", "evidence", "frozen",
        "这不是演练",
        "this is not a rehearsal",
    ),
    Check(
        "V56", "C6", "evidence", "frozen",
        "没有更早的、已经揭示的抽取",
        "no earlier attempt went past the opening of reveals",
    ),
    Check(
        "V57", "V57", "evidence", "frozen",
        "账本与读者自己掌握的信息一致（外部锚定）",
        "the ledger is anchored in what the reader holds from outside",
    ),
    Check(
        "V58", "V58", "evidence", "result",
        "至少一位被覆盖的观察员是读者信任的",
        "a covered observer is one whom the reader trusts",
    ),
    Check(
        "V60", "C23", "evidence", "result",
        "外部随机信标（如有）已核验",
        "the outside beacon, if planned, is checked",
    ),
    Check(
        "V61", "C1", "evidence", "frozen",
        "结果没有被撤销",
        "no draw of this record is annulled",
    ),
    Check(
        "V62", "V7", "evidence", "frozen",
        "记录包含结果",
        "the record holds the result",
    ),
    Check(
        "V70", "R8", "inspection", "frozen",
        "密封名册的哈希与总表一致",
        "sealed rosters have the hashes of the header",
    ),
    Check(
        "V71", "R4", "inspection", "frozen",
        "每个学生的承诺可由密封名册重算",
        "every student's leaf is recomputed from the sealed roster",
    ),
    Check(
        "V72", "R9", "inspection", "frozen",
        "限制条件的承诺一致",
        "the constraints fit their commitment",
    ),
    Check(
        "V73", "R5", "inspection", "frozen",
        "防重标识一致，年度密钥一致",
        "nullifiers and year key fit",
    ),
    Check(
        "V74", "A12", "inspection", "result",
        "分组按规则产生，可以逐位重算",
        "the groups follow from the grouping seed by the rule, bit for bit",
    ),
    Check(
        "V75", "A23", "inspection", "result",
        "均衡说明可以重算",
        "the balance statement is recomputed",
    ),
)
BY_ID: Dict[str, Check] = {check.id: check for check in CATALOGUE}
