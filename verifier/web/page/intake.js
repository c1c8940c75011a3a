// What people give: files, folders and drops, told apart by what is in them.

const GIB = 2 ** 30;
const FILE_LIMIT = 64 * 2 ** 20;
const JSON_KINDS = [
  ["witnesses_required", "trust"],
  ["secret", "slip"],
  ["year_key_salt", "sealed"],
  ["notes", "fork"],
];

export function fromInput(input) {
  return Array.from(input.files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

// A drop's entries are gone after the event, so all are taken before the first wait.
export async function fromDrop(transfer) {
  const entries = Array.from(transfer.items || [], (item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
  if (!entries.some((entry) => entry && entry.isDirectory)) return fromInput(transfer);
  const found = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    found.push({ path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return;
    for (const one of batch) await walk(one, found);
  }
}

// Sorts items into [{kind, name, size, source}] and problems [[text id, values]].
export async function sort(items) {
  const found = [];
  const problems = [];
  const folders = new Map();
  for (const item of items) {
    const top = item.path.split("/")[0];
    if (item.path.includes("/")) folders.set(top, [...(folders.get(top) || []), item]);
    else await sortFile(item.file, found, problems);
  }
  for (const [name, inside] of folders) sortFolder(name, inside, found, problems);
  return { found, problems };
}

function sortFolder(name, items, found, problems) {
  const depth = (path) => path.split("/").length;
  const marks = items.filter(({ path }) => path.endsWith("/RECORD.json"));
  const top = Math.min(...marks.map(({ path }) => depth(path)));
  const highest = marks.filter(({ path }) => depth(path) === top);
  if (!highest.length) return problems.push(["noRecordJson", { name }]);
  for (const mark of highest) {
    const prefix = mark.path.slice(0, -"RECORD.json".length);
    const inside = items.filter(({ path }) => path.startsWith(prefix));
    const size = inside.reduce((sum, { file }) => sum + file.size, 0);
    if (size > GIB) problems.push(["tooLarge", { name, size: sizeOf(size) }]);
    else found.push({
      kind: "record",
      name: prefix.slice(0, -1),
      size,
      source: { files: inside.map(({ path, file }) => [path.slice(prefix.length), file]) },
    });
  }
}

async function sortFile(file, found, problems) {
  const name = file.name;
  try {
    const kind = await kindOf(file);
    if (file.size > (kind === "record" ? GIB + FILE_LIMIT : FILE_LIMIT)) {
      problems.push(["tooLarge", { name, size: sizeOf(file.size) }]);
    } else if (kind === "lone") problems.push(["loneRecordJson"]);
    else if (kind) found.push({ kind, name, size: file.size, source: { zip: file } });
    else problems.push(["unknownFile", { name }]);
  } catch {
    problems.push(["unreadable", { name }]);
  }
}

async function kindOf(file) {
  const start = await file.slice(0, 4).text();
  if (start.startsWith("PK")) return "record";
  if (/\.jsonl$/i.test(file.name)) return "ledger";
  if (start[0] !== "{" || file.size > FILE_LIMIT) return file.size > FILE_LIMIT ? "large" : null;
  try {
    const value = JSON.parse(await file.text());
    const [, kind] = JSON_KINDS.find(([key]) => Object.hasOwn(value, key)) || [];
    return kind || (Object.hasOwn(value, "files") ? "lone" : null);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function sizeOf(bytes) {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KB` : `${Math.ceil(bytes / 2 ** 20)} MB`;
}
