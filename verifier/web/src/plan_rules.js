/** Rules of a plan, and of what a header shares with it, beyond their fields (C3, C25, C28, C29; V21, V22). */

import {
  atLeast, CHAINS, either, listOf, nothing, OBSERVER_ROLES, oneOf, plain, sortedBy, words,
} from "./shapes.js";

const ATTRIBUTES = ["sex", "migrant", "ethnicity", "disability", "staff_child", "primary_school"];
const REASONS = ["accessibility", "resource_room", "protection", "court"];
const NEVER_COUNTED = "disability"; // numbers per class are not published of it
const SITE = /^https?:\/\/[A-Za-z0-9._~:\/%-]+\/$/;
const SAME_NAMES = ["ignore", "apart", "sound"];
const [CAPS_MOST, CROSSED_MOST, MERGED_MOST, AUDIT_MOST] = [20, 6, 200, 20000];
const none = oneOf(0);
const places = atLeast(2, 200);

const once = oneOf(1);
const orNone = either(none, places);
const divides = { batch: once, k: places, classes: orNone, most: orNone, take: none, named: true };
const permutes = { batch: once, k: places, classes: none, most: none, take: none, permutes: true };

/**
 * The kinds of draws (C25, C28): what `batch` may be, `k` of the header, and `classes`, `most` and `take` of the plan;
 * `named`: classes may have names; `permutes`: one permutation of K = units; `persons`: every unit is one person.
 */
const KINDS = {
  classes: divides,
  late: { ...divides, batch: atLeast(1, 99), classes: places, most: none },
  teachers: { ...permutes, classes: places, named: true },
  select: { ...permutes, take: atLeast(1, 200), persons: true },
  order: { ...permutes, persons: true },
  audit: { ...permutes, k: atLeast(2, AUDIT_MOST), take: atLeast(1, AUDIT_MOST) },
};

/** @param {string} kind @returns {object|null} its row of KINDS, null if nobody knows it */
export function kindOf(kind) {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind] : null;
}

/** @returns {boolean} Are kind, grade and batch of a draw lawful (C3)? */
export function isOfAKind({ kind, grade, batch }) {
  const rules = kindOf(kind);
  return Boolean(rules) && [1, 7].includes(grade) && rules.batch(batch);
}

const unique = (list) => new Set(list).size === list.length;
const broken = (rules) => Object.keys(rules).filter((name) => !rules[name]);

/** Is one list what is left of another if some of it is taken away? */
function isPartOf(part, whole) {
  let at = 0;
  return part.every((value) => {
    at = whole.indexOf(value, at) + 1;
    return at > 0;
  });
}

/** C28 */
function planDraw(attributes) {
  const values = new Map(attributes.map((one) => [one.id, one.values.filter((value) => !one.free.includes(value))]));
  return (draw) => {
    if (!isOfAKind(draw)) return false;
    const { kind, classes, most, take, class_names: names, sizes, caps } = draw;
    const rules = kindOf(kind);
    return rules.classes(classes) && rules.most(most) && rules.take(take)
      && (kind !== "classes" || classes > 0 || most > 0)
      && (!names.length || Boolean(rules.named) && names.length === classes && names.every(words(1, 20))
        && unique(names))
      && sizes.length === (kind === "late" ? classes : 0) && sizes.every(atLeast(0, 1000))
      && caps.length <= (kind === "classes" ? CAPS_MOST : 0)
      && caps.every((limit) => (values.get(limit.attribute) || []).includes(limit.value));
  };
}

function planAttribute({ id, values, free, merged }) {
  const names = merged.map(([name]) => name);
  return ATTRIBUTES.includes(id) && values.length >= 2 && values.length <= 100 && unique(values)
    && free.length < values.length && isPartOf(free, values)
    && names.length <= MERGED_MOST && new Set(names).size === names.length
    && merged.every(([name, value]) => !values.includes(name) && values.includes(value));
}

function crossedPairs(crossed, attributes) {
  const place = (id) => attributes.findIndex((one) => one.id === id);
  return crossed.length <= CROSSED_MOST && unique(crossed.map((pair) => pair.join(" ")))
    && crossed.every(([first, second]) => place(first) >= 0 && place(first) < place(second));
}

/** @param {object} plan of its form @returns {string[]} those of `attributes` and `crossed` that break a rule (C3) */
export function featureFaults({ attributes, crossed, draws }) {
  const least = draws.some(({ kind }) => kind === "classes") ? 1 : 0;
  const lawful = attributes.length >= least && attributes.length <= ATTRIBUTES.length && attributes.every(planAttribute)
    && unique(attributes.map(({ id }) => id));
  return broken({ attributes: lawful, crossed: lawful && crossedPairs(crossed, attributes) });
}

function publicDraw({ alphabet, confirmations, length }) {
  return /^[\x21-\x7e]{2,64}$/.test(alphabet) && unique([...alphabet]) && confirmations >= 1
    && atLeast(1, 1000)(length);
}

/** @param {object} file of the form of plan.json or header.json @returns {string[]} shared fields that break C3 */
export function sharedFaults({ year, bundlings, quorum: { covered, roles }, windows: spans, delay: slow,
  sources: { drand, public_draw: drawn } }) {
  return broken({
    year: atLeast(2000, 2999)(year),
    bundlings: atLeast(1, 256)(bundlings),
    quorum: covered >= 1 && Object.entries(roles).every(([role, least]) => least >= 1
      && role !== "bureau" && OBSERVER_ROLES.includes(role)),
    windows: spans.reveal >= 1,
    delay: slow.bits === 1024 && slow.kind === "chiavdf-wesolowski" && atLeast(1, 64)(slow.segments)
      && slow.iterations % slow.segments === 0 && slow.iterations / slow.segments >= 1000 && slow.iterations <= 2 ** 40,
    sources: (nothing(drawn) || publicDraw(drawn))
      && (nothing(drand) || Object.hasOwn(CHAINS, drand.chain) && atLeast(1, 2 ** 32 - 1)(drand.round)),
  });
}

/** @param {object} plan of the form of plan.json @returns {string[]} names of the fields that break a rule of C3 */
export function planFaults(plan) {
  const { draws, recipients } = plan;
  const keys = recipients.flatMap((recipient) => [recipient.sealing_key, recipient.signing_key]);
  const unlawful = featureFaults(plan);
  return sharedFaults(plan).concat(unlawful, broken({
    draws: listOf(planDraw(unlawful.length ? [] : plan.attributes), 1, 300)(draws)
      && sortedBy((draw) => draw.id, plain)(draws)
      && unique(draws.map((draw) => [draw.school, draw.grade, draw.kind, draw.batch].join(" "))),
    pins: isPartOf(plan.pins, REASONS),
    balance: isPartOf(plan.balance, plan.attributes.map(({ id }) => id)) && !plan.balance.includes(NEVER_COUNTED),
    contact: Object.values(plan.contact).every(words(0, 100)) && (!plan.contact.site || SITE.test(plan.contact.site)),
    same_names: SAME_NAMES.includes(plan.same_names),
    recipients: recipients.length === 2 && recipients[0].id < recipients[1].id && unique(keys),
    retention_years: atLeast(1, 100)(plan.retention_years),
  }));
}
