/** Field types and the exact fields of every file and every ledger entry (E5-E9, L1, L6, C3, C6, R2-R11), as tables. */

import { VERSION } from "./hash.js";

const matches = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const anyText = (value) => typeof value === "string";
export const flag = (value) => typeof value === "boolean";
export const atLeast = (least, most = Infinity) => (value) => typeof value === "number" && value >= least && value <= most;
export const oneOf = (...values) => (value) => values.includes(value);
export const digits16 = (bytes) => matches(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
export const listOf = (item, least = 0, most = Infinity) => (value) => Array.isArray(value) && value.length >= least
  && value.length <= most && value.every(item);
const rowOf = (...items) => (value) => Array.isArray(value) && value.length === items.length
  && items.every((item, i) => item(value[i]));
export const either = (one, other) => (value) => one(value) || other(value);
export const plain = (value) => typeof value === "object" && !Array.isArray(value);
const mapOf = (item) => (value) => plain(value) && Object.values(value).every(item);
export const nothing = (value) => plain(value) && Object.keys(value).length === 0;

/** An object with exactly these fields (E5). */
export function fields(table) {
  const names = Object.keys(table);
  return (value) => plain(value) && Object.keys(value).length === names.length
    && names.every((name) => Object.hasOwn(value, name) && table[name](value[name]));
}

/** A text of so many characters, counted as code points. */
export function words(least, most) {
  return (value) => typeof value === "string" && value.length <= 2 * most
    && [...value].length >= least && [...value].length <= most;
}

/** E8: does the time or date exist? There is no year 0. */
function exists(pattern, rest) {
  return (value) => {
    if (typeof value !== "string" || !pattern.test(value) || value.startsWith("0000")) return false;
    const date = new Date(value + rest);
    return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value.replace("Z", ""));
  };
}

export const sortedBy = (key, item) => (value) => listOf(item)(value)
  && value.every((entry, i) => !i || key(value[i - 1]) < key(entry));

const hash32 = digits16(32);
const form100 = digits16(100);
export const id = matches(/^[a-z0-9][a-z0-9-]{0,31}$/);
const school = matches(/^[0-9]{10}$/);
const schoolOrNone = either(school, oneOf(""));
const time = exists(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, "");
const date = exists(/^\d{4}-\d\d-\d\d$/, "T00:00:00Z");
export const count = atLeast(0);
const reason = words(1, 200);
const version = oneOf(VERSION);
export const OBSERVER_ROLES = ["bureau", "discipline", "congress", "consultative", "parent", "notary", "other"];
const CLIENTS = ["bureau-page", "own-page", "command-line", "own-program", "kiosk"];

/** E9: 1-64 characters of `a-z 0-9 . - /`, the ends letters or digits. */
const origin = matches(/^[a-z0-9](?:[a-z0-9./-]{0,62}[a-z0-9])?$/);

const pair = listOf(count, 2, 2);
const constraintCounts = fields({ apart: count, barred: count, caps: count, pins: mapOf(count), together: count });
const frozen = fields({
  blocks: count, constraints: constraintCounts, constraints_root: hash32, draw: id, nullifiers_root: hash32,
  remainder: count, roster_root: hash32, sealed_hash: hash32, students: count, submission: hash32,
  unit_sizes: listOf(pair), units: count,
});
const observer = fields({ client: oneOf(...CLIENTS), id, key: hash32, role: oneOf(...OBSERVER_ROLES) });
const fileOfDraw = fields({ draw: id, sha256: hash32, size: count });
const segments = listOf(fields({ proof: form100, y: form100 }));
const hashOrEmpty = either(hash32, oneOf(""));
const registerRow = fields({ classes: count, grade: count, name: anyText, school });
export const registerKey = (row) => row.school + String(row.grade).padStart(16, "0");
const OFFICES = ["operator", "approver", "recovery"];
const signer = oneOf(...OFFICES, "school", "recipient", "observer");

const beacon = fields({ round: count, signature: digits16(48) });

const finding = digits16(8);
const filed = { document: hash32, grade: count, school, year: count };
const byKind = { amended: count, double: count, extra: count, missing: count, moved: count, same: count };

/** L23: one lot a class, classes in order, every lot once. */
function isLots(rows) {
  if (!listOf(pair, 2, 200)(rows)) return false;
  const lots = rows.map(([, lot]) => lot).sort((a, b) => a - b);
  return rows.every(([place], i) => place === i + 1 && lots[i] === i + 1);
}

// Every type of entry: [signers in order, does it belong to a session, body]. Signers "..." are those of L6 in words.
const TYPES = {
  "genesis": [["operator"], false, fields({
    version, origin, bureau: anyText, keys: listOf(fields({ id, key: hash32, role: signer })),
    predecessor: either(nothing, fields({ origin, root: hash32, size: count })),
  })],
  "key.added": [["operator", "approver"], false, fields({ id: school, key: hash32, role: oneOf("school") })],
  "key.rotated": [["..."], false, fields({ id, key: hash32, role: oneOf(...OFFICES, "school") })],
  "key.retired": [["operator", "approver"], false,
    fields({ id: school, key: hash32, reason, role: oneOf("school") })],
  "key.replaced": [["..."], false, fields({ document: hash32, id, key: hash32, reason, role: oneOf(...OFFICES) })],
  "key.confirmed": [["operator"], false, fields({ cosignature: digits16(72), name: anyText })],
  "policy": [["operator", "approver"], false, fields({ lines: listOf(words(0, 4000), 1, 200) })],
  "timestamp": [["operator"], false, fields({ response: matches(/^(?:[0-9a-f]{2}){1,30000}$/), size: count })],
  "register": [["operator"], false, fields({ schools: sortedBy(registerKey, registerRow), year: count })],
  "lots": [["school", "operator"], false, fields({
    document: hash32, grade: count, kind: oneOf("teachers"), place: words(1, 200), rows: isLots, school, time,
    witnesses: (value) => mapOf(count)(value) && Object.keys(value).every(oneOf(...OBSERVER_ROLES)), year: count,
  })],
  "slips": [["operator"], false, fields({ draw: id, number: count, reprint: flag, session: id })],
  "evidence": [["operator"], false, fields({
    kind: oneOf("video", "audio", "photo", "scan", "disc", "other"), label: id, session: id, sha256: hash32, size: count,
  })],
  "year": [["operator", "approver"], false, fields({
    complaint_days: count, document: hash32, draw_by: date, late_dates: listOf(date, 0, 20), term: listOf(date, 2, 2),
    watched: listOf(school, 0, 400), year: count,
  })],
  "filing.submitted": [["school"], false, fields({
    ...filed, classes: count, shortlist: hash32, size: count, students: count, teachers: count,
  })],
  "filing.approved": [["approver"], false, fields({ filing: hash32 })],
  "teacher.replaced": [["school", "approver"], false, fields({
    ...filed, number: count, reason: oneOf("absence", "left", "reassigned", "other"), shortlist: hash32, size: count,
  })],
  "amendment.requested": [["school"], false, fields({
    ...filed, kind: oneOf("class", "leave", "enter", "restructure"), moves: listOf(rowOf(hash32, count, count), 1, 400),
  })],
  "amendment.approved": [["approver"], false, fields({ document: hash32, request: hash32 })],
  "registration.checked": [["operator"], false, fields({
    report: hash32, export: hash32, schools: listOf(fields({ ...byKind, grade: count, school }), 1, 400),
    size: count, students: count, year: count,
  })],
  "complaint.received": [["operator"], false, fields({
    channel: oneOf("telephone", "mail", "visit", "letter", "other"), complaint: id, due: date, grade: count,
    kind: oneOf("procedure", "class", "teacher", "transfer", "fee", "other"), school: schoolOrNone, text: hash32,
    year: count,
  })],
  "complaint.decided": [["approver"], false, fields({
    complaint: hash32, document: hash32, outcome: oneOf("founded", "partly", "unfounded", "withdrawn"),
  })],
  "inspection": [["operator"], false, fields({
    findings: listOf(fields({
      id: finding, school: schoolOrNone, severity: oneOf("violation", "open", "note"), type: id,
    }), 0, 400),
    report: hash32, size: count, through: count, year: count,
  })],
  "finding.closed": [["operator", "approver"], false, fields({
    document: hash32, finding, outcome: oneOf("corrected", "sanctioned", "unfounded", "expired"),
  })],
  "plan": [["operator"], true, fields({ hash: hash32, size: count })],
  "roster.submitted": [["school"], true, fields({ draw: id, students: count, submission: hash32 })],
  "roster.approved": [["approver"], true, fields({ draw: id, students: count, submission: hash32 })],
  "roster.frozen": [["operator"], true, frozen],
  "draw.postponed": [["operator"], true, fields({ draw: id, reason })],
  "observer.enrolled": [["operator"], true, observer],
  "header": [["operator"], true, fields({
    draws: listOf(fields({ attempt: count, batch: count, grade: count, id, kind: anyText, school })),
    hash: hash32, rehearsal: flag, size: count, year: count,
  })],
  "commitment": [["observer"], true, fields({ commitment: hash32 })],
  "source": [["..."], true, fields({ digits: anyText, kind: oneOf("public-draw") })],
  "commits.closed": [["operator"], true, fields({ commitments: listOf(hashOrEmpty), digits: anyText, hash: hash32 })],
  "groups.fixed": [["operator"], true, fields({ groups: listOf(fileOfDraw), hash: hash32 })],
  "groups.checked": [["recipient"], true, fields({
    commits_closed_hash: hash32, constraints_roots: listOf(hash32), groups_hash: hash32, header_hash: hash32,
    nullifiers_roots: listOf(hash32), sealed_hashes: listOf(hash32),
  })],
  "attest.groups": [["observer"], true, fields({ commits_closed_hash: hash32, groups_hash: hash32 })],
  "reveals.opened": [["operator"], true, fields({ attested: listOf(id) })],
  "opening": [["observer"], true, fields({
    commits_closed_hash: hash32, contribution: hash32, groups_hash: hash32, salt: hash32,
  })],
  "reveals.closed": [["operator"], true, fields({
    hash: hash32,
    openings: listOf(fields({
      contribution: hashOrEmpty, salt: hashOrEmpty, status: oneOf("received", "wrong", "missing", "none"),
    })),
  })],
  "attest.reveals": [["observer"], true, fields({ reveals_closed_hash: hash32 })],
  "coverage.closed": [["operator"], true, fields({ covered: listOf(id) })],
  "delay.done": [["operator"], true, fields({ segments })],
  "beacon": [["operator"], true, beacon],
  "seed": [["operator"], true, fields({ seed: hash32 })],
  "result": [["operator"], true, fields({ draws: listOf(fileOfDraw) })],
  "published": [["operator"], true, fields({ files: count, files_hash: hash32 })],
  "aborted": [["operator"], true, fields({ reason })],
  "annulled": [["operator", "approver"], true, fields({
    document: hash32, draws: (value) => listOf(id, 1)(value) && sortedBy((draw) => draw, id)(value), reason,
  })],
};

const envelope = fields({
  actor: fields({ id, role: signer }), body: plain, prev: hash32, seq: count, session: either(id, oneOf("")),
  sig: listOf(fields({ id, key: hash32, role: signer, root: hash32, sig: digits16(64), size: count }), 1, 200),
  time, type: (value) => typeof value === "string" && Object.hasOwn(TYPES, value),
});

/** @param {*} value decoded @returns {boolean} is it an entry of L1 and L6? */
export function isEntry(value) {
  if (!envelope(value)) return false;
  const [, inSession, body] = TYPES[value.type];
  return (value.session !== "") === inSession && body(value.body);
}

/** @param {string} type @returns {string[]} roles of the signers in order; ["..."] where L6 says it in words */
export function signersOf(type) {
  return TYPES[type][0];
}

const quorum = fields({ covered: count, roles: mapOf(count) });
const windows = fields({ attest: count, commit: count, reveal: count, roster_to_header: count });
const delay = fields({ bits: count, iterations: count, kind: anyText, segments: count });
const sources = fields({
  drand: either(nothing, fields({ chain: hash32, round: count })),
  public_draw: either(nothing, fields({ alphabet: anyText, confirmations: count, length: count })),
});
const software = fields({ page: hashOrEmpty, source: anyText, verifier: hashOrEmpty, version: anyText });
const shared = {
  version, origin, bureau: anyText, session: id, title: anyText, date, year: count, rehearsal: flag,
  bundlings: count, quorum, windows, delay, sources, software, year_key: hash32,
};
const drawKey = { id, kind: anyText, school, grade: count, batch: count, classes: count };
const cap = fields({ attribute: anyText, max: count, value: anyText });
const attributes = listOf(fields({
  free: listOf(anyText), id: anyText, merged: listOf(listOf(anyText, 2, 2)), values: listOf(anyText),
}));
const crossed = listOf(listOf(anyText, 2, 2));
const index = listOf(count);

/** Files of a record by the last part of their path: do they have exactly their fields (V02)? */
export const FILES = {
  "RECORD.json": fields({
    counts: fields({ draws: count, entries: count, observers: count, students: count, units: count }),
    files: listOf(fields({ path: anyText, sha256: hash32, size: count })),
    phase: oneOf("frozen", "result"), session: id, version: anyText,
  }),
  "plan.json": fields({
    ...shared,
    draws: listOf(fields({
      ...drawKey, school_name: anyText, most: count, class_names: listOf(anyText), sizes: index, take: count,
      caps: listOf(cap),
    })),
    attributes, crossed, pins: listOf(anyText), same_names: anyText,
    recipients: listOf(fields({ id, name: anyText, sealing_key: hash32, signing_key: hash32 })),
    retention_years: count, screen: fields({ names: oneOf("none", "masked") }), balance: listOf(anyText),
    contact: fields({ email: anyText, phone: anyText, site: anyText }),
  }),
  "header.json": fields({
    ...shared, plan: hash32, draws: listOf(fields({ ...drawKey, attempt: count, frozen })),
    observers: listOf(observer),
  }),
  "units.json": fields({ draw: id, units: listOf(listOf(listOf(hash32, 2, 2), 1)) }),
  "nullifiers.json": fields({ draw: id, nullifiers: listOf(hash32) }),
  "groups.json": fields({
    barred: listOf(pair), blocks: listOf(index), bundlings: listOf(listOf(index)), draw: id, pins: listOf(pair),
    remainder: index, version,
  }),
  "result.json": fields({
    bundling: count, classes: index, counts: index, draw: id, draw_seed: hash32, forced: index, version,
  }),
  "delay.json": fields({ segments, version }),
  "sources.json": fields({ beacon: either(nothing, beacon), public_draw: anyText, version }),
  "statement.json": fields({
    draws: listOf(fields({
      balance: listOf(fields({
        attribute: anyText, rows: listOf(fields({ counts: index, values: listOf(anyText) })),
      })),
      certificate: listOf(fields({ bound: count, feature: anyText, proven: flag, reached: count })), draw: id,
    })),
    version,
  }),
};

/** The trust file (V8). */
export const isTrust = fields({
  checkpoint: fields({ root: hash32, size: count }), observers: listOf(hash32), operator: hash32, origin, version,
  witnesses: listOf(fields({ key: hash32, name: anyText })), witnesses_required: count,
});

/** Types of identity documents (R11). */
const DOCUMENT_TYPES = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "G", "Z"];

/** The slip file (R11). */
export const isSlip = fields({
  document_number: anyText, document_type: oneOf(...DOCUMENT_TYPES), name: anyText,
  second: either(digits16(16), oneOf("")), secret: digits16(16), session: id, version,
});

/** Evidence of a fork (L19). */
export const isEvidence = fields({ notes: listOf(listOf(anyText), 2, 2), proof: listOf(hash32), root: hash32,
  version });

/** A sealed roster (R8). */
export const isSealed = fields({
  attributes, caps: listOf(cap), classes: count,
  constraints: fields({
    apart: listOf(pair), barred: listOf(pair), caps: listOf(cap), together: index,
    pins: listOf(rowOf(count, count, anyText)), // unit, class, reason
  }),
  constraints_salt: hash32, crossed, draw: id, salt: hash32, session: id,
  units: listOf(listOf(fields({
    attributes: mapOf(anyText), attributes_salt: hash32, identity: hash32, nullifier: hash32,
  }), 1)),
  version, year_key: hash32, year_key_salt: hash32,
});

/** drand chains (C26): POSIX time of round 1, seconds between rounds. */
export const CHAINS = {
  "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971": { genesis: 1692803367, period: 3 },
};
