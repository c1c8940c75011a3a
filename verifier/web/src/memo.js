/** One small bounded store of results of pure functions, so that nothing dear is computed twice. */

const LIMIT = 20000;
const RESULTS = new Map();

/**
 * @param {string} key names the function and all of its inputs
 * @param {function(): *} compute
 * @returns {*} the result of `compute`, perhaps of an earlier call with this key
 */
export function memo(key, compute) {
  if (!RESULTS.has(key)) {
    const result = compute();
    if (RESULTS.size >= LIMIT) RESULTS.clear();
    RESULTS.set(key, result);
  }
  return RESULTS.get(key);
}
