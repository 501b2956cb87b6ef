"use strict";
const read = id => JSON.parse(document.getElementById(id).textContent);
const about = read("about-data");
const photos = read("photos");
/** Cards that are made at a time. */
const STEP = 100;
const WORDS = {
  all: ["All", "全部"], accept: ["Accept", "通过"], review: ["For review", "人工复核"], retake: ["Retake", "请重拍"],
  finished: ["Finished", "已完成"], refused: ["Refused", "未能处理"], answered: ["Answered", "已答复"], error: ["Error", "出错"],
  fail: ["fails", "不合格"], unsure: ["unsure", "存疑"], reject: ["reject", "必须满足"], warn: ["warning", "警告"], hint: ["hint", "提示"],
  reading: ["reading", "读数"], limit: ["limit", "限值"], before: ["before", "原图"], after: ["after", "成品"],
  none: ["no picture", "无图片"], fine: ["Every rule that could be assessed passes.", "可评估的各项规则均合格。"],
  open: ["Show what is marked", "查看标注图"], quality: ["quality", "质量因子"], hair: ["hair top", "头顶"], eyes: ["eyes", "眼睛"],
  face: ["face width", "脸宽"], passed: ["rules pass", "项合格"], blind: ["not assessed", "项未评估"], photos: ["photos", "张照片"],
  stored: ["photo", "原图"], camera: ["camera", "相机"], lens: ["lens", "镜头"], software: ["program", "软件"], taken: ["taken", "拍摄时间"],
  spec: ["Standard", "标准"], pack: ["model pack", "模型包"],
};
const ADVICES = ["accept", "review", "retake", "finished", "answered", "refused", "error"];
const state = { language: about.language, advice: "all", code: "all", find: "", made: 0, found: [] };
const $ = id => document.getElementById(id);
const word = (key, words = WORDS) => (words[key] || [key, key])[state.language === "zh" ? 1 : 0];
const said = reason => reason[state.language] || reason.en || reason.code || "";

/** An element; text is only ever text, whatever a file is called. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

const codesOf = photo => [
  ...photo.findings.map(finding => finding.code), ...photo.reasons.map(reason => reason.code),
  ...photo.notes.map(note => note.code), ...(photo.error ? [photo.error.code] : []),
].filter(Boolean);
photos.forEach((photo, at) => { photo.at = at; photo.codes = new Set(codesOf(photo)); });

const inAdvice = photo => state.advice === "all" || photo.advice === state.advice;
const inCode = photo => state.code === "all" || photo.codes.has(state.code);
const inName = photo => !state.find || photo.file.toLowerCase().includes(state.find);

/** The sentence that belongs to a code. */
const sentences = new Map(photos.flatMap(photo =>
  [...photo.findings, ...photo.reasons, ...photo.notes].map(reason => [reason.code, reason])));

function chip(group, key, label, number) {
  const title = group === "code" && sentences.has(key) ? said(sentences.get(key)) : null;
  const button = make("button", { type: "button", title, "aria-pressed": String(state[group] === key) }, label, make("b", {}, String(number)));
  button.addEventListener("click", () => { state[group] = state[group] === key ? "all" : key; draw(); });
  return button;
}

function drawFilters() {
  const by = (list, key) => list.filter(photo => photo.advice === key).length;
  const seen = photos.filter(photo => inCode(photo) && inName(photo));
  const present = ADVICES.filter(key => by(photos, key) > 0);
  $("advices").replaceChildren(chip("advice", "all", word("all"), seen.length),
    ...present.map(key => chip("advice", key, word(key), by(seen, key))));
  const counts = new Map();
  for (const photo of photos.filter(photo => inAdvice(photo) && inName(photo))) {
    for (const code of photo.codes) counts.set(code, (counts.get(code) || 0) + 1);
  }
  if (state.code !== "all" && !counts.has(state.code)) counts.set(state.code, 0);
  const codes = [...counts].sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0]));
  $("codes").replaceChildren(...codes.map(([code, number]) => chip("code", code, code, number)));
}

function reading(finding) {
  const number = value => String(Math.round(value * 1000) / 1000);
  const parts = [`${word(finding.verdict)} (${word(finding.severity)})`];
  if (finding.value !== null) parts.push(`${word("reading")} ${number(finding.value)} ${word(finding.unit, about.units)}`);
  if (finding.limit !== null) parts.push(`${word("limit")} ${number(finding.limit)}`);
  return parts.join("  ·  ");
}

function findings(photo) {
  const items = photo.findings.map((finding, at) => make("li", {},
    make("span", { class: `number ${finding.advice}` }, String(at + 1)),
    make("div", {}, make("div", {}, said(finding)),
      make("div", { class: "meta" }, reading(finding), "  ·  ", make("code", {}, finding.code || finding.rule)))));
  const others = [...photo.reasons, ...(photo.error ? [photo.error] : []), ...photo.notes].filter(reason =>
    !photo.findings.some(finding => finding.code === reason.code));
  for (const reason of others) {
    items.push(make("li", {}, make("span", {}, "–"), make("div", {}, make("div", {}, said(reason)),
      make("div", { class: "meta" }, make("code", {}, reason.code)))));
  }
  return items.length ? make("ol", {}, ...items)
    : photo.passed !== null ? make("p", { class: "fine" }, word("fine")) : make("p", { class: "fine" });
}

function facts(photo) {
  const parts = [];
  const f = photo.facts;
  if (f) {
    parts.push(`${f.width} × ${f.height}`, `${(f.bytes / 1024).toFixed(1)} KB`, `${word("quality")} ${f.quality}`);
    for (const key of ["hair", "eyes", "face"]) parts.push(`${word(key)} ${Math.round(f[key])} px`);
  }
  if (photo.passed !== null) parts.push(`${photo.passed} ${word("passed")}`);
  if (photo.blind && photo.blind.length) parts.push(`${photo.blind.length} ${word("blind")}`);
  return parts.join("  ·  ");
}

/** What the photo's file says about itself. */
function stored(photo) {
  const file = photo.stored;
  if (!file) return null;
  const parts = [`${word("stored")} ${file.width} × ${file.height}`];
  for (const key of ["quality", "camera", "lens", "software", "taken"]) if (file[key]) parts.push(`${word(key)} ${file[key]}`);
  return make("p", { class: "facts" }, parts.join("  ·  "));
}

function picture(photo, key) {
  const data = photo[key];
  const content = data ? make("img", { alt: word(key), src: `data:image/jpeg;base64,${data}` }) : word("none");
  const opens = key === "before" && photo.marked;
  const frame = make(opens ? "button" : "div", { class: "frame", type: opens ? "button" : null, title: opens ? word("open") : null, tabindex: opens ? "-1" : null }, content);
  if (opens) frame.addEventListener("click", () => view(photo));
  return make("figure", {}, frame, make("figcaption", {}, word(key)));
}

function card(photo) {
  const article = make("article", { tabindex: "0", "data-at": String(photo.at) },
    make("div", { class: "pair" }, picture(photo, "before"), photo.after || photo.facts ? picture(photo, "after") : null),
    make("div", {},
      make("div", { class: "head" }, make("span", { class: "name" }, photo.file), make("span", { class: `word ${photo.advice}` }, word(photo.advice))),
      make("p", { class: "facts" }, facts(photo)), stored(photo), findings(photo)));
  return article;
}

function more() {
  const next = state.found.slice(state.made, state.made + STEP);
  $("list").append(...next.map(card));
  state.made += next.length;
  $("more").hidden = state.made >= state.found.length;
}

function draw() {
  document.documentElement.lang = state.language;
  for (const element of document.querySelectorAll("[data-en]")) element.textContent = element.dataset[state.language];
  document.title = $("about").previousElementSibling.textContent;
  $("about").textContent = `${photos.length} ${word("photos")}  ·  ${word("spec")} ${about.spec}  ·  ${word("pack")} ${about.pack}`;
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === state.language));
  }
  drawFilters();
  state.found = photos.filter(photo => inAdvice(photo) && inCode(photo) && inName(photo));
  state.made = 0;
  $("list").replaceChildren();
  $("count").textContent = `${state.found.length} / ${photos.length} ${word("photos")}`;
  more();
}

function view(photo) {
  if (!photo.marked) return;
  $("viewed").replaceChildren(make("img", { src: photo.marked, alt: photo.file }),
    make("div", {}, make("div", { class: "head" }, make("span", { class: "name" }, photo.file), make("span", { class: `word ${photo.advice}` }, word(photo.advice))),
      make("p", { class: "facts" }, facts(photo)), stored(photo), findings(photo)));
  if (!$("view").open) $("view").showModal();
  $("view").dataset.at = String(photo.at);
}

function step(by) {
  const open = $("view").open;
  const at = open ? Number($("view").dataset.at) : Number(document.activeElement?.dataset?.at ?? NaN);
  const here = state.found.findIndex(photo => photo.at === at);
  const next = Math.min(Math.max(here < 0 ? 0 : here + by, 0), state.found.length - 1);
  if (next < 0) return;
  while (state.made <= next) more();
  const article = $("list").children[next];
  if (open) view(state.found[next]);
  else article.focus({ preventScroll: true });
  article.scrollIntoView({ block: "center" });
}

document.addEventListener("keydown", event => {
  if (event.target === $("find") || event.ctrlKey || event.metaKey || event.altKey) return;
  const present = ["all", ...ADVICES.filter(key => photos.some(photo => photo.advice === key))];
  const key = event.key;
  if (key === "j" || key === "ArrowDown" || key === "ArrowRight") step(1);
  else if (key === "k" || key === "ArrowUp" || key === "ArrowLeft") step(-1);
  else if (key === "l") { state.language = state.language === "zh" ? "en" : "zh"; draw(); }
  else if (key >= "0" && key <= "9" && present[Number(key)]) { state.advice = present[Number(key)]; draw(); }
  else if (key === "Enter" && event.target.matches?.("article")) view(photos[Number(event.target.dataset.at)]);
  else return;
  event.preventDefault();
});
$("view").addEventListener("click", event => { if (event.target === $("view")) $("view").close(); });
$("find").addEventListener("input", event => { state.find = event.target.value.toLowerCase(); draw(); });
$("more").addEventListener("click", more);
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => { state.language = button.dataset.language; draw(); });
}
// A printed page holds every card that is found.
window.addEventListener("beforeprint", () => { while (state.made < state.found.length) more(); });
new IntersectionObserver(entries => { if (entries[0].isIntersecting && !$("more").hidden) more(); }).observe($("more"));
draw();
