"use strict";

/*
 * The film of the learning: weights, confusion matrix and twenty test images after each of the epochs
 * that were kept.
 */

const FRAME_TIME = 600; // ms, while it plays
const MIDDLE = 128; // the byte of a weight of 0

/** The film, which a slider moves. */
class Film {
  /**
   * @param {object} film As nn/reports/film_data.py writes it.
   * @param {HTMLImageElement} sprite Its images; already loaded.
   * @param {[number, number]} imageShape
   */
  constructor(film, sprite, imageShape) {
    Object.assign(this, { film, timer: null });
    this.images = new TestImages({ ...film, sprite, shape: imageShape });
    this.most = mostMistakes(film.frames.map(({ matrix }) => matrix));
    this.slider = byId("film-epoch");
    this.slider.max = film.frames.length - 1;
    this.slider.addEventListener("input", () => this.show());
    byId("film-play").addEventListener("click", () => (this.timer ? this.stop() : this.play()));
    if (film.weights) this.prepareWeights(imageShape);
    this.pictures = film.index.map((_, n) => {
      const item = document.createElement("li");
      const canvas = document.createElement("canvas");
      this.images.draw(canvas, n);
      item.append(canvas, span("classes", ""), span("sure", ""));
      return item;
    });
    byId("film-images").replaceChildren(...this.pictures);
    onColourScheme(() => this.show());
    this.slider.value = film.frames.length - 1;
    this.show();
  }

  /** @param {[number, number]} imageShape */
  prepareWeights(imageShape) {
    const { bytes, units, kernel } = this.film.weights;
    this.weightShape = kernel ?? imageShape;
    this.bytes = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
    this.units = Array.from({ length: units }, () => document.createElement("canvas"));
    byId("film-weights").replaceChildren(...this.units);
  }

  /** Show the epoch of the slider. */
  show() {
    const n = Number(this.slider.value);
    const { epoch, matrix, predicted, confidence } = this.film.frames[n];
    const right = matrix.reduce((sum, row, label) => sum + row[label], 0);
    const accuracy = percent(right / this.film.tested);
    byId("film-title").textContent = `After epoch ${epoch}: ${accuracy} correct`;
    this.slider.setAttribute("aria-valuetext", byId("film-title").textContent);
    drawMatrix(byId("film-matrix"), matrix, this.most);
    Object.assign(this.images, { predicted, confidence });
    this.pictures.forEach((item, number) => {
      const { kind, classes, sure } = this.images.caption(number);
      item.className = `picture ${kind}`;
      item.children[1].textContent = classes;
      item.children[2].textContent = sure;
    });
    this.units?.forEach((canvas, unit) => {
      const length = this.weightShape[0] * this.weightShape[1];
      const start = (n * this.units.length + unit) * length;
      const weights = Float32Array.from(this.bytes.subarray(start, start + length));
      drawSigned(canvas, weights.map((byte) => byte - MIDDLE), this.weightShape, MIDDLE - 1);
    });
  }

  /** Play from the slider's epoch on, or from the start if it is at the end. */
  play() {
    if (this.slider.value === this.slider.max) this.slider.value = 0;
    byId("film-play").textContent = "Pause";
    this.show();
    this.timer = setInterval(() => {
      this.slider.value = Number(this.slider.value) + 1;
      this.show();
      if (this.slider.value === this.slider.max) this.stop();
    }, FRAME_TIME);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    byId("film-play").textContent = "Play";
  }
}
