/** Why a device does not go on. The id names a row of the page's table of texts, so that every reason has a sentence. */

export class Refusal extends Error {
  /**
   * @param {string} id of the text
   * @param {object} values that fill it
   * @param {{name: string, bytes: Uint8Array}|null} evidence a file that shows others what happened
   */
  constructor(id, values = {}, evidence = null) {
    super(`${id} ${JSON.stringify(values)}`);
    this.id = id;
    this.values = values;
    this.evidence = evidence;
  }
}

/**
 * The device does not sign this one thing and goes on with the rest: somebody was too slow, or a network was. Nobody has
 * to be accused of it.
 */
export class Withheld extends Refusal {}

/** Raises Withheld unless the condition holds. */
export function willing(good, id, values) {
  if (!good) throw new Withheld(id, values);
}

/** Raises unless the condition holds. */
export function must(good, id, values) {
  if (!good) throw new Refusal(id, values);
}
