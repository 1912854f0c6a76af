"use strict";
(() => {
  const items = [...document.querySelectorAll(".item")];
  const buttons = [...document.querySelectorAll(".state")];
  const find = document.getElementById("find");
  const texts = new Map(items.map((item) => [item, item.textContent.toLowerCase()]));
  const FOLDED = 5;

  const visible = () => items.filter((item) => !item.hidden);
  const states = () => new Set(buttons.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.state));

  function filter() {
    const wanted = states();
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = items.filter((item) => words.every((word) => texts.get(item).includes(word)));
    for (const item of items) item.hidden = !wanted.has(item.dataset.state) || !found.includes(item);
    for (const button of buttons) {
      button.querySelector("b").textContent = found.filter((item) => item.dataset.state === button.dataset.state).length;
    }
    for (const section of document.querySelectorAll("main > section")) {
      section.hidden = ![...section.querySelectorAll(".item")].some((item) => !item.hidden);
    }
    const left = visible().length;
    document.getElementById("shown").textContent = `${left} of ${items.length} items`;
    document.querySelector(".none").hidden = left > 0;
  }

  function toggle(button) {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    filter();
  }

  function setAll(open) {
    for (const item of visible()) item.open = open;
  }

  function move(step) {
    const shown = visible();
    if (!shown.length) return;
    const at = shown.indexOf(document.activeElement.closest(".item"));
    const next = shown[Math.min(Math.max(at + step, 0), shown.length - 1)];
    next.querySelector("summary").focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function showTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.classList.contains("item")) {
      target.hidden = false;
      target.open = true;
      target.querySelector("summary").focus();
    }
  }

  // Long lists of evidence are folded.
  for (const list of document.querySelectorAll(".evidence")) {
    const rest = [...list.children].slice(FOLDED);
    if (!rest.length) continue;
    const more = document.createElement("button");
    more.type = "button";
    more.className = "more";
    more.textContent = `${rest.length} more`;
    more.addEventListener("click", () => { rest.forEach((row) => { row.hidden = false; }); more.remove(); });
    rest.forEach((row) => { row.hidden = true; });
    list.after(more);
  }

  for (const block of document.querySelectorAll(".steps pre")) {
    const copy = document.createElement("button");
    copy.type = "button";
    copy.textContent = "Copy";
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(block.querySelector("code").textContent);
        copy.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(block.querySelector("code"));
        copy.textContent = "Press Ctrl+C";
      }
      setTimeout(() => { copy.textContent = "Copy"; }, 1500);
    });
    block.append(copy);
  }

  for (const button of buttons) button.addEventListener("click", () => toggle(button));
  find.addEventListener("input", filter);
  document.getElementById("open").addEventListener("click", () => setAll(true));
  document.getElementById("close").addEventListener("click", () => setAll(false));
  addEventListener("hashchange", showTarget);

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = items.filter((item) => !item.open);
    closed.forEach((item) => { item.open = true; });
    document.querySelectorAll(".evidence > [hidden]").forEach((row) => { row.hidden = false; });
  });
  addEventListener("afterprint", () => { closed.forEach((item) => { item.open = false; }); });

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input")) {
      if (event.key === "Escape") { find.value = ""; filter(); find.blur(); }
      return;
    }
    const key = event.key;
    if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
    else if (key === "/") find.focus();
    else if (key === "o") setAll(true);
    else if (key === "c") setAll(false);
    else if (key === "0") { buttons.forEach((b) => b.setAttribute("aria-pressed", "true")); filter(); }
    else if (key >= "1" && key <= String(buttons.length)) toggle(buttons[Number(key) - 1]);
    else return;
    event.preventDefault();
  });

  document.querySelector(".tools").hidden = false;
  filter();
  showTarget();
})();
