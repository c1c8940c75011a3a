// The console works without this script; it confirms what cannot be undone, keeps the ceremony's page fresh, takes drops.
"use strict";

/** Asks once more before a form with data-confirm is sent, and keeps a form from being sent twice. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  const button = event.submitter || form.querySelector("button");
  const question = button.dataset.confirm || (button.hasAttribute("formaction") ? "" : form.dataset.confirm);
  if (question && !form.dataset.sure) {
    event.preventDefault();
    confirmed(form, button, question);
    return;
  }
  delete form.dataset.sure;
  form.dataset.sent = "yes";
});

function confirmed(form, button, question) {
  const zh = document.documentElement.lang.startsWith("zh");
  const dialog = document.createElement("dialog");
  const title = document.createElement("h2");
  title.textContent = button.textContent;
  const text = document.createElement("p");
  text.textContent = question;
  const row = document.createElement("div");
  row.className = "actions";
  const no = made("button", zh ? "取消" : "Cancel", () => dialog.close());
  const yes = made("button", zh ? "确定" : "Go ahead", () => {
    dialog.close();
    form.dataset.sure = "yes";
    form.requestSubmit(button);
  });
  yes.className = "big";
  yes.id = "sure";
  row.append(no, yes);
  dialog.append(title, text, row);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function made(tag, text, act) {
  const element = document.createElement(tag);
  element.type = "button";
  element.textContent = text;
  element.addEventListener("click", act);
  return element;
}

/** Fetches the changing part again when the server's tick has moved, but not under somebody's hands. */
async function follow(panel) {
  let tick = Number(document.body.dataset.tick);
  const gone = document.getElementById("gone");
  for (;;) {
    try {
      const answer = await fetch(`/api/v1/state?after=${tick}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const state = await answer.json();
      gone.hidden = true;
      if ((state.tick !== tick || due(panel)) && !busy(panel)) {
        const fresh = await fetch(panel.dataset.refresh, { cache: "no-store" });
        if (fresh.ok && !busy(panel)) {
          show(panel, await fresh.text());
          tick = state.tick;
        }
      }
      await pause(busy(panel) ? 1000 : 150);
    } catch {
      gone.hidden = false;
      await pause(1000);
    }
  }
}

/** What a person waits for by the clock is over, though nothing was entered. */
function due(panel) {
  const waits = panel.querySelector("[data-until]");
  return Boolean(waits) && Date.parse(waits.dataset.until) < Date.now();
}

/** Puts the server's own page in place; it is escaped there. */
function show(panel, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  panel.replaceChildren(...fresh.body.childNodes);
}

function busy(panel) {
  const at = document.activeElement;
  const writing = at && panel.contains(at) && ["INPUT", "SELECT", "TEXTAREA"].includes(at.tagName);
  return Boolean(writing || document.querySelector("dialog[open]") || panel.querySelector("form[data-sent], details[open]"));
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Counts down what the server said, second by second. */
setInterval(() => {
  for (const count of document.querySelectorAll(".count[data-seconds]")) {
    const left = Math.max(0, Number(count.dataset.seconds) - 1);
    count.dataset.seconds = String(left);
    count.textContent = String(left);
  }
}, 1000);

const panel = document.getElementById("panel");
if (panel) follow(panel);

/** The menu of a row closes by Esc and by a click anywhere else; one is open at a time. */
function closeMenus(except) {
  for (const menu of document.querySelectorAll("td.row details[open]")) {
    if (menu !== except) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("td.row details")));
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("td.row details[open]");
  if (open) {
    closeMenus();
    open.querySelector("summary").focus();
  }
});

const print = document.getElementById("print");
if (print) print.addEventListener("click", () => window.print());

for (const drop of document.querySelectorAll("form.drop")) {
  const input = drop.querySelector("input[type=file]");
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    drop.requestSubmit();
  });
}
