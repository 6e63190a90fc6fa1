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
  const isFine = /^[\p{L}\p{N}]$/u.test(key) && !taken;
  if (isFine) localStorage.setItem("retort-keys", JSON.stringify({ ...kept(), [input.dataset.for]: key }));
  find("#keys-said").textContent = isFine ? "Kept." : taken ? "Another action has this key." : "A letter or a digit, please.";
  applyKeys();
};

const here = () => {
  const record = find("#record"), list = page.querySelector("#decisions");
  return {
    screening: record?.dataset.screening, record: record?.dataset.record,
    note: find("#note")?.value, filter: list?.dataset.filter, offset: list?.dataset.offset,
  };
};
const send = (data) => trigger("act", { ...here(), ...data });
const act = (data) => {
  if (data.act === "note") find("#note").focus();
  else if (data.act === "keys") { localStorage.removeItem("retort-keys"); applyKeys(); }
  else send(data);
};

page.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-act]");
  if (button) act({ ...button.dataset });
}, { signal });
page.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (target.id === "note" && (key === "Enter" || key === "Escape")) {
    if (key === "Enter") trigger("keep", here());
    find("#record").focus();
    event.preventDefault();
  }
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || isWriting(target)) return;
  const button = buttons().find((b) => b.getAttribute("aria-keyshortcuts") === key.toLowerCase());
  if (!button) return;
  event.preventDefault();
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), 150);
  act({ ...button.dataset });
}, { signal });
page.addEventListener("change", (event) => {
  if (event.target.dataset?.for) changeKey(event.target);
}, { signal });

let last = null;
const shown = () => {
  applyKeys();
  const record = find("#record");
  sessionStorage.setItem("retort-screening", record?.dataset.screening || "");
  if (!record) { last = null; return; }
  if (record.dataset.record !== last) {
    last = record.dataset.record;
    find("#note").value = record.dataset.note || "";
    window.scrollTo(0, 0);
    if (!page.activeElement?.closest("#bar")) record.focus({ preventScroll: true });
  }
  trigger("refresh", here());
};
watch("value", shown);
const looking = setInterval(() => {
  if (page.querySelector("#count[data-waiting]")) trigger("refresh", here());
}, 1500);
signal.addEventListener("abort", () => clearInterval(looking));
