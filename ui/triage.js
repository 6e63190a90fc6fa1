// Keys, clicks and focus of the triage page. What a button does is on the server; here it is only
// sent: every [data-act] on the page, with the record it was pressed for. Runs when the reader is
// mounted, with Gradio's `element`, `trigger` and `watch`.
const page = document;
const find = (selector) => element.querySelector(selector);
const buttons = () => [...element.querySelectorAll("[data-key]")];
const isWriting = (node) =>
  node.isContentEditable ||
  (/^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) && !/^(checkbox|radio|button)$/.test(node.type));

window.retortTriage?.abort(); // a reader that was mounted before
window.retortTriage = new AbortController();
const { signal } = window.retortTriage;

const DECIDING = /^(include|exclude|maybe|undo|redo)$/;
const QUIET = 250; // ms; nobody reads a record in less: a bouncing or held key, or one meant for the record before
const LATE = 4000; // ms
const NOTED = 600; // ms after the last letter of a note
let since = 0; // when the record came, or a deciding key after it
let waiting = 0, noting = 0; // timers
let last = null, typed = null; // the record shown, and its note where one is being written

// Keys of this browser: {action: key}
const kept = () => JSON.parse(localStorage.getItem("retort-keys") || "{}");
const applyKeys = () => {
  const own = kept();
  for (const button of buttons()) {
    const key = own[button.dataset.act] || button.dataset.key;
    button.setAttribute("aria-keyshortcuts", key);
    button.querySelector("kbd").textContent = key.toUpperCase();
    find(`[data-for="${button.dataset.act}"]`).value = key.toUpperCase();
  }
};
const changeKey = (input) => {
  const key = input.value.toLowerCase();
  const taken = buttons().some(
    (b) => b.dataset.act !== input.dataset.for && b.getAttribute("aria-keyshortcuts") === key,
  );
  const isFine = /^\p{L}$/u.test(key) && !taken;
  if (isFine) localStorage.setItem("retort-keys", JSON.stringify({ ...kept(), [input.dataset.for]: key }));
  find("#keys-said").textContent = isFine ? "Kept." : taken ? "Another action has this key." : "One letter, please.";
  applyKeys();
};

const here = () => {
  const record = find("#record"), list = page.querySelector("#decisions");
  return {
    screening: record?.dataset.screening, record: record?.dataset.record, held: record?.dataset.held,
    note: find("#note")?.value, filter: list?.dataset.filter, offset: list?.dataset.offset,
  };
};
const keep = () => {
  clearTimeout(noting);
  noting = 0;
  trigger("keep", here());
};
const send = (data) => {
  if (noting) keep();
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (find("#late")) find("#late").textContent = "Retort does not answer. What you pressed is kept only once the next record stands here.";
  }, LATE);
  trigger("act", { ...here(), ...data });
};
window.retortTriage.answered = () => {
  clearTimeout(waiting);
  if (find("#late")) find("#late").textContent = "";
  page.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
};
const act = (data) => { // gives whether anything was done
  if (data.act === "note") { find("#note").focus(); return true; }
  if (data.act === "keys") { localStorage.removeItem("retort-keys"); applyKeys(); return true; }
  if (DECIDING.test(data.act)) {
    const isHasty = performance.now() - since < QUIET;
    since = performance.now();
    if (isHasty || (!here().record && !data.act.endsWith("do"))) return false;
  }
  send(data);
  return true;
};

page.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-act]");
  if (button?.dataset.act === "open") button.setAttribute("aria-busy", "true");
  if (button) act({ ...button.dataset });
}, { signal });
page.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (target.id === "note" && (key === "Enter" || key === "Escape")) {
    if (key === "Enter") keep();
    find("#record").focus();
    event.preventDefault();
  }
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || isWriting(target)) return;
  const all = [...buttons(), ...page.querySelectorAll("#why [data-key]")];
  const button = all.find((b) => b.getAttribute("aria-keyshortcuts") === key.toLowerCase());
  if (!button) return;
  event.preventDefault();
  const isBack = event.shiftKey && button.dataset.act === "undo";
  if (!act(isBack ? { act: "redo" } : { ...button.dataset })) return;
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), 150);
}, { signal });
page.addEventListener("change", (event) => {
  if (event.target.dataset?.for) changeKey(event.target);
}, { signal });
page.addEventListener("input", (event) => {
  if (event.target.id !== "note") return;
  typed = event.target.value;
  clearTimeout(noting);
  noting = setTimeout(keep, NOTED);
}, { signal });
window.addEventListener("focus", () => { // another tab may have gone on
  if (find("#record")) trigger("refresh", here());
}, { signal });

const shown = () => {
  applyKeys();
  const record = find("#record");
  sessionStorage.setItem("retort-screening", record?.dataset.screening || "");
  if (!record) { last = null; return; }
  since = performance.now();
  const isNew = record.dataset.record !== last;
  if (isNew) {
    last = record.dataset.record;
    typed = null;
    window.scrollTo(0, 0);
  }
  if (find("#note")) find("#note").value = typed ?? record.dataset.note;
  const isLost = page.activeElement === page.body;
  if (isLost || (isNew && !page.activeElement?.closest("#bar"))) record.focus({ preventScroll: true });
  trigger("refresh", here());
};
watch("value", shown);
const looking = setInterval(() => {
  if (page.querySelector("#count[data-waiting]")) trigger("refresh", here());
}, 1500);
signal.addEventListener("abort", () => [looking, waiting, noting].forEach(clearTimeout));
