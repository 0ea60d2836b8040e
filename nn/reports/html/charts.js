"use strict";

/*
 * Curves over the epochs, drawn as SVG. Pointing at an epoch, or moving to it with the arrow keys,
 * shows its values.
 */

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { top: 12, right: 14, bottom: 40 };
const CHART_HEIGHT = 250;
const DIGIT_WIDTH = 8; // of the axis labels; an upper limit

/**
 * One curve; a value that is not finite is null and leaves a gap.
 *
 * @typedef {object} Curve
 * @property {string} name "training", "validation" or "rate"; also its class in the style sheet.
 * @property {(number|null)[]} values One for each epoch.
 */

/** A chart of curves over the epochs. */
class LineChart {
  /**
   * @param {HTMLElement} figure Has an element `.plot` to draw in, an `output` for the values, and
   *     the name of the vertical axis in `data-label`.
   * @param {object} contents
   * @param {number[]} contents.epochs Ascending.
   * @param {Curve[]} contents.curves
   * @param {function(number): string} contents.write Formats a value.
   * @param {number} [contents.factor] From the values' unit to the axis's.
   * @param {string} [contents.unit] The axis's unit, added to each number.
   * @param {boolean} [contents.fromZero] Whether the axis must include 0.
   * @param {function(number): void} contents.onPoint Called with the position of an epoch.
   */
  constructor(figure, { epochs, curves, write, factor = 1, unit = "", fromZero, onPoint }) {
    Object.assign(this, { epochs, write, factor, unit, fromZero });
    this.label = figure.dataset.label;
    this.plot = figure.querySelector(".plot");
    this.readout = figure.querySelector("output");
    this.texts = { epoch: figure.querySelector(".epoch"), values: figure.querySelector(".values") };
    this.position = epochs.length - 1;
    this.svg = element("svg", { role: "img", tabindex: "0" });
    this.svg.setAttribute(
      "aria-label",
      `${this.label} of each epoch; left and right arrows read the values`,
    );
    this.plot.append(this.svg);
    this.listen(onPoint);
    this.choose(curves);
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  /** @param {Curve[]} curves Those to draw, on an axis that fits them. */
  choose(curves) {
    this.curves = curves;
    const values = curves.flatMap((curve) => curve.values).filter((value) => value !== null);
    this.scale = makeScale(values, this.fromZero);
    this.tickLabels = writeTicks(this.scale, this.factor, this.unit);
    const longest = Math.max(...this.tickLabels.map((label) => label.length));
    this.left = 12 + DIGIT_WIDTH * longest;
    this.draw();
  }

  /** @param {function(number): void} onPoint */
  listen(onPoint) {
    const point = (event) => {
      // A person who points sees the values; a screen reader must not read all of them aloud.
      this.readout.setAttribute("aria-live", "off");
      const share = (event.offsetX - this.left) / (this.right - this.left);
      const [first, last] = [this.epochs[0], this.epochs.at(-1)];
      onPoint(nearest(this.epochs, first + share * (last - first)));
    };
    this.svg.addEventListener("pointermove", point);
    this.svg.addEventListener("pointerdown", point);
    this.svg.addEventListener("keydown", (event) => {
      const last = this.epochs.length - 1;
      const [left, right] = [this.position - 1, this.position + 1];
      const moves = { ArrowLeft: left, ArrowRight: right, Home: 0, End: last };
      if (!(event.key in moves)) return;
      event.preventDefault();
      this.readout.setAttribute("aria-live", "polite");
      onPoint(Math.min(last, Math.max(0, moves[event.key])));
    });
  }

  /** Redraw everything at the current width. */
  draw() {
    const width = Math.max(this.plot.clientWidth, 220);
    this.right = width - MARGIN.right;
    this.bottom = CHART_HEIGHT - MARGIN.bottom;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${CHART_HEIGHT}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", CHART_HEIGHT);
    this.cursor = element("g", { class: "cursor" });
    this.svg.replaceChildren(...this.axes(), ...this.curves.map((curve) => this.line(curve)));
    this.svg.append(this.cursor);
    this.show(this.position);
  }

  /** @returns {SVGElement[]} The ticks of both axes, and their names. */
  axes() {
    const parts = [];
    this.scale.ticks.forEach((tick, n) => {
      const y = this.y(tick);
      parts.push(element("line", { class: "grid", x1: this.left, x2: this.right, y1: y, y2: y }));
      const at = { x: this.left - 8, y: y + 4, "text-anchor": "end" };
      parts.push(element("text", at, this.tickLabels[n]));
    });
    const [first, last] = [this.epochs[0], this.epochs.at(-1)];
    for (const tick of epochTicks(first, last, (this.right - this.left) / 44)) {
      const at = { x: this.x(tick), y: this.bottom + 19, "text-anchor": "middle" };
      parts.push(element("text", at, String(tick)));
    }
    const middle = (this.left + this.right) / 2;
    const name = { class: "axis", x: middle, y: CHART_HEIGHT - 4, "text-anchor": "middle" };
    parts.push(element("text", name, this.scale.log ? "epoch (values on a log scale)" : "epoch"));
    return parts;
  }

  /**
   * @param {Curve} curve
   * @returns {SVGElement} Its line, with a gap where a value is missing.
   */
  line(curve) {
    let path = "";
    let pen = "M";
    curve.values.forEach((value, n) => {
      if (value === null) {
        pen = "M";
        return;
      }
      path += `${pen}${this.x(this.epochs[n]).toFixed(1)} ${this.y(value).toFixed(1)}`;
      // A value on its own is a short bar.
      if (pen === "M" && (curve.values[n + 1] ?? null) === null) path += "m-2 0h4";
      pen = "L";
    });
    return element("path", { class: `curve ${curve.name}`, d: path });
  }

  /**
   * Mark one epoch and write its values.
   *
   * @param {number} position Of the epoch in `epochs`.
   */
  show(position) {
    this.position = position;
    const epoch = this.epochs[position];
    const x = this.x(epoch);
    this.cursor.replaceChildren(
      element("line", { x1: x, x2: x, y1: MARGIN.top, y2: this.bottom }),
    );
    const texts = [];
    for (const { name, values } of this.curves) {
      if (values[position] !== null) {
        const dot = { class: `dot ${name}`, cx: x, cy: this.y(values[position]), r: 4.5 };
        this.cursor.append(element("circle", dot));
      }
      const value = values[position] === null ? "not finite" : this.write(values[position]);
      texts.push(this.curves.length > 1 ? `${name} ${value}` : value);
    }
    this.texts.epoch.textContent = `epoch ${epoch}`;
    // Where there may be many curves, their values stand elsewhere.
    if (this.texts.values) this.texts.values.textContent = texts.join(", ");
  }

  /** @param {number} epoch */
  x(epoch) {
    const [first, last] = [this.epochs[0], this.epochs.at(-1)];
    const share = last > first ? (epoch - first) / (last - first) : 0.5;
    return this.left + share * (this.right - this.left);
  }

  /** @param {number} value */
  y(value) {
    return this.bottom - this.scale.share(value) * (this.bottom - MARGIN.top);
  }
}

/**
 * Choose the ends and the ticks of a vertical axis. It is logarithmic if values differ by more than
 * a factor of 1,000, as those of a diverging loss do.
 *
 * @param {number[]} values
 * @param {boolean} [fromZero]
 * @returns {{log: boolean, ticks: number[], share: function(number): number}} `share` is a
 *     value's height, from 0 to 1.
 */
function makeScale(values, fromZero) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (values.length === 0) [low, high] = [0, 1];
  if (low > 0 && high / low > 1000) {
    const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    const step = Math.ceil((last - first) / 6);
    const ticks = [];
    for (let power = first; power <= last; power += step) ticks.push(10 ** power);
    return { log: true, ticks, share: (value) => (Math.log10(value) - first) / (last - first) };
  }
  if (fromZero) low = Math.min(low, 0);
  if (low === high) [low, high] = [low - Math.abs(low) / 2, high + Math.abs(high) / 2 || 1];
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough);
  const ticks = [];
  const end = Math.ceil(high / step - 1e-9);
  for (let n = Math.floor(low / step); n <= end; n++) ticks.push(n * step);
  const [first, last] = [ticks[0], ticks.at(-1)];
  return { log: false, ticks, share: (value) => (value - first) / (last - first) };
}

/**
 * Format the ticks of an axis with enough digits to tell them apart.
 *
 * @param {{log: boolean, ticks: number[]}} scale
 * @param {number} factor
 * @param {string} unit
 * @returns {string[]}
 */
function writeTicks({ log, ticks }, factor, unit) {
  if (log) return ticks.map((tick) => Number((factor * tick).toPrecision(1)) + unit);
  const step = factor * (ticks[1] - ticks[0]);
  const digits = Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(step))));
  return ticks.map((tick) => Number((factor * tick).toFixed(digits)) + unit);
}

/**
 * Return as many round epochs as fit, and the first and last one unless a round one is near.
 *
 * @param {number} first
 * @param {number} last
 * @param {number} most
 * @returns {number[]}
 */
function epochTicks(first, last, most) {
  const rough = Math.max(1, (last - first) / most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const ticks = [];
  for (let tick = Math.ceil(first / step) * step; tick <= last; tick += step) ticks.push(tick);
  const near = 0.6 * step;
  if (ticks.length === 0 || ticks[0] - first >= near) ticks.unshift(first);
  if (last - ticks.at(-1) >= near) ticks.push(last);
  return ticks;
}

/**
 * @param {number[]} numbers Ascending.
 * @param {number} wanted
 * @returns {number} The position of the nearest number.
 */
function nearest(numbers, wanted) {
  let best = 0;
  numbers.forEach((number, n) => {
    if (Math.abs(number - wanted) < Math.abs(numbers[best] - wanted)) best = n;
  });
  return best;
}

/**
 * @param {string} name Of an SVG element.
 * @param {Object<string, string|number>} attributes
 * @param {string} [text]
 * @returns {SVGElement}
 */
function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
