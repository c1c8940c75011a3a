/** The RFC 3161 response of a timestamp entry (L20): status and imprint only, in strict DER. */

import { hex } from "./bytes.js";

const [INTEGER, OCTETS, OID, SEQUENCE, SET, FIRST] = [0x02, 0x04, 0x06, 0x30, 0x31, 0xa0];
const SIGNED_DATA = "2a864886f70d010702";
const TST_INFO = "2a864886f70d0109100104";
const SHA256 = "608648016503040201";

class Refused extends Error {}

/** The elements that stand one after the other in these bytes. */
function elements(bytes) {
  const list = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at];
    let length = bytes[at + 1];
    let start = at + 2;
    if (length > 0x80 && length <= 0x84) {
      const more = length - 0x80;
      length = 0;
      for (let i = 0; i < more; i++) length = length * 256 + bytes[start++];
      if (length < 0x80 || length < 256 ** (more - 1)) throw new Refused(); // DER: the shortest form of a length
    } else if (!(length < 0x80)) {
      throw new Refused();
    }
    if ((tag & 31) === 31 || !(start + length <= bytes.length)) throw new Refused();
    list.push({ tag, body: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return list;
}

/** The body of an element that must have this tag. */
function body(element, tag) {
  if (!element || element.tag !== tag) throw new Refused();
  return element.body;
}

/** The elements of the only sequence in these bytes. */
function sequence(bytes) {
  const list = elements(bytes);
  if (list.length !== 1) throw new Refused();
  return elements(body(list[0], SEQUENCE));
}

function expect(element, tag, value) {
  if (hex(body(element, tag)) !== value) throw new Refused();
}

/**
 * @param {Uint8Array} response DER of a TimeStampResp
 * @returns {Uint8Array|null} the SHA-256 that was stamped; null if it was not granted or is not of this form
 */
export function stampedHash(response) {
  try {
    const [status, token] = sequence(response);
    expect(elements(body(status, SEQUENCE))[0], INTEGER, "00");
    const [kind, content] = elements(body(token, SEQUENCE));
    expect(kind, OID, SIGNED_DATA);
    const [, algorithms, encapsulated] = sequence(body(content, FIRST));
    body(algorithms, SET);
    const [type, wrapped] = elements(body(encapsulated, SEQUENCE));
    expect(type, OID, TST_INFO);
    const [octets] = elements(body(wrapped, FIRST));
    const [version, policy, imprint] = sequence(body(octets, OCTETS));
    expect(version, INTEGER, "01");
    body(policy, OID);
    const [algorithm, hashed] = elements(body(imprint, SEQUENCE));
    expect(elements(body(algorithm, SEQUENCE))[0], OID, SHA256);
    const hash = body(hashed, OCTETS);
    return hash.length === 32 ? hash : null;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}
