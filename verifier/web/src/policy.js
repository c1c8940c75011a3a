/** Policies of witnesses (L17), as they stand in `policy` entries and in files for readers. */

import { hex } from "./bytes.js";
import { soundKey } from "./ed25519.js";
import { POST_QUANTUM_KEY, readVerifierKey, WITNESS_KEY } from "./note.js";

const LIMIT = 32;
const NONE = "none";

/**
 * Reads the lines of a policy.
 * @param {string[]} lines without a `log` line
 * @param {boolean} forReaders may the quorum be `none`?
 * @returns {{members: Map<string, object>, quorum: string, witnesses: object[]}|null} `members`: name to a witness
 *   {cosigner} or a group {need, names}; null if the policy is not well formed
 */
export function readPolicy(lines, forReaders = false) {
  const policy = { forReaders, members: new Map(), quorum: "", witnesses: [], grouped: new Set(), groups: 0 };
  for (const line of lines) {
    if (/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/.test(line)) return null;
    const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item);
    if (keyword === undefined || keyword.startsWith("#")) continue;
    const read = Object.hasOwn(READERS, keyword) && READERS[keyword];
    if (!read || !read(policy, ...items)) return null;
  }
  return policy.quorum ? policy : null;
}

const READERS = {
  witness(policy, name, vkey, url, ...rest) {
    if (vkey === undefined || rest.length || !freeName(policy, name) || policy.witnesses.length === LIMIT) return false;
    const cosigner = readVerifierKey(vkey, [WITNESS_KEY, POST_QUANTUM_KEY]);
    if (!cosigner || policy.witnesses.some((other) => hex(other.key) === hex(cosigner.key))) return false;
    if (cosigner.type === WITNESS_KEY && !soundKey(cosigner.key)) return false; // E13
    policy.members.set(name, { cosigner });
    policy.witnesses.push(cosigner);
    return true;
  },
  group(policy, name, rule, ...names) {
    if (!names.length || !freeName(policy, name) || policy.groups === LIMIT) return false;
    for (const member of names) {
      if (!policy.members.has(member) || policy.grouped.has(member)) return false;
      policy.grouped.add(member);
    }
    const need = rule === "all" ? names.length : rule === "any" ? 1 : /^[1-9][0-9]?$/.test(rule) ? Number(rule) : 0;
    if (need < 1 || need > names.length) return false;
    policy.members.set(name, { need, names });
    policy.groups++;
    return true;
  },
  quorum(policy, name, ...rest) {
    if (rest.length || policy.quorum || !policy.members.has(name) && !(policy.forReaders && name === NONE)) return false;
    policy.quorum = name;
    return true;
  },
};

function freeName(policy, name) {
  return name !== NONE && !policy.members.has(name);
}

/**
 * Do these cosigners make a quorum of the policy?
 * @param {object} policy of `readPolicy`
 * @param {Set<string>} keys their keys in hexadecimal
 * @returns {boolean}
 */
export function satisfied(policy, keys) {
  const holds = (name) => {
    const { cosigner, need, names } = policy.members.get(name);
    return cosigner ? keys.has(hex(cosigner.key)) : names.filter(holds).length >= need;
  };
  return policy.quorum === NONE || holds(policy.quorum);
}
