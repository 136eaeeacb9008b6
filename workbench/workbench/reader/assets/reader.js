// Four functions that HTML does not have: search, showing one column alone, links to lines, and
// compressed sections.
"use strict";

const up = document.body.dataset.up;

// A page that was opened from a file cannot fetch data, but it can load a script.
function added(asset) {
  return new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = `${up}assets/${asset}`;
    script.addEventListener("load", resolve);
    document.head.append(script);
  });
}

const narrow = matchMedia("(max-width: 60rem)");

// --- One implementation alone ---------------------------------------------------------------------

const buttons = [...document.querySelectorAll("[data-show]")];

function show(name) {
  for (const cell of document.querySelectorAll("[data-impl]")) {
    cell.hidden = name !== null && cell.dataset.impl !== name;
  }
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.show === name));
  }
  document.querySelector(".columns").classList.toggle("alone", name !== null);
}

// A narrow window always shows one column alone: the one that was chosen last.
function remembered() {
  try {
    return sessionStorage.getItem("implementation");
  } catch {
    return null;
  }
}

function remember(name) {
  try {
    sessionStorage.setItem("implementation", name);
  } catch {
    // A browser may deny storage to a page from a file. The choice is then lost.
  }
}

function fit() {
  const names = buttons.map((button) => button.dataset.show);
  show(narrow.matches ? (names.includes(remembered()) ? remembered() : names[0]) : null);
}

if (buttons.length) {
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") === "true";
      if (narrow.matches && pressed) return;
      remember(button.dataset.show);
      show(pressed ? null : button.dataset.show);
    });
  }
  narrow.addEventListener("change", fit);
  fit();
}

// --- Lines ----------------------------------------------------------------------------------------

function line(fragment) {
  const [, list, number] = fragment.match(/^#([a-z0-9-]*[a-z])(\d+)$/) || [];
  return list && document.getElementById(list)?.children[number - 1];
}

function goToLine() {
  document.querySelector("li.here")?.classList.remove("here");
  const target = line(location.hash);
  if (!target) return;
  const cell = target.closest("[data-impl]");
  if (cell.hidden) show(narrow.matches ? cell.dataset.impl : null);
  target.classList.add("here");
  target.scrollIntoView({ block: "center" });
}

for (const list of document.querySelectorAll("figure ol[id]")) {
  list.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    // The line number is in the left padding of its line.
    if (!item || event.offsetX > 44 || event.target !== item) return;
    location.hash = list.id + ([...list.children].indexOf(item) + 1);
  });
}

// The pages have tabs instead of spaces to be small. Copied code gets the spaces back.
document.addEventListener("copy", (event) => {
  const text = String(getSelection());
  if (!text.includes("\t")) return;
  event.clipboardData.setData("text/plain", text.replaceAll("\t", "    "));
  event.preventDefault();
});

addEventListener("hashchange", goToLine);
addEventListener("load", goToLine);

// --- Packed sections ------------------------------------------------------------------------------

const packed = (window.packed = {});

async function unpack(place) {
  const { packed: name, only } = place.dataset;
  await added(`packed/${name}.js`);
  const bytes = Uint8Array.from(atob(packed[name]), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const content = document.createElement("div");
  content.innerHTML = await new Response(stream).text();
  if (only) keep(content, only);
  place.append(content);
  if (content.querySelector("[data-impl]")) fit();
}

function keep(content, word) {
  for (const each of content.querySelectorAll("[data-words]")) {
    if (!each.dataset.words.split(" ").includes(word)) each.remove();
  }
  for (const section of content.querySelectorAll("section:not(:has(details))")) section.remove();
}

for (const place of document.querySelectorAll("details[data-packed]")) {
  place.addEventListener("toggle", () => unpack(place), { once: true });
}

// The browser scrolled to the fragment before these sections were inserted, so scroll again.
Promise.all([...document.querySelectorAll("div[data-packed]")].map(unpack)).then((unpacked) => {
  if (unpacked.length) document.getElementById(location.hash.slice(1))?.scrollIntoView();
});

// --- Search ---------------------------------------------------------------------------------------

const MOST = 12;

const box = document.createElement("div");
box.className = "search";
box.setAttribute("role", "search");
box.innerHTML = `
  <label class="unseen" for="search">Search operations, documents, files, functions, concerns, problems</label>
  <input id="search" type="search" placeholder="Search" autocomplete="off" spellcheck="false"
    role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list">
  <kbd aria-hidden="true">/</kbd>
  <ul id="found" role="listbox" aria-label="Found" hidden></ul>
  <p class="unseen" role="status"></p>`;
document.querySelector("header.top").append(box);
const input = box.querySelector("input");
const list = box.querySelector("ul");
const status = box.querySelector("[role=status]");
let entries = null;
let active = -1;

async function load() {
  if (entries) return;
  entries = [];
  await added("search.js");
  entries = unfolded(window.readerIndex);
  find();
}

function unfolded({ titles, entries, files, code }) {
  const inFiles = files.map(([key, page, , columns]) => [
    "file", key, columns.map((column) => titles[column]).join(", "), page,
  ]);
  const inCode = code.map(([name, column, file, number]) => {
    const [key, page, prefix] = files[file];
    const anchor = prefix + "abcdefghijklmnopqrstuvwxyz"[column] + number;
    return ["code", name, `${titles[column]} · ${key}:${number}`, `${page}#${anchor}`];
  });
  const plain = (text) => text.toLowerCase().replace(/[_\s-]/g, "");
  return [...entries, ...inFiles, ...inCode].map((entry) => ({
    entry, name: plain(entry[1]), all: plain(entry[1] + entry[2]),
  }));
}

// Rank equal names first, then names that start with the words, then names that contain them, then
// descriptions that contain them. Files and code come after other entries with an equal name.
function rank({ entry, name, all }, words) {
  const whole = words.join("");
  const later = ["file", "code"].includes(entry[0]) ? 2.5 : 0;
  if (name === whole) return later;
  if (name.startsWith(whole)) return 1 + later;
  if (words.every((word) => name.includes(word))) return 2 + later;
  return words.every((word) => all.includes(word)) ? 3 + later : null;
}

function find() {
  const words = input.value.toLowerCase().replace(/[_-]/g, "").split(/\s+/).filter(Boolean);
  const ranked = words.length ? entries.map((each) => [rank(each, words), each.entry]) : [];
  const found = ranked.filter(([place]) => place !== null).sort((one, other) => one[0] - other[0]);
  list.replaceChildren(...found.slice(0, MOST).map(([, entry], number) => option(entry, number)));
  list.hidden = !list.children.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
  status.textContent = words.length ? `${found.length || "Nothing"} found` : "";
  choose(found.length ? 0 : -1);
}

function option([kind, name, detail, address], number) {
  const item = document.createElement("li");
  item.id = `found-${number}`;
  item.setAttribute("role", "option");
  item.dataset.address = up + address;
  for (const [tag, text] of [["small", kind], ["b", name], ["span", detail]]) {
    const part = document.createElement(tag);
    part.textContent = text;
    item.append(part, " ");
  }
  item.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    go(item);
  });
  return item;
}

function choose(number) {
  active = number;
  [...list.children].forEach((item, place) => {
    item.setAttribute("aria-selected", String(place === active));
  });
  const item = list.children[active];
  if (item) {
    input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

function go(item) {
  close();
  location.href = item.dataset.address;
}

function close() {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  choose(-1);
}

input.addEventListener("focus", load);
input.addEventListener("input", find);
input.addEventListener("blur", close);
input.addEventListener("keydown", (event) => {
  const count = list.children.length;
  if (event.key === "Escape") {
    input.value = "";
    find();
    input.blur();
  } else if (event.key === "Enter" && !list.hidden && list.children[active]) {
    go(list.children[active]);
  } else if (count && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    choose((active + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
  }
});
addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    input.focus();
    input.select();
  }
});
