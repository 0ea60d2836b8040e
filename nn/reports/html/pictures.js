"use strict";

/*
 * The test images, cut out of one large image that contains all of them.
 */

const classNames = []; // filled when the page starts; empty if the data have none

/**
 * @param {number} label
 * @returns {string} What a class is called.
 */
function nameOf(label) {
  return classNames[label] ?? String(label);
}

/**
 * @param {string} address Of an image in the page.
 * @returns {Promise<HTMLImageElement>} The image, when it can be drawn.
 */
async function loadImage(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

/** The test images of the page, the most confident predictions first. */
class TestImages {
  /**
   * @param {object} contents
   * @param {HTMLImageElement} contents.sprite All images in one, in rows; already loaded.
   * @param {number} contents.columns The number of images in a row of it.
   * @param {[number, number]} contents.shape [H, W] of one image.
   * @param {number[]} contents.index Positions in the test set, from 0.
   * @param {number[]} contents.true
   * @param {number[]} contents.predicted
   * @param {number[]} contents.confidence Falling, from 0 to 1.
   */
  constructor({ sprite, columns, shape, index, true: labels, predicted, confidence }) {
    Object.assign(this, { sprite, columns, shape, index, labels, predicted, confidence });
  }

  /**
   * Return the numbers of the wanted images, the most instructive first: mistakes by falling,
   * correct predictions by rising confidence. An image's number is its position in this page.
   *
   * @param {function(number, number): boolean} wanted Given the true and the predicted class.
   * @returns {number[]}
   */
  select(wanted) {
    const numbers = [...this.index.keys()].filter((n) => wanted(this.labels[n], this.predicted[n]));
    const allCorrect = numbers.every((n) => this.labels[n] === this.predicted[n]);
    return allCorrect ? numbers.reverse() : numbers;
  }

  /**
   * Draw an image in its own size; the style sheet enlarges it.
   *
   * @param {HTMLCanvasElement} canvas
   * @param {number} number
   * @returns {Uint8ClampedArray} Its pixels, (H * W).
   */
  draw(canvas, number) {
    const [height, width] = this.shape;
    const [row, column] = [Math.floor(number / this.columns), number % this.columns];
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(this.sprite, -column * width, -row * height);
    const { data } = pen.getImageData(0, 0, width, height);
    return new Uint8ClampedArray(height * width).map((_, n) => data[4 * n]);
  }

  /**
   * Return what stands below an image.
   *
   * @param {number} number
   * @returns {{kind: string, classes: string, sure: string}} `kind` is a class of the style sheet.
   */
  caption(number) {
    const right = this.labels[number] === this.predicted[number];
    const truth = nameOf(this.labels[number]);
    return {
      kind: right ? "right" : "wrong",
      classes: right ? truth : `${truth} → ${nameOf(this.predicted[number])}`,
      sure: percent(this.confidence[number]),
    };
  }

  /** @param {number} number */
  describe(number) {
    const classes = describeClasses(this.labels[number], this.predicted[number]);
    return `Index ${this.index[number]}: ${classes}, ${percent(this.confidence[number])} sure`;
  }
}

/** A list of test images, each of them a button; another button shows more of them. */
class Gallery {
  /**
   * @param {HTMLElement} list
   * @param {HTMLButtonElement} more
   * @param {TestImages} images
   * @param {function(number[], number): void} onOpen Given the numbers of all images, and the
   *     position of the chosen one among them.
   */
  constructor(list, more, images, onOpen) {
    Object.assign(this, { list, more, images, onOpen });
    more.addEventListener("click", () => {
      const first = this.list.children.length;
      this.grow();
      this.list.children[first].firstElementChild.focus();
    });
  }

  /** @param {number[]} numbers The images to show. */
  show(numbers) {
    this.numbers = numbers;
    this.list.replaceChildren();
    this.grow();
  }

  /** Show up to 60 more images. */
  grow() {
    const shown = this.list.children.length;
    const next = this.numbers.slice(shown, shown + 60);
    this.list.append(...next.map((number, n) => this.picture(number, shown + n)));
    const left = this.numbers.length - this.list.children.length;
    this.more.hidden = left === 0;
    this.more.textContent = `Show ${Math.min(60, left)} more of ${left}`;
  }

  /**
   * @param {number} number
   * @param {number} position In this gallery.
   */
  picture(number, position) {
    const { kind, classes, sure } = this.images.caption(number);
    const button = document.createElement("button");
    button.type = "button";
    button.className = `picture ${kind}`;
    button.setAttribute("aria-label", this.images.describe(number));
    const canvas = document.createElement("canvas");
    this.images.draw(canvas, number);
    button.append(canvas, span("classes", classes), span("sure", sure));
    button.addEventListener("click", () => this.onOpen(this.numbers, position));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }
}

/**
 * @param {number} label The true class.
 * @param {number} predicted
 */
function describeClasses(label, predicted) {
  const answer = predicted === label ? "correctly" : nameOf(predicted);
  return `true ${nameOf(label)}, predicted ${answer}`;
}

/**
 * @param {string} name The element's class in the style sheet.
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
  return `${(100 * share).toFixed(1)}%`;
}
