/** A hash as words that people read out to each other (room N13). */

const TABLE = {
  zh: [
    ["红", "黄", "蓝", "绿", "白", "黑", "大", "小", "新", "老", "高", "长", "圆", "方", "香", "甜"],
    ["苹果", "月亮", "大象", "火车", "雨伞", "书包", "老虎", "风筝", "钢琴", "轮船", "西瓜", "铅笔", "灯笼", "石桥", "竹林", "白鹤"],
  ],
  en: [
    ["red", "yellow", "blue", "green", "white", "black", "big", "small", "new", "old", "tall", "long", "round", "square",
      "fragrant", "sweet"],
    ["apple", "moon", "elephant", "train", "umbrella", "satchel", "tiger", "kite", "piano", "ship", "melon", "pencil",
      "lantern", "bridge", "bamboo", "crane"],
  ],
};
const PAIRS = 8; // 64 bits

/**
 * @param {Uint8Array} hash at least eight bytes
 * @returns {string[][]} eight pairs [Chinese, English]
 */
export function wordsOf(hash) {
  return Array.from(hash.subarray(0, PAIRS), (byte) => {
    const [high, low] = [byte >> 4, byte & 15];
    return [TABLE.zh[0][high] + TABLE.zh[1][low], `${TABLE.en[0][high]} ${TABLE.en[1][low]}`];
  });
}
