// Looking words up: every page gives its own table once, before anything is shown.

let table = {};

export function speak(texts) {
  table = texts;
}

// [Chinese, English] of a text, its {places} filled.
export function words(id, values) {
  const fill = (text, index) => text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return Array.isArray(value) ? value[index] : String(value);
  });
  return values ? table[id].map(fill) : table[id];
}

// A word that may be anything a record says: known ones are translated, others stand as they are.
export function known(id) {
  return Object.hasOwn(table, id) ? table[id] : [id, id];
}
