// What a family knows of its child, as rosters write it, and what the roster says of it in words.
import { el, pair, plain } from "./dom.js";
import { known } from "./words.js";

const TYPES = "123456789ABGZ"; // of documents (R11)
// Names of the 56 ethnic groups in the order of their codes (GB/T 3304), 01 first.
const PEOPLES = "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇 "
  + "柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 "
  + "独龙 鄂伦春 赫哲 门巴 珞巴 基诺";

export const documentTypes = () => Array.from(TYPES, (type) => el("option", { value: type }, plain(`type${type}`)));

// As rosters write names: no spaces between Chinese characters, one kind of middle dot.
export function childName(text) {
  return text.normalize("NFC").trim().replace(/\s+/g, " ")
    .replace(/(\p{Script=Han}) (?=\p{Script=Han})/gu, "$1")
    .replace(/ ?[·•・‧∙⋅．･] ?/g, "·");
}

export const documentNumber = (text) => text.normalize("NFKC").replace(/\s/g, "").toUpperCase();

// A list of attributes and their values.
export function attributeList(attributes) {
  const value = (id, text) => {
    if (id === "sex" && ["1", "2"].includes(text)) return known(`sex${text}`);
    const people = id === "ethnicity" && /^[0-9]{2}$/.test(text) && PEOPLES.split(" ")[Number(text) - 1];
    if (people) return [`${people}族（${text}）`, `${people}族（${text}）`];
    return ["0", "1"].includes(text) ? known(text === "1" ? "yes" : "no") : [text, text];
  };
  return el("dl", { class: "facts" }, ...Object.entries(attributes).map(([id, text]) =>
    el("div", null, el("dt", null, pair(known(id))), el("dd", null, pair(value(id, text))))));
}
