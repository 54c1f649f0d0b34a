// What the reader can do: switch optimizers on and off everywhere, choose axes, sort tables, follow a link to a trial.

const { labels, charts } = JSON.parse(document.getElementById("data").textContent);
const shown = labels.map(() => true);
const drawn = new Map();

const CHOICES = {
  against: ["Against", { epoch: "Epochs", gradient_evaluations: "Gradient evaluations", elapsed_s: "Seconds" }],
  show: ["Show", { both: "Both", loss: "Loss", accuracy: "Accuracy" }],
  vertical: ["Vertical", { log: "Log", linear: "Linear" }],
  horizontal: ["Horizontal", { log: "Log", linear: "Linear" }],
};

// --- one chart with its switches

function begin(element) {
  const data = charts[element.dataset.chart];
  const small = (data.panels?.length ?? 0) > 1;
  const choice = { against: "epoch", show: small ? "accuracy" : "both", vertical: "log", horizontal: "linear" };
  const place = element.querySelector(".drawing");
  place.classList.toggle("multiples", data.kind === "curves" && small);
  const chart = new Chart(place, data, labels, element.dataset.caption);
  element.chart = chart; // for whoever scripts the page
  drawn.set(element.dataset.chart, { chart, choice });
  const wanted = { curves: ["against", "show", "vertical", "horizontal"], dots: ["vertical"] }[data.kind] ?? [];
  const bar = element.querySelector(".switches");
  bar.append(...wanted.map((key) => switches(element.dataset.chart, key, choice, data.kind, small, () => chart.draw(choice, shown))));
  element.hidden = false;
  return chart.draw(choice, shown);
}

function switches(chart, key, choice, kind, small, changed) {
  const [legend, options] = CHOICES[key];
  const set = document.createElement("fieldset");
  const title = document.createElement("legend");
  title.textContent = kind === "dots" ? "Scale" : legend;
  set.append(title);
  for (const [value, text] of Object.entries(options)) {
    if (small && value === "both") continue;
    const [label, input, face] = ["label", "input", "span"].map((name) => document.createElement(name));
    Object.assign(input, { type: "radio", name: `${chart} ${key}`, value, checked: choice[key] === value });
    face.textContent = text;
    label.append(input, face);
    set.append(label);
    input.addEventListener("change", () => {
      choice[key] = value;
      if (key === "against") follow(set.parentElement, chart, choice);
      changed();
    });
  }
  return set;
}

// Epochs read best on a linear axis, evaluations and seconds on a log axis; the reader may say otherwise.
function follow(bar, chart, choice) {
  choice.horizontal = AXES[choice.against].log ? "log" : "linear";
  for (const input of bar.querySelectorAll("input")) {
    if (input.name === `${chart} horizontal`) input.checked = input.value === choice.horizontal;
  }
}

// --- one list of optimizers for the whole page

const legend = document.getElementById("legend");
const boxes = [...legend.querySelectorAll("input")];

function apply() {
  boxes.forEach((box, i) => { shown[i] = box.checked; });
  for (const row of document.querySelectorAll("tr[data-label]")) row.hidden = !shown[row.dataset.label];
  document.getElementById("shown").textContent = `${shown.filter(Boolean).length} of ${shown.length} shown`;
  return Promise.all([...drawn.values()].map(({ chart, choice }) => chart.show(choice, shown)));
}

function startLegend() {
  legend.hidden = false;
  legend.querySelector("details").open = innerWidth > 720 && labels.length < 16;
  for (const box of boxes) box.addEventListener("change", apply);
  // What a link leads to is not to lie under the list, which stays on top.
  const room = () => { document.documentElement.style.scrollPaddingTop = `${legend.offsetHeight + 12}px`; };
  new ResizeObserver(room).observe(legend);
  for (const button of legend.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      for (const box of boxes) box.checked = button.dataset.all === "true";
      apply();
    });
  }
}

// --- the static figures, folded away where a chart stands for them

function fold(box) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "fold", textContent: "The same as static figures" });
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", box.id);
  button.addEventListener("click", () => {
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
  });
  box.hidden = true;
  box.before(button);
}

// --- a link to a trial opens what it is folded in

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let at = target.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  target.scrollIntoView({ block: "center" });
}

// --- begin

async function begin_page() {
  document.querySelectorAll("table").forEach(sortable);
  startLegend();
  await Promise.all([...document.querySelectorAll("[data-chart]")].map(begin));
  document.querySelectorAll(".static.replaced").forEach(fold);
  addEventListener("hashchange", reveal);
  if (location.hash.startsWith("#trial-")) reveal();
  const redraw = () => [...drawn.values()].forEach(({ chart, choice }) => chart.draw(choice, shown));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.documentElement.dataset.ready = "true";
}

begin_page();
