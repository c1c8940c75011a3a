/** Which characters E3 allows, whatever tables the browser has. */

// Lengths of runs of code points, in turn allowed and refused, from U+0000 (ASCII is looked at apart): base 36; one
// digit, or "-" and two digits, or "+" and four. Made from spec/vectors/encoding/characters.json; tests compare.
const RUNS = [
  "-oo2647111k1-b11-122-1e231-1j8r46bt1-6o1-1o2-2te-1n2-1d2f1s211b-1hl18l-4x18222m1711342922248142152p2316422m1712121",
  "2211542233174117ha319131m1712152a131321f42c771318222m1712152922238242152ia216331432111232333c4533142161el5d131n1g3",
  "813147213542a7m131n1a152913147271142a12d418131-1f13164g2q221i3o191127314611186a23c-1m4t-11211151o111n2511162a24w-2",
  "01-104-131-101f1d-11-5i11512-ah142711142-15142x142711142f1-1l142-1v2w3q6-2e262-il3-2h7d17bn9kcd1312c-2m2a6a6f1a6-2",
  "h7-175-1yav1c4c413-1625b-184q6b3-1q2-1t1t2b6a6e2f-1t-244-193-388-1o3f3-1o7-172b8-175-6y1-7v262-1226281111111v2-1h1",
  "f1e261j23191-2t1c2r1d3wgxf-3w4-ifpbl+01ec2w2-471-1b1-445-1911512-1k72eo97171717171717171-34-1cq1-2hc-5yqc4-1s1-2e2",
  "-2v5-171-2m1-175-10c-1b1+05g6a+0g8gg-wd3-1j9-9ok-548-5c25-1c-1h4a6-1k8-1y8c6-38bu3-261b4x1-1j9e2a2-2vosa6262697171",
  "-1k8-3i2a6+08mccn4-1d+01l0+057y2-2y-127c55q151112121-3gh-a5g-1s2-1i-14e2q6-1f1j14451-3r211-5a362626233717a52c1q1j1",
  "21f2ey-3f534-193-2g1c41-1b-1a-3mt3-1dfs4-109u5-175u1-114e-16-4e2a6-104-104-148-1gb1-40-8n9ma8-486211-1812312n1-208",
  "9-1cj125x3r51-1s-1k4k2-1e1258131t234a797-1sw-134c9-1i3t2r5q74c7-28-21-1j-1fd-1f7-1a8a-86v-3l-148-16-3qn9-264uf-1vb",
  "12p7a6-1h1h9-139-262g1kbi1-18-1t711141f1b6-1n5a6418222m1712151a22232161572735-3v-2i1113w-208a-4m-1i2-12y-1xba6dj-1",
  "l7a-1ir2f4g-5c-1o-2s-2bc1-4g82-1a2br-208-2bt-1l-7b91-191eat3w2m1e-217121-183112198a66121-1112167a-8mp-5j-1ed-pn-2u",
  "-3315b-5g+024c-tr19+0347-g7+06nt-ft7v1a42-2ou26a-1yaa171l5j-j4-2j-2t-234-1l7h-1s4s+04qg8-kz+07bh-7z-1d3h48-b0+01s4",
  "-2z5d397a28+03to-6ua-132-5cn-1y-4akc-2f9p-3r-2d1-1z122122241c11171-1t1428171s141511371-9g2-842-jif51f+011s71h27121",
  "5-5x-193e2a42-a8-1m51-zk-5h2g-15-244a42-lt-1w-24-1p-5e41r1211211a141111614111111312112111111111121124171414111a1h5",
  "3151h-1g2-7i-184-2scf2f1f1-11ad3-2l3-1p-1ltd-184972e6-4a-raad3b5-38c-2h7ckc4-1k8a6-148u-2ac1-2t143-15263t2-3rce244",
  "353d6+012i+0wyow+03dq2+04g2e+05rlf-hc+01wg-f2+015u+0adc+f5vl1u-2o-3k-6o+1e6o+1eke2+1eke2",
].join("");

const STARTS = runStarts();

function runStarts() {
  const starts = [];
  let at = 0;
  for (const run of RUNS.match(/-..|\+....|./g)) {
    starts.push(at);
    at += parseInt(run.replace(/^[-+]/, ""), 36);
  }
  return Uint32Array.from(starts);
}

/**
 * Does E3's table hold this code point beyond ASCII?
 * @param {number} code
 * @returns {boolean} false for noncharacters and surrogates
 */
export function allowed(code) {
  let low = 0;
  let high = STARTS.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (STARTS[middle] <= code) low = middle;
    else high = middle - 1;
  }
  return low % 2 === 0;
}

/**
 * Is the string one that E3 allows: no control character of ASCII, only characters of the table, normalisation form C?
 * @param {string} string
 * @returns {boolean}
 */
export function plainText(string) {
  if (/^[\x20-\x7e]*$/.test(string)) return true;
  if (string.length > 4000 && !/^[\0-\x7f]*$/.test(string) && [...string].length > 4000) return false; // E4
  for (const character of string) {
    const code = character.codePointAt(0);
    if (code < 0x20 || code === 0x7f || !allowed(code)) return false;
  }
  return string.normalize("NFC") === string;
}
