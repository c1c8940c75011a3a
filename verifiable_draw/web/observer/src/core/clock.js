/**
 * Times between two events (room N15). A stamp is a plain value that survives a reload: which load of the page it is
 * of, milliseconds since that load by a clock that nobody sets, and milliseconds of the wall clock.
 */

/**
 * @param {{page: string, mono: number, wall: number}} from
 * @param {{page: string, mono: number, wall: number}} to
 * @returns {number} milliseconds; Infinity if unknown or negative
 */
export function between(from, to) {
  if (!usable(from) || !usable(to)) return Infinity;
  const wall = to.wall - from.wall;
  if (from.page === to.page) {
    const mono = to.mono - from.mono;
    // The clock nobody sets stands still on some phones while they sleep: so here, too, the longer of both counts.
    return mono < 0 ? Infinity : Math.max(mono, wall);
  }
  // Whatever was before this load of the page is at least as long ago as the load itself.
  return wall < 0 ? Infinity : Math.max(wall, to.mono);
}

function usable(stamp) {
  return Boolean(stamp) && typeof stamp.page === "string" && Number.isFinite(stamp.mono) && Number.isFinite(stamp.wall);
}

/** @param {number} seconds @returns {boolean} do no more than so many seconds lie between the stamps? */
export function within(from, to, seconds) {
  return between(from, to) <= seconds * 1000;
}
