/** One student's part of the record, as whoever holds the codes of a slip opens it (R4, R12, V90, V92). */

import { hex, unhex, utf8 } from "./bytes.js";
import { tagged } from "./hash.js";
import { encode } from "./json.js";

const COMBINATIONS_MOST = 2 ** 20; // V92
const HASHED_MOST = 2 ** 24; // bytes of values in all combinations (V92)

/**
 * The identity hash of a student (R4).
 * @param {{document_number: string, document_type: string, name: string, secret: string}} slip secret in hexadecimal
 * @param {{grade: number, nullifier: string, school: string, year: number}} place
 * @returns {string} hexadecimal
 */
export function identityHash({ document_number, document_type, name, secret }, { grade, nullifier, school, year }) {
  const part = encode({ document_number, document_type, grade, name, nullifier, school, year });
  return hex(tagged("identity", tagged("slip-identity", unhex(secret)), part));
}

/** @param {{values: string[]}[]} attributes of a plan @returns {boolean} may all combinations be tried (V92)? */
export function canOpen(attributes) {
  const combinations = combinationsOf(attributes);
  const longest = ({ values }) => values.reduce((most, value) => Math.max(most, utf8(value).length), 0);
  const bytes = combinations * attributes.reduce((sum, attribute) => sum + longest(attribute), 0);
  return combinations <= COMBINATIONS_MOST && bytes <= HASHED_MOST;
}

const combinationsOf = (attributes) => attributes.reduce((product, { values }) => product * values.length, 1);

/**
 * The attributes of a student, found by trying all combinations (V92).
 * @param {{secret: string, second: string}} slip both codes, in hexadecimal
 * @param {{id: string, values: string[]}[]} attributes of the plan that `canOpen` allows; [] for kinds without them
 * @param {string} attributesHash of R4
 * @param {function(number): Promise} tick
 * @returns {Promise<object|null>} attribute id to value; null if the second code does not open them
 */
export async function openAttributes({ secret, second }, attributes, attributesHash, tick) {
  const salt = tagged("slip-attributes", unhex(secret), unhex(second));
  const combinations = combinationsOf(attributes);
  for (let n = 0; n < combinations; n++) {
    await tick(n / combinations);
    let rest = n;
    const part = Object.fromEntries(attributes.map(({ id, values }) => {
      const value = values[rest % values.length];
      rest = Math.floor(rest / values.length);
      return [id, value];
    }));
    if (hex(tagged("attributes", salt, encode(part))) === attributesHash) return part;
  }
  return null;
}
