"use strict";

/*
 * Small images: those of the test set, cut out of one large picture that holds all of them, and
 * the first layer's weights in colours.
 */

/** The test images that the page has, the surest answers first. */
class TestImages {
  /**
   * @param {object} contents
   * @param {HTMLImageElement} contents.sprite All images in one, in rows; already loaded.
   * @param {number} contents.columns How many images there are in a row of it.
   * @param {[number, number]} contents.shape [H, W] of one.
   * @param {number[]} contents.index Their numbers in the test set.
   * @param {number[]} contents.true
   * @param {number[]} contents.predicted
   * @param {number[]} contents.confidence Falling, from 0 to 1.
   */
  constructor({ sprite, columns, shape, index, true: labels, predicted, confidence }) {
    Object.assign(this, { sprite, columns, shape, index, labels, predicted, confidence });
  }

  /**
   * Return the places of the images that someone wants to see: of right answers the least sure
   * first, of wrong ones the surest, for these have most to tell.
   *
   * @param {function(number, number): boolean} wanted Given the true and the predicted class.
   * @returns {number[]}
   */
  select(wanted) {
    const places = [...this.index.keys()].filter((n) => wanted(this.labels[n], this.predicted[n]));
    const allRight = places.every((n) => this.labels[n] === this.predicted[n]);
    return allRight ? places.reverse() : places;
  }

  /**
   * Draw an image as large as it is, pixel by pixel; the style makes it larger.
   *
   * @param {HTMLCanvasElement} canvas
   * @param {number} place
   * @returns {Uint8ClampedArray} Its pixels, (H * W).
   */
  draw(canvas, place) {
    const [height, width] = this.shape;
    const [row, column] = [Math.floor(place / this.columns), place % this.columns];
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(this.sprite, -column * width, -row * height);
    return pen.getImageData(0, 0, width, height).data.filter((_, n) => n % 4 === 0);
  }

  /** @param {number} place */
  describe(place) {
    const [label, predicted] = [this.labels[place], this.predicted[place]];
    const verdict = label === predicted ? "read right" : `read as ${predicted}`;
    const sure = percent(this.confidence[place]);
    return `test image ${this.index[place]}: true ${label}, ${verdict}, ${sure} sure`;
  }
}

/** A list of test images that grows when asked, each of them a button. */
class Gallery {
  /**
   * @param {HTMLElement} list
   * @param {HTMLButtonElement} more
   * @param {TestImages} images
   * @param {function(number[], number): void} onOpen Given all places shown, and the chosen one.
   */
  constructor(list, more, images, onOpen) {
    Object.assign(this, { list, more, images, onOpen });
    more.addEventListener("click", () => {
      const first = this.list.children.length;
      this.grow();
      this.list.children[first].firstElementChild.focus();
    });
  }

  /** @param {number[]} places What to show from now on. */
  show(places) {
    this.places = places;
    this.list.replaceChildren();
    this.grow();
  }

  /** Show some more. */
  grow() {
    const shown = this.list.children.length;
    const next = this.places.slice(shown, shown + 60);
    this.list.append(...next.map((place, n) => this.picture(place, shown + n)));
    const left = this.places.length - this.list.children.length;
    this.more.hidden = left === 0;
    this.more.textContent = `Show ${Math.min(60, left)} more of ${left}`;
  }

  /**
   * @param {number} place
   * @param {number} number In this gallery.
   */
  picture(place, number) {
    const { labels, predicted, confidence } = this.images;
    const right = labels[place] === predicted[place];
    const button = document.createElement("button");
    button.type = "button";
    button.className = right ? "picture right" : "picture wrong";
    button.setAttribute("aria-label", this.images.describe(place));
    const canvas = document.createElement("canvas");
    this.images.draw(canvas, place);
    const words = right ? labels[place] : `${labels[place]} → ${predicted[place]}`;
    button.append(canvas, span("classes", words), span("sure", percent(confidence[place])));
    button.addEventListener("click", () => this.onOpen(this.places, number));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }
}

/**
 * Return the first layer that has weights, with the shape of the images it looks at.
 *
 * Until then nothing has made channels of the pixels, so its images have one.
 *
 * @param {Network} network
 * @param {[number, number]} imageShape
 * @returns {{weights: Float32Array, units: number, shape: [number, number]}}
 */
function firstWeights(network, imageShape) {
  let shape = imageShape;
  for (const layer of network.layers) {
    const { weights } = layer.arrays;
    if (weights) {
      const units = layer.outputShape[0];
      return { weights, units, shape: layer.constants.kernel_size ?? shape };
    }
    if (layer.outputShape.length === 3) shape = layer.outputShape.slice(1);
  }
  throw new Error("every network has weights, in its output layer at the latest");
}

/**
 * Draw what one unit looks for: blue where ink speaks against it, orange where it speaks for it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{weights: Float32Array, units: number, shape: [number, number]}} layer
 * @param {number} unit
 * @param {number} strongest The size of weight that gets the full colour.
 * @param {{for: number[], against: number[], nothing: number[]}} colours Red, green, blue.
 */
function drawWeights(canvas, { weights, units, shape }, unit, strongest, colours) {
  const [height, width] = shape;
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  for (let place = 0; place < height * width; place++) {
    const weight = weights[place * units + unit];
    const share = Math.min(1, Math.abs(weight) / strongest);
    const end = weight > 0 ? colours.for : colours.against;
    const colour = colours.nothing.map((from, n) => from + share * (end[n] - from));
    image.data.set([...colour, 255], 4 * place);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/**
 * @param {string} name Of a class of style.
 * @param {string|number} text
 */
function span(name, text) {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}

/** @param {number} share From 0 to 1. */
function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
