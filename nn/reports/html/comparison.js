"use strict";

/*
 * Compares runs: sorts their table, switches their curves on and off, puts two confusion matrices
 * side by side, and shows the images that two runs read differently.
 */

const HUES = 8; // colours in the style sheet; then they return, dashed
const FIRST_CURVES = 8; // switched on at the start

/** The test images that two of the runs read differently. */
class DifferingImages extends TestImages {
  /**
   * @param {object} contents As of `TestImages`, with the answers of several runs.
   * @param {number[]} contents.groups The runs that were asked, by their place in the table.
   * @param {number[][]} contents.predicted One row for each of them.
   * @param {number[][]} contents.confidence
   * @param {string[]} labels What all runs are called.
   */
  constructor(contents, labels) {
    super(contents);
    Object.assign(this, { groups: contents.groups, names: labels, first: 0, second: 0 });
  }

  /** @param {number} group @returns {?number[]} What a run reads, or null if it was not asked. */
  answersOf(group) {
    return this.predicted[this.groups.indexOf(group)] ?? null;
  }

  caption(number) {
    const [one, other] = [this.first, this.second].map((each) => this.answersOf(each)[number]);
    const classes = nameOf(this.labels[number]);
    return { kind: "", classes, sure: `${nameOf(one)} | ${nameOf(other)}` };
  }

  describe(number) {
    return `Index ${this.index[number]}: true ${nameOf(this.labels[number])}`;
  }

  /** @param {number} number @returns {HTMLElement[]} A line for what each run reads. */
  lines(number) {
    return this.groups.map((group, n) => {
      const item = document.createElement("li");
      const answer = this.predicted[n][number];
      const right = answer === this.labels[number];
      const sure = `${nameOf(answer)}, ${percent(this.confidence[n][number])} sure`;
      item.append(span(right ? "right" : "wrong", sure), span("quiet", this.names[group]));
      return item;
    });
  }
}

/** Sort the table by a column when its heading is clicked; again, the other way round. */
function startSorting() {
  const body = byId("runs").tBodies[0];
  const headings = [...document.querySelectorAll("#runs th")];
  const valueOf = (row, column) => {
    const text = row.cells[column].textContent;
    const number = parseFloat(text.replaceAll(",", ""));
    return Number.isNaN(number) ? text : number;
  };
  headings.forEach((heading, column) => {
    heading.firstElementChild.addEventListener("click", () => {
      const falling = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach((each) => each.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const order = (a, b) => {
        const [one, other] = [valueOf(a, column), valueOf(b, column)];
        const numbers = typeof one === "number" && typeof other === "number";
        return numbers ? one - other : String(one).localeCompare(String(other));
      };
      const rows = [...body.rows].sort((a, b) => (falling ? order(b, a) : order(a, b)));
      body.replaceChildren(...rows);
    });
  });
}

/**
 * Draw the curves that are ticked, and write the values of the epoch that is pointed at.
 *
 * @param {{label: string, curves: Object<string, (number|null)[]>}[]} groups
 */
function startCurves(groups) {
  const longest = Math.max(...groups.map(({ curves }) => curves.validation_loss.length));
  if (longest === 0) {
    byId("curves").hidden = true;
    return;
  }
  const epochs = Array.from({ length: longest }, (_, n) => n + 1);
  const padded = (values) => epochs.map((_, n) => values[n] ?? null);
  const share = (value) => `${(100 * value).toFixed(2)}%`;
  const short = (value) => String(Number(value.toPrecision(4)));
  const measures = { loss: { write: short }, accuracy: { write: share, factor: 100, unit: "%" } };
  const switches = groups.map(({ label }, n) => {
    const item = document.createElement("li");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", id: `curve-${n}`, checked: n < FIRST_CURVES });
    const name = document.createElement("label");
    name.htmlFor = box.id;
    const swatch = element("svg", { width: 34, height: 10, "aria-hidden": "true" });
    swatch.append(element("path", { class: `curve ${hueOf(n)}`, d: "M2 5H32" }));
    name.append(swatch, label);
    item.append(box, name, span("quiet", ""));
    return { item, box, values: item.lastElementChild };
  });
  byId("switches").replaceChildren(...switches.map(({ item }) => item));
  const valuesOf = (n, kind) => groups[n].curves[`${byId("part").value}_${kind}`];
  const curvesOf = (kind) => groups
    .map((_, n) => ({ name: hueOf(n), values: padded(valuesOf(n, kind)) }))
    .filter((_, n) => switches[n].box.checked);
  const charts = {};
  const point = (position) => {
    Object.values(charts).forEach((chart) => chart.show(position));
    switches.forEach(({ values }, n) => {
      const written = Object.entries(measures).map(([kind, { write }]) => {
        const value = valuesOf(n, kind)[position] ?? null;
        return value === null ? "" : write(value);
      });
      values.textContent = written.filter(Boolean).join(", ");
    });
  };
  for (const [kind, contents] of Object.entries(measures)) {
    const options = { epochs, curves: curvesOf(kind), onPoint: point, ...contents };
    charts[kind] = new LineChart(byId(kind), options);
  }
  const redraw = () => {
    Object.entries(charts).forEach(([kind, chart]) => chart.choose(curvesOf(kind)));
    point(charts.loss.position);
  };
  for (const control of [byId("part"), ...switches.map(({ box }) => box)]) {
    control.addEventListener("change", redraw);
  }
  point(longest - 1);
}

/** @param {number} n The place of a group. @returns {string} The class of its curve. */
function hueOf(n) {
  return `hue-${n % HUES}${n % (2 * HUES) >= HUES ? " dashed" : ""}`;
}

/**
 * Show two runs side by side: their matrices, and the images that they read differently.
 *
 * @param {{label: string, matrix: ?number[][]}[]} groups
 * @param {?DifferingImages} images
 */
function startSides(groups, images) {
  const sides = ["left", "right"].map(byId);
  sides[1].value = String(Math.min(1, groups.length - 1));
  const wanted = {
    first: (truth, one, other) => one === truth && other !== truth,
    second: (truth, one, other) => one !== truth && other === truth,
    neither: (truth, one, other) => one !== truth && other !== truth && one !== other,
  };
  const onOpen = images && startDialog(images, (number) => {
    byId("one-answers").replaceChildren(...images.lines(number));
  }, null);
  const galleries = images && Object.fromEntries(Object.keys(wanted).map((id) => [
    id, new Gallery(byId(`${id}-images`), byId(`${id}-more`), images, onOpen),
  ]));
  const show = () => {
    const chosen = sides.map((side) => Number(side.value));
    const matrices = chosen.map((n) => groups[n].matrix);
    const most = mostMistakes(matrices.filter((matrix) => matrix !== null));
    matrices.forEach((matrix, n) => drawMatrix(byId(`${sides[n].id}-matrix`), matrix, most));
    const answers = chosen.map((n) => images?.answersOf(n) ?? null);
    const known = answers.every((each) => each !== null);
    byId("differing").hidden = !known;
    if (!known) return;
    [images.first, images.second] = chosen;
    for (const [id, isWanted] of Object.entries(wanted)) {
      const numbers = [...images.index.keys()].filter((n) =>
        isWanted(images.labels[n], answers[0][n], answers[1][n]),
      );
      byId(`${id}-count`).textContent = String(numbers.length);
      galleries[id].show(numbers);
    }
  };
  sides.forEach((side) => side.addEventListener("change", show));
  show();
}

/** Start every part of the page. */
async function startComparison() {
  const { classNames: names, groups, images } = JSON.parse(byId("data").textContent);
  classNames.push(...names);
  startSorting();
  startCurves(groups);
  let differing = null;
  if (images) {
    const sprite = await loadImage(images.sprite);
    differing = new DifferingImages({ ...images, sprite }, groups.map(({ label }) => label));
  }
  startSides(groups, differing);
  document.documentElement.dataset.ready = "true";
}

startComparison();
