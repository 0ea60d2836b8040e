"use strict";

/*
 * A pad to draw on with mouse, pen, finger or keys. Lines are stored as points, so that the last
 * one can be removed and the pad can have any size on the screen.
 */

const PAD_AREA = 448 ** 2; // in pixels, whatever the pad's size on the screen
const PEN = 1 / 12; // the pen's width, in shorter sides; about that of MNIST's strokes
const KEY_STEP = 1 / 28;

/** @typedef {{x: number, y: number}} Point From 0 to 1 across the pad and down. */

/** The pad. */
class DrawingPad {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} aspect Width by height.
   * @param {object} callbacks
   * @param {function(): void} callbacks.onChange Called after a change, at most once per frame.
   * @param {function(): void} callbacks.onPause Called at the end of a line.
   */
  constructor(canvas, aspect, { onChange, onPause }) {
    Object.assign(this, { canvas, onChange, onPause });
    this.pen = canvas.getContext("2d", { willReadFrequently: true });
    /** @type {Point[][]} */
    this.lines = [];
    /** @type {Point} The position of the keyboard's pen. */
    this.keyPoint = { x: 0.5, y: 0.25 };
    this.keyDown = false;
    this.waiting = false;
    this.listenToPointer();
    this.listenToKeys();
    this.resize(aspect);
  }

  /**
   * Give the pad other proportions, and clear it.
   *
   * @param {number} aspect Width by height.
   */
  resize(aspect) {
    this.canvas.width = Math.round(Math.sqrt(PAD_AREA * aspect));
    this.canvas.height = Math.round(Math.sqrt(PAD_AREA / aspect));
    this.clear();
  }

  get empty() {
    return this.lines.length === 0;
  }

  listenToPointer() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.liftKeyPen();
      this.begin(this.pointOf(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      // A fast hand moves several times between two frames; the line includes every move.
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const move of moves.length ? moves : [event]) this.extend(this.pointOf(move));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => {
        if (!canvas.hasPointerCapture(event.pointerId)) return;
        canvas.releasePointerCapture(event.pointerId);
        this.onPause();
      });
    }
  }

  listenToKeys() {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    this.canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key in moves) this.moveKeyPen(...moves[event.key]);
      else if (event.key === " ") this.toggleKeyPen();
      else if (event.key === "Backspace") this.undo();
      else if (event.key === "Delete") this.clear();
      else return;
      event.preventDefault();
    });
    for (const change of ["focus", "blur"]) {
      this.canvas.addEventListener(change, () => this.redraw());
    }
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point}
   */
  pointOf(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
  }

  /** @param {Point} point */
  begin(point) {
    this.lines.push([point]);
    this.changed();
  }

  /** @param {Point} point */
  extend(point) {
    this.lines.at(-1).push(point);
    this.changed();
  }

  /** Remove the last line. */
  undo() {
    this.liftKeyPen();
    this.lines.pop();
    this.changed();
    this.onPause();
  }

  /** Remove all lines. */
  clear() {
    this.liftKeyPen();
    this.lines = [];
    this.changed();
    this.onPause();
  }

  toggleKeyPen() {
    this.keyDown = !this.keyDown;
    if (this.keyDown) {
      this.begin({ ...this.keyPoint });
    } else {
      this.redraw();
      this.onPause();
    }
  }

  liftKeyPen() {
    this.keyDown = false;
  }

  /**
   * @param {number} right
   * @param {number} down
   */
  moveKeyPen(right, down) {
    const inside = (share) => Math.min(1, Math.max(0, share));
    this.keyPoint.x = inside(this.keyPoint.x + right * KEY_STEP);
    this.keyPoint.y = inside(this.keyPoint.y + down * KEY_STEP);
    if (this.keyDown) this.extend({ ...this.keyPoint });
    else this.redraw();
  }

  /** Redraw and call `onChange`, once before the next frame. */
  changed() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.redraw();
      this.onChange();
    });
  }

  redraw() {
    this.drawLines();
    if (this.canvas.matches(":focus-visible")) this.drawKeyPen();
  }

  drawLines() {
    const { pen, canvas } = this;
    pen.fillStyle = "black";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = "white";
    pen.lineWidth = PEN * Math.min(canvas.width, canvas.height);
    pen.lineCap = pen.lineJoin = "round";
    for (const line of this.lines) {
      pen.beginPath();
      for (const { x, y } of line) pen.lineTo(x * canvas.width, y * canvas.height);
      const { x, y } = line.at(-1); // a line of one point is a dot
      pen.lineTo(x * canvas.width, y * canvas.height);
      pen.stroke();
    }
  }

  drawKeyPen() {
    const { pen, canvas, keyPoint } = this;
    pen.beginPath();
    const radius = (PEN * Math.min(canvas.width, canvas.height)) / 2;
    pen.arc(keyPoint.x * canvas.width, keyPoint.y * canvas.height, radius, 0, 2 * Math.PI);
    pen.lineWidth = 4;
    pen.strokeStyle = this.keyDown ? "#f39c5a" : "#56b4e9";
    pen.stroke();
  }

  /**
   * Return the drawing without the ring that marks the keyboard's pen.
   *
   * @returns {{ink: Float32Array, height: number, width: number}} Ink from 0 to 1.
   */
  read() {
    const { width, height } = this.canvas;
    this.drawLines();
    const pixels = this.pen.getImageData(0, 0, width, height).data;
    this.redraw();
    const ink = new Float32Array(width * height);
    for (let n = 0; n < ink.length; n++) ink[n] = pixels[4 * n] / 255;
    return { ink, height, width };
  }
}
