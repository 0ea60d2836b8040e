"use strict";

/*
 * Signed numbers as colours: positive ones orange, negative ones blue. A sheet shows all outputs of
 * a layer, each unit a square or each feature map an image, and lets a person choose one of them.
 */

const SIGNED_COLOURS = {
  light: { positive: [196, 78, 0], negative: [0, 96, 158], nothing: [255, 255, 255] },
  dark: { positive: [255, 160, 84], negative: [92, 186, 240], nothing: [18, 20, 23] },
};
const darkScheme = matchMedia("(prefers-color-scheme: dark)");

/** @param {function(): void} repaint Called when the page becomes light or dark. */
function onColourScheme(repaint) {
  darkScheme.addEventListener("change", repaint);
}

/**
 * Return the colour of a number.
 *
 * @param {number} number
 * @param {number} strongest The number that gets the full colour.
 * @returns {number[]} Red, green, blue.
 */
function signedColour(number, strongest) {
  const { positive, negative, nothing } = SIGNED_COLOURS[darkScheme.matches ? "dark" : "light"];
  const share = strongest > 0 ? Math.min(1, Math.abs(number) / strongest) : 0;
  const end = number > 0 ? positive : negative;
  return nothing.map((from, n) => from + share * (end[n] - from));
}

/**
 * Draw numbers as an image in its own size; the style sheet enlarges it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} numbers (H * W)
 * @param {[number, number]} shape [H, W]
 * @param {number} strongest
 */
function drawSigned(canvas, numbers, [height, width], strongest) {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  numbers.forEach((number, n) => image.data.set([...signedColour(number, strongest), 255], 4 * n));
  canvas.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
}

/** @param {Float32Array} numbers */
function largestSize(numbers) {
  return numbers.reduce((largest, number) => Math.max(largest, Math.abs(number)), 0);
}

/** All outputs of one layer. */
class Sheet {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number[]} shape Of the outputs: [D] or [C, H, W].
   * @param {object} callbacks
   * @param {function(number): void} callbacks.onPick Given the unit that was chosen.
   * @param {function(?number): void} callbacks.onPoint Given the unit under the mouse, or null.
   */
  constructor(canvas, shape, { onPick, onPoint }) {
    [this.count, this.height, this.width] = [shape[0], shape[1] ?? 1, shape[2] ?? 1];
    Object.assign(this, { canvas, outputs: null, chosen: null });
    const maps = matchMedia("(max-width: 34rem)").matches ? 4 : 8;
    const inRow = shape.length === 1 ? Math.max(16, Math.ceil(Math.sqrt(2 * this.count))) : maps;
    this.columns = Math.min(this.count, inRow);
    this.scale = Math.max(1, Math.floor(24 / Math.max(this.height, this.width)));
    [this.down, this.right] = [this.height, this.width].map((side) => side * this.scale + 2);
    canvas.width = this.columns * this.right + 2;
    canvas.height = Math.ceil(this.count / this.columns) * this.down + 2;
    // In rem: a square of 1.4 can be hit by a finger, and lines can be seen on an image of 4.6.
    canvas.style.width = `${this.columns * (shape.length === 1 ? 1.4 : 4.6)}rem`;
    canvas.addEventListener("click", (event) => {
      const unit = this.unitAt(event);
      if (unit !== null) onPick(unit);
    });
    canvas.addEventListener("pointermove", (event) => onPoint(this.unitAt(event)));
    canvas.addEventListener("pointerleave", () => onPoint(null));
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns };
    canvas.addEventListener("keydown", (event) => {
      if (!(event.key in steps) && event.key !== "Enter") return;
      event.preventDefault();
      const unit = (this.chosen ?? 0) + (this.chosen === null ? 0 : steps[event.key] ?? 0);
      if (unit >= 0 && unit < this.count) onPick(unit);
    });
  }

  /**
   * @param {PointerEvent} event
   * @returns {?number} The unit there.
   */
  unitAt(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - left) / width) * (this.canvas.width / this.right));
    const y = Math.floor(((event.clientY - top) / height) * (this.canvas.height / this.down));
    const unit = y * this.columns + x;
    return x >= 0 && x < this.columns && unit >= 0 && unit < this.count ? unit : null;
  }

  /**
   * @param {?Float32Array} outputs Of the layer, or null for none.
   * @param {?number} chosen The unit to mark.
   */
  paint(outputs, chosen) {
    Object.assign(this, { outputs, chosen });
    const pen = this.canvas.getContext("2d");
    const numbers = outputs ?? new Float32Array(this.count * this.height * this.width);
    const strongest = largestSize(numbers);
    const image = new ImageData(this.canvas.width, this.canvas.height);
    numbers.forEach((number, n) => {
      const unit = Math.floor(n / (this.height * this.width));
      const colour = [...signedColour(number, strongest), 255];
      const top = this.topOf(unit) + (Math.floor(n / this.width) % this.height) * this.scale;
      const left = this.leftOf(unit) + (n % this.width) * this.scale;
      for (let i = 0; i < this.scale; i++) {
        for (let j = 0; j < this.scale; j++) {
          image.data.set(colour, 4 * ((top + i) * image.width + left + j));
        }
      }
    });
    pen.putImageData(image, 0, 0);
    if (chosen === null) return;
    pen.strokeStyle = getComputedStyle(this.canvas).color;
    pen.lineWidth = 2;
    pen.strokeRect(this.leftOf(chosen) - 1, this.topOf(chosen) - 1, this.right, this.down);
  }

  /** @param {number} unit */
  topOf(unit) {
    return 2 + Math.floor(unit / this.columns) * this.down;
  }

  /** @param {number} unit */
  leftOf(unit) {
    return 2 + (unit % this.columns) * this.right;
  }
}
