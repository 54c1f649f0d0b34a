// The charts, drawn by Bokeh. Each kind makes its figures from the data, the labels, what was chosen and who is shown.

const LEAST_ERROR = 1e-4;
const ROW_HEIGHT = 28;
const AXES = {
  epoch: { title: "Epochs", log: false, at: (x) => `epoch ${plain(x)}` },
  gradient_evaluations: { title: "Gradient evaluations", log: true, at: (x) => `${plain(x)} evaluations` },
  elapsed_s: { title: "Seconds of training", log: true, at: (x) => `${plain(x)} s` },
};
const QUANTITIES = {
  loss: { title: "Training loss", unit: "Cross-entropy, nats", shown: plain },
  accuracy: { title: "Validation accuracy", unit: "Accuracy", shown: (error) => percent(1 - error) },
};

// --- numbers as shown

function plain(x) {
  return Number(x.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });
}

function percent(share, digits = 4) {
  return `${Number((100 * share).toPrecision(digits))} %`;
}

function short(name, most = 26) {
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

// Bokeh reads $$…$$ in texts as mathematics and would load a typesetter for it: names are no mathematics.
function literal(text) {
  return text.replaceAll("$$", "$\u200b$").replaceAll("\\[", "\\\u200b[").replaceAll("\\(", "\\\u200b(");
}

// Ticks are named by a function of ours: Bokeh's own way to do so compiles text, which the page's policy forbids.
class NamedTicks extends Bokeh.TickFormatter {
  named(name) {
    this.name_of = name;
    return this;
  }

  doFormat(ticks) {
    return ticks.map(this.name_of);
  }
}

// Decades, with the digits between them that the range has room for; Bokeh's own ticks where it is less than that.
class LogTicks extends Bokeh.AdaptiveTicker {
  atLeast(n) {
    this.least = n;
    return this;
  }

  get_ticks_no_defaults(start, end, ...rest) {
    const [low, high] = [Math.min(start, end), Math.max(start, end)];
    for (const digits of [[1], [1, 3], [1, 2, 5], [1, 2, 3, 5], [1, 2, 3, 4, 5, 7]]) {
      const major = decades(low, high).flatMap((decade) => digits.map((digit) => Number((digit * decade).toPrecision(2))));
      const inside = major.filter((tick) => low <= tick && tick <= high);
      if (inside.length >= this.least) return { major: inside, minor: [] };
    }
    return { ...super.get_ticks_no_defaults(low, high, ...rest), minor: [] };
  }
}

function decades(low, high) {
  const first = Math.floor(Math.log10(low));
  return Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => 10 ** (first + i));
}

// --- a figure in the page's colours

function colours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["ink", "muted", "pale", "grid", "paper", "shade", "accent"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`)]));
}

function figure({ title, x, y, height, tooltips }) {
  const { ink, muted, pale, grid, paper, shade: lit, accent } = colours();
  const hover = new Bokeh.HoverTool({ tooltips, limit: 6, renderers: [], visible: false });
  const drag = new Bokeh.BoxZoomTool();
  const tools = [drag, new Bokeh.PanTool(), new Bokeh.WheelZoomTool(), new Bokeh.ResetTool(), new Bokeh.SaveTool(), hover];
  const made = Bokeh.Plotting.figure({
    x_axis_type: x.log ? "log" : "linear",
    y_axis_type: y.log ? "log" : "linear",
    x_range: x.range,
    y_range: y.range,
    height,
    sizing_mode: "stretch_width",
    tools,
    toolbar_location: "above",
    min_border_right: 14,
    background_fill_color: null,
    border_fill_color: null,
    outline_line_color: null,
  });
  made.toolbar.logo = null;
  made.toolbar.stylesheets = [`:host { --color: ${ink}; --icon-color: ${muted}; --divider-color: ${pale}; --hover-color: ${lit}; --active-tool-border: ${accent}; } .bk-divider { background-color: ${pale}; }`];
  made.toolbar.active_scroll = null;
  // A finger that drags scrolls the page, and zooms by the toolbar, which a mouse sees when it comes near.
  const touch = matchMedia("(pointer: coarse)").matches;
  made.toolbar.active_drag = touch ? null : drag;
  made.toolbar.autohide = !touch;
  if (title) {
    made.title = new Bokeh.Title({ text: literal(title), text_color: ink, text_font: font(), text_font_size: "14px" });
  }
  const sides = [[made.xaxis, made.xgrid, x], [made.yaxis, made.ygrid, y]];
  for (const [axis, grids, { title: unit, log, least, ticks, named, rotated }] of sides) {
    axis.axis_label = unit ?? null;
    axis.axis_label_text_color = ink;
    axis.axis_label_text_font = axis.major_label_text_font = font();
    axis.axis_label_text_font_size = "13px";
    axis.axis_label_text_font_style = "normal";
    axis.major_label_text_font_size = "12px";
    axis.major_label_text_color = ink;
    axis.axis_line_color = axis.major_tick_line_color = muted;
    axis.minor_tick_line_color = null;
    const ticker = ticks ? new Bokeh.FixedTicker({ ticks }) : log ? new LogTicks().atLeast(least ?? 5) : null;
    if (ticker) axis.ticker = grids.ticker = ticker;
    if (named) axis.formatter = new NamedTicks().named(named);
    if (rotated) axis.major_label_orientation = 0.7;
  }
  made.grid.grid_line_color = grid;
  return { made, hover, paper, ink };
}

function font() {
  return getComputedStyle(document.body).fontFamily;
}

function range(start, end) {
  return new Bokeh.Range1d({ start, end });
}

function aim(given, [start, end]) {
  given.setv({ start, end, reset_start: start, reset_end: end });
}

// --- learning curves

function curves(data, labels, choice, shown) {
  const axis = { ...AXES[choice.against], key: choice.against, log: choice.horizontal === "log" };
  const log = choice.vertical === "log";
  const x = range(0, 1);
  const quantities = choice.show === "both" ? ["loss", "accuracy"] : [choice.show];
  const small = data.panels.length > 1;
  return quantities.flatMap((name) => {
    const y = range(0, 1); // the panels of one quantity share their axes, and so can be compared
    const all = data.panels.flatMap((panel) => panel.curves);
    const panels = data.panels.map((panel) => {
      const title = panel.title ?? QUANTITIES[name].title;
      return curvePanel(panel.curves, labels, axis, { name, log, range: y }, x, { title, small });
    });
    const update = (visible) => {
      const present = all.filter((curve) => visible[curve.label]);
      if (present.length) {
        aim(x, extent(present, axis));
        aim(y, heights(present, name, log, axis));
      }
    };
    update(shown);
    panels[0].fit = update;
    return panels;
  });
}

function curvePanel(list, labels, axis, y, x, { title, small }) {
  const quantity = QUANTITIES[y.name];
  const named = y.name === "accuracy" ? (tick) => percent(y.log ? 1 - tick : tick) : plain;
  const unit = y.name === "accuracy" && y.log && !small ? "Accuracy, the error on a log scale" : quantity.unit;
  const { made, hover, paper } = figure({
    title,
    x: { title: axis.title, log: axis.log, range: x, named: plain },
    y: { title: unit, log: y.log, least: y.name === "accuracy" && !small ? 7 : 5, range: y.range, named },
    height: small ? 290 : 400,
    tooltips: [["", "@name"], [quantity.title, "@value"], ["95 % interval", "@interval"], ["at", "@at"], ["seeds", "@n"]],
  });
  const renderers = list.map((curve) => {
    const lines = curveRenderers(made, hover, curve, labels[curve.label], axis, y, paper);
    return { label: curve.label, lines };
  });
  return {
    figure: made,
    show: (shown) => {
      for (const { label, lines } of renderers) for (const line of lines) line.visible = shown[label];
    },
  };
}

function curveRenderers(made, hover, curve, look, axis, y, paper) {
  const kind = y.name === "loss" ? "loss" : "error";
  const place = (value) => {
    if (value === null) return NaN;
    if (y.log) return Math.max(value, LEAST_ERROR);
    return y.name === "accuracy" ? 1 - value : value;
  };
  const kept = curve[axis.key].map((at, i) => i).filter((i) => curve[axis.key][i] > 0 || !axis.log);
  const column = (make) => kept.map(make);
  const shown = QUANTITIES[y.name].shown;
  const ends = y.name === "loss" ? [`${kind}_low`, `${kind}_high`] : [`${kind}_high`, `${kind}_low`];
  const source = new Bokeh.ColumnDataSource({
    data: {
      x: column((i) => curve[axis.key][i]),
      y: column((i) => place(curve[kind][i])),
      low: column((i) => place(curve[`${kind}_low`][i])),
      high: column((i) => place(curve[`${kind}_high`][i])),
      name: column(() => look.name),
      at: column((i) => axis.at(curve[axis.key][i])),
      value: column((i) => shown(curve[kind][i])),
      interval: column((i) => {
        const [from, to] = ends.map((end) => curve[end][i]);
        return from === null || to === null ? "one seed has none" : `${shown(from)} to ${shown(to)}`;
      }),
      n: column((i) => `${curve.n[i]} here; ${curve.through} got through`),
    },
  });
  const every = Math.max(1, Math.floor(kept.length / 10));
  const view = new Bokeh.CDSView({ filter: new Bokeh.IndexFilter({ indices: kept.map((_, i) => i).filter((i) => i % every === 0) }) });
  const colour = look.colour;
  const band = made.varea({ field: "x" }, { field: "low" }, { field: "high" }, { source, fill_color: colour, fill_alpha: 0.13 });
  const line = made.line({ field: "x" }, { field: "y" }, { source, line_color: colour, line_width: 2, line_dash: look.dash });
  const marks = made.scatter({ field: "x" }, { field: "y" }, {
    source, view, marker: look.marker, size: 7, fill_color: colour, line_color: look.marker === "x" ? colour : paper, line_width: look.marker === "x" ? 2 : 0.6,
  });
  const targets = made.scatter({ field: "x" }, { field: "y" }, { source, size: 11, fill_alpha: 0, line_alpha: 0 });
  hover.renderers = [...hover.renderers, targets];
  return [band, line, marks, targets];
}

function extent(list, axis) {
  const all = list.flatMap((curve) => curve[axis.key].filter((x) => x > 0 || !axis.log));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return axis.log ? [low / 1.1, high * 1.1] : [low - 0.02 * (high - low), high + 0.02 * (high - low)];
}

// As in the static figures: over the means, and a loss far above the start is let out of the picture.
function heights(list, name, log) {
  if (name === "loss") {
    const starts = list.map((curve) => curve.loss[0]).sort((a, b) => a - b);
    const most = 3 * starts[Math.floor(starts.length / 2)];
    const all = list.flatMap((curve) => curve.loss);
    const [low, high] = [Math.max(Math.min(...all), LEAST_ERROR), Math.min(Math.max(...all), most)];
    return log ? [low / 1.25, high * 1.25] : [0, high * 1.05];
  }
  const all = list.flatMap((curve) => curve.error);
  const [low, high] = [Math.max(Math.min(...all), LEAST_ERROR), Math.max(...all)];
  const pad = 0.04 * (high - low) || 0.01;
  return log ? [Math.min(1, high * 1.15), low / 1.15] : [1 - high - pad, 1 - low + pad];
}

// --- rows: one for each label

const NARROW = 560;

function rowAxis(rows, labels, width) {
  return {
    range: range(rows.length - 0.4, -0.6),
    ticks: rows.map((_, i) => i),
    named: (place) => short(labels[rows[place]?.label]?.name ?? "", width < NARROW ? 14 : 26),
  };
}

function dots(data, labels, choice, shown, width) {
  const rows = data.rows.filter((row) => shown[row.label]);
  if (!rows.length) return [];
  const log = choice.vertical === "log";
  const place = (accuracy) => (log ? Math.max(1 - accuracy, LEAST_ERROR) : accuracy);
  const ends = spread(rows, log);
  const narrow = width < NARROW;
  const { made, hover, paper } = figure({
    x: { title: log && !narrow ? "Test accuracy, the error on a log scale" : "Test accuracy", log, least: narrow ? 3 : 6, range: range(...ends), named: (tick) => percent(log ? 1 - tick : tick) },
    y: rowAxis(rows, labels, width),
    height: 92 + ROW_HEIGHT * rows.length,
    tooltips: [["", "@name"], ["", "@what"], ["test accuracy", "@value"], ["95 % interval", "@interval"]],
  });
  made.ygrid.grid_line_color = null;
  rows.forEach((row, i) => {
    const { name, colour, marker } = labels[row.label];
    const bounded = row.low !== null && row.high !== null;
    if (bounded) {
      const [from, to] = [row.low, row.high].map((end) => place(Math.min(1, Math.max(0, end))));
      made.segment([from], [i], [to], [i], { line_color: colour, line_width: 3, line_alpha: 0.6 });
    }
    const seeds = new Bokeh.ColumnDataSource({
      data: {
        x: row.seeds.map(([, accuracy]) => place(accuracy)),
        y: row.seeds.map(() => i + 0.22),
        name: row.seeds.map(() => name),
        what: row.seeds.map(([seed]) => `seed ${seed}`),
        value: row.seeds.map(([, accuracy]) => percent(accuracy)),
        interval: row.seeds.map(() => "–"),
      },
    });
    const mean = new Bokeh.ColumnDataSource({
      data: {
        x: [place(row.mean)], y: [i], name: [name], what: [`mean of ${row.seeds.length}`], value: [percent(row.mean)],
        interval: [bounded ? `${percent(row.low)} to ${percent(row.high)}` : "one seed has none"],
      },
    });
    const each = made.scatter({ field: "x" }, { field: "y" }, { source: seeds, size: 5, fill_color: colour, fill_alpha: 0.6, line_color: null });
    const middle = made.scatter({ field: "x" }, { field: "y" }, {
      source: mean, marker, size: 11, fill_color: colour, line_color: marker === "x" ? colour : paper,
    });
    hover.renderers = [...hover.renderers, each, middle];
  });
  return [{ figure: made }];
}

// From the worst seed to the best, and the intervals as far as they do not dwarf these.
function spread(rows, log) {
  const errors = rows.flatMap((row) => row.seeds.map(([, accuracy]) => Math.max(1 - accuracy, LEAST_ERROR)));
  const [best, worst] = [Math.min(...errors), Math.max(...errors)];
  const bounded = rows.filter((row) => row.low !== null && row.high !== null);
  const reached = bounded.flatMap((row) => [1 - row.low, 1 - row.high]).map((end) => Math.min(Math.max(end, best / 2), worst * 2));
  const [low, high] = [Math.min(best, ...reached), Math.min(1, Math.max(worst, ...reached))];
  const pad = 0.04 * (high - low) || 0.001;
  return log ? [Math.min(1, high * 1.1), low / 1.1] : [1 - high - pad, 1 - low + pad];
}

function heat(data, labels, choice, shown, width) {
  const rows = data.rows.filter((row) => shown[row.label]);
  if (!rows.length) return [];
  const error = (value) => Math.log(Math.max(1 - value, LEAST_ERROR));
  const known = data.rows.flatMap((row) => row.cells.flatMap(([value]) => (value === null ? [] : [error(value)])));
  const [best, worst] = [Math.min(...known), Math.max(...known)];
  const rotated = width / data.columns.length < 110;
  const { made, hover, paper } = figure({
    x: { title: "Initializer", range: range(-0.5, data.columns.length - 0.5), ticks: data.columns.map((_, i) => i), named: (i) => short(data.columns[i] ?? "", 20), rotated },
    y: rowAxis(rows, labels, width),
    height: 120 + 44 * rows.length,
    tooltips: [["", "@name"], ["initializer", "@column"], ["test accuracy", "@text"]],
  });
  made.grid.grid_line_color = null;
  const cells = rows.flatMap((row, y) => row.cells.map(([value, text], x) => ({ row, x, y, value, text })));
  const shades = cells.map(({ value }) => (value === null ? null : shade((error(value) - best) / (worst - best || 1))));
  const source = new Bokeh.ColumnDataSource({
    data: {
      x: cells.map(({ x }) => x),
      y: cells.map(({ y }) => y),
      text: cells.map(({ text }) => text),
      name: cells.map(({ row }) => labels[row.label].name),
      column: cells.map(({ x }) => data.columns[x]),
      colour: shades.map((given) => given?.fill ?? colours().grid),
      ink: shades.map((given) => given?.ink ?? colours().ink),
    },
  });
  const boxes = made.rect({ field: "x" }, { field: "y" }, 1, 1, { source, fill_color: { field: "colour" }, line_color: paper, line_width: 2 });
  made.text({ field: "x" }, { field: "y" }, { field: "text" }, {
    source, text_color: { field: "ink" }, text_align: "center", text_baseline: "middle", text_font: font(), text_font_size: width < NARROW ? "10px" : "13px",
  });
  hover.renderers = [boxes];
  return [{ figure: made }];
}

// From pale (a large error) to dark blue (a small one), even in lightness and told apart by every eye.
function shade(part) {
  const pick = (from, to) => Math.round(from + (to - from) * part);
  const [r, g, b] = [pick(17, 214), pick(60, 229), pick(104, 240)];
  return { fill: `rgb(${r},${g},${b})`, ink: part > 0.5 ? "#10151b" : "#ffffff" };
}

function bars(data, labels, choice, shown, width) {
  return data.panels.flatMap((panel) => {
    const rows = panel.rows.filter((row) => shown[row.label]);
    if (!rows.length) return [];
    const longest = Math.max(...rows.map((row) => row.step_us));
    const [unit, scale] = longest > 2000 ? ["ms", 1e-3] : ["µs", 1];
    const rate = (row) => `${plain(row.steps_per_s)}/s`;
    const { made, hover, ink } = figure({
      title: panel.title,
      x: { title: `Time of a step, ${unit}`, range: range(0, longest * scale * 1.22), named: plain },
      y: rowAxis(rows, labels, width),
      height: 110 + ROW_HEIGHT * rows.length,
      tooltips: [["", "@name"], ["step", "@step"], ["update", "@update"], ["steps a second", "@rate"]],
    });
    made.ygrid.grid_line_color = null;
    const time = (value) => (value === null ? "not timed apart" : `${plain(value * scale)} ${unit}`);
    const source = new Bokeh.ColumnDataSource({
      data: {
        y: rows.map((_, i) => i),
        whole: rows.map((row) => row.step_us * scale),
        part: rows.map((row) => (row.update_us ?? 0) * scale),
        colour: rows.map((row) => labels[row.label].colour),
        name: rows.map((row) => labels[row.label].name),
        step: rows.map((row) => time(row.step_us)),
        update: rows.map((row) => time(row.update_us)),
        rate: rows.map(rate),
      },
    });
    const whole = made.hbar({ field: "y" }, 0.66, { field: "whole" }, 0, { source, fill_color: { field: "colour" }, fill_alpha: 0.32, line_color: null });
    made.hbar({ field: "y" }, 0.66, { field: "part" }, 0, { source, fill_color: { field: "colour" }, line_color: null });
    made.text({ field: "whole" }, { field: "y" }, { field: "rate" }, {
      source, x_offset: 5, text_baseline: "middle", text_color: ink, text_font: font(), text_font_size: "12px",
    });
    hover.renderers = [whole];
    return [{ figure: made }];
  });
}

// --- a chart in its place

const KINDS = { curves, dots, heat, bars };

class Chart {
  constructor(element, data, labels, about) {
    Object.assign(this, { element, data, labels, about, panels: [], views: null, page: null, ready: Promise.resolve() });
  }

  // One drawing after the other: each waits until the last one is in its place.
  draw(choice, shown) {
    this.ready = this.ready.then(() => this.place(choice, { ...shown }));
    return this.ready;
  }

  // Curves are shown and hidden where they are, and keep the reader's zoom; rows close up.
  show(choice, shown) {
    if (this.data.kind !== "curves") return this.draw(choice, shown);
    this.ready = this.ready.then(() => {
      for (const panel of this.panels) {
        panel.show(shown);
        if (!panel.zoomed()) panel.fit?.(shown);
      }
    });
    return this.ready;
  }

  async place(choice, shown) {
    this.forget();
    const width = this.element.clientWidth;
    this.panels = KINDS[this.data.kind](this.data, this.labels, choice, shown, width);
    const places = this.panels.map((panel) => this.frame(panel));
    this.element.replaceChildren(...(places.length ? places : ["None of the optimizers shown has a place here."]));
    if (!places.length) return;
    const page = new Bokeh.Document();
    for (const panel of this.panels) {
      panel.show?.(shown);
      page.add_root(panel.figure);
    }
    this.page = page;
    this.views = await Bokeh.embed.add_document_standalone(page, this.element, places);
  }

  forget() {
    this.views?.clear();
    const place = Bokeh.documents.indexOf(this.page);
    if (place >= 0) Bokeh.documents.splice(place, 1);
  }

  frame(panel) {
    const { figure: drawn } = panel;
    const reach = () => [drawn.x_range, drawn.y_range].map(({ start, end, reset_start, reset_end }) => ({ start, end, reset_start, reset_end }));
    panel.zoomed = () => reach().some((given) => given.start !== given.reset_start || given.end !== given.reset_end);
    const place = document.createElement("div");
    place.className = "panel";
    place.tabIndex = 0;
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", `${this.about}${drawn.title?.text ? `, ${drawn.title.text}` : ""}. Interactive: plus and minus zoom, arrows move, 0 resets.`);
    place.addEventListener("keydown", (event) => steer(event, drawn));
    place.addEventListener("click", point);
    return place;
  }
}

// A finger does not hover: where it taps, the chart is told of a pointer.
function point(event) {
  if (event.pointerType !== "touch") return;
  const { clientX, clientY } = event;
  const target = event.composedPath()[0];
  // Only an event that names its window knows how far the page is scrolled.
  const place = { clientX, clientY, view: window, pointerType: "mouse", isPrimary: true, bubbles: true, composed: true };
  target.dispatchEvent(new PointerEvent("pointermove", place));
}

const KEYS = {
  "+": [0, 0, 0.8], "=": [0, 0, 0.8], "-": [0, 0, 1.25],
  ArrowLeft: [-0.1, 0, 1], ArrowRight: [0.1, 0, 1], ArrowUp: [0, 0.1, 1], ArrowDown: [0, -0.1, 1],
};

function steer(event, drawn) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "0") {
    for (const given of [drawn.x_range, drawn.y_range]) given.setv({ start: given.reset_start, end: given.reset_end });
  } else if (event.key in KEYS) {
    const [right, up, factor] = KEYS[event.key];
    move(drawn.x_range, drawn.x_scale, right, factor);
    move(drawn.y_range, drawn.y_scale, up, factor);
  } else return;
  event.preventDefault();
}

function move(given, scale, by, factor) {
  const [to, from] = scale instanceof Bokeh.LogScale ? [Math.log, Math.exp] : [(x) => x, (x) => x];
  const [start, end] = [to(given.start), to(given.end)];
  const middle = (start + end) / 2 + by * (end - start);
  const half = ((end - start) / 2) * factor;
  given.setv({ start: from(middle - half), end: from(middle + half) });
}
