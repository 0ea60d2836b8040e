"use strict";

/*
 * One unit of the network: what it looks for, what it adds to each class for the image that is
 * looked at, and the test images that excite it most.
 */

const MOST_EXCITING = 10; // test images shown
const SLICE = 25; // ms of work before the page may answer again

/** What a chosen unit does. */
class UnitPanel {
  /**
   * @param {HTMLElement} element
   * @param {Network} network
   * @param {[number, number]} imageShape
   * @param {TestImages} images
   * @param {function(number[], number): void} onOpen Opens one of several test images.
   */
  constructor(element, network, imageShape, images, onOpen) {
    Object.assign(this, { element, network, imageShape, images, work: 0 });
    this.bars = new SignedBars(byId("unit-adds"), network.layers.at(-1).outputShape[0]);
    this.gallery = new Gallery(byId("unit-images"), byId("unit-more"), images, onOpen);
    /** @type {Map<number, Float32Array[]>} Outputs of the units for each test image, by layer. */
    this.strengths = new Map();
  }

  /**
   * @param {?Float32Array[]} outputs For the image that is looked at; null for none.
   * @param {{layers: number, unit: ?number}} chosen The unit.
   * @param {string} words
   */
  show(outputs, { layers, unit }, words) {
    this.element.hidden = unit === null;
    if (unit === null) return;
    byId("unit-title").textContent = `Layer ${layers}, ${words || `unit ${unit + 1}`}`;
    this.bars.show(outputs && contributionOf(this.network, outputs, layers, unit));
    const seen = outputs ?? computeOutputs(this.network, new Float32Array(this.pixelCount));
    const gradient = this.wishes(seen, layers, unit);
    drawSigned(byId("unit-wishes"), gradient, this.imageShape, largestSize(gradient));
  }

  get pixelCount() {
    return this.imageShape[0] * this.imageShape[1];
  }

  /**
   * Return how ink in each pixel would raise a unit's sum of inputs. An activation is flat where a
   * unit is silent, so that the sum before it tells more.
   *
   * @param {Float32Array[]} outputs
   * @param {number} layers
   * @param {number} unit
   */
  wishes(outputs, layers, unit) {
    const { network } = this;
    while (layers > 1 && ["relu", "sigmoid"].includes(network.layers[layers - 1].name)) layers--;
    const place = strongestPlace(outputs[layers], network.layers[layers - 1].outputShape, unit);
    return pixelGradient(network, outputs, layers, place);
  }

  /**
   * Find the test images with the largest output of the unit, a slice of work at a time.
   *
   * @param {number} layers
   * @param {?number} unit
   */
  async showImages(layers, unit) {
    const work = ++this.work; // a newer choice ends this one
    if (unit === null) return;
    const { images } = this;
    if (!this.strengths.has(layers)) this.strengths.set(layers, []);
    const strengths = this.strengths.get(layers);
    this.gallery.show([]);
    while (strengths.length < images.index.length) {
      const end = performance.now() + SLICE;
      while (strengths.length < images.index.length && performance.now() < end) {
        strengths.push(this.strengthsOf(strengths.length, layers));
      }
      const [done, all] = [strengths.length, images.index.length];
      byId("unit-found").textContent = `Looking at test images: ${done} of ${all} …`;
      await new Promise((resolve) => setTimeout(resolve));
      if (work !== this.work) return;
    }
    const column = Float32Array.from(strengths, (each) => each[unit]);
    const exciting = mostOf(column, MOST_EXCITING, false);
    const silent = column.every((each) => each === column[0]);
    byId("unit-found").textContent = silent
      ? `${column[0].toFixed(2)} for every test image: this unit tells nothing.`
      : `Its largest output: ${column[exciting[0]].toFixed(2)}.`;
    this.gallery.show(silent ? [] : exciting);
  }

  /**
   * @param {number} number Of a test image.
   * @param {number} layers
   * @returns {Float32Array} The output of each unit of the layer.
   */
  strengthsOf(number, layers) {
    const pixels = this.images.draw(this.scratch ??= document.createElement("canvas"), number);
    const outputs = computeOutputs(this.network, pixels, layers)[layers];
    const { outputShape } = this.network.layers[layers - 1];
    return Float32Array.from({ length: outputShape[0] }, (_, unit) =>
      outputs[strongestPlace(outputs, outputShape, unit)],
    );
  }
}
