"use strict";

/*
 * Prepares a drawing like the images that the network was trained on, in the same steps as
 * nn/datasets/framing.py and nn/datasets/centring.py. MNIST's digits were scaled to 20 x 20 pixels
 * and moved until their centre of mass was in the middle of 28 x 28 pixels; an unprepared drawing
 * would not resemble anything that the network has learned.
 */

const LEAST_INK = 0.3; // fainter pixels are ignored when the digit's edges are found

/**
 * @typedef {object} Framing How ink lies in the images that the network was trained on.
 * @property {number} inkHeight Rows that it fills at most.
 * @property {number} inkWidth Columns that it fills at most.
 * @property {boolean} stretched Whether it fills both, whatever its proportions.
 * @property {boolean} byMass Whether its centre of mass is in the middle, or its box.
 * @property {number} thickness Of strokes, in pixels, at most; 0 for any.
 */

/**
 * Scale a drawing and place it as ink lies in the images.
 *
 * @param {Float32Array} ink From 0 (none) to 1, row by row, (height * width).
 * @param {number} height
 * @param {number} width
 * @param {[number, number]} imageShape [H, W] of the images the network takes.
 * @param {Framing} framing
 * @returns {?Uint8ClampedArray} Pixels from 0 to 255, (H * W), or null if nothing is drawn.
 */
function prepareDrawing(ink, height, width, imageShape, framing) {
  const box = findInk(ink, height, width);
  if (!box) return null;
  const [imageHeight, imageWidth] = imageShape;
  let image = scaleInk(ink, width, box, imageShape, framing);
  const excess = meanThickness(image, imageHeight, imageWidth) - framing.thickness;
  if (framing.thickness && excess > 0) {
    const ratio = Math.max(box.height, box.width) / Math.max(framing.inkHeight, framing.inkWidth);
    const thinned = thin(crop(ink, width, box), box.height, box.width, excess * ratio);
    const rest = findInk(thinned, box.height, box.width);
    if (rest) image = scaleInk(thinned, box.width, rest, imageShape, framing);
  }
  const pixels = new Uint8ClampedArray(image.map((part) => Math.round(part * 255)));
  return framing.byMass ? centreByMass(pixels, imageHeight, imageWidth) : pixels;
}

/**
 * Scale the ink in a box to the size that `framing` says, in the middle of an image.
 *
 * @param {Float32Array} ink
 * @param {number} width Of the drawing.
 * @param {{top: number, left: number, height: number, width: number}} box
 * @param {[number, number]} imageShape
 * @param {Framing} framing
 * @returns {Float32Array} From 0 to 1, (H * W).
 */
function scaleInk(ink, width, box, [imageHeight, imageWidth], framing) {
  let [down, across] = [framing.inkHeight / box.height, framing.inkWidth / box.width];
  if (!framing.stretched) down = across = Math.min(down, across);
  const rounded = (length, most) => Math.min(most, Math.max(1, roundHalfToEven(length)));
  const smallHeight = rounded(box.height * down, imageHeight);
  const smallWidth = rounded(box.width * across, imageWidth);
  const small = resize(crop(ink, width, box), box.height, box.width, smallHeight, smallWidth);

  // Scaling makes thin lines faint; restore them to full ink.
  const full = percentile(small.filter((part) => part > 0), 0.9);
  const image = new Float32Array(imageHeight * imageWidth);
  const top = Math.floor((imageHeight - smallHeight) / 2);
  const left = Math.floor((imageWidth - smallWidth) / 2);
  for (let y = 0; y < smallHeight; y++) {
    for (let x = 0; x < smallWidth; x++) {
      const part = Math.min(small[y * smallWidth + x] / full, 1);
      image[(top + y) * imageWidth + left + x] = part;
    }
  }
  return image;
}

/**
 * Return the mean thickness of strokes in pixels: twice the ink for each length of edge.
 *
 * @param {Float32Array} image (height * width)
 * @param {number} height
 * @param {number} width
 * @returns {number}
 */
function meanThickness(image, height, width) {
  const at = (y, x) => (y < 0 || x < 0 || y >= height || x >= width ? 0 : image[y * width + x]);
  let [ink, edges] = [0, 0];
  for (let y = -1; y < height; y++) {
    for (let x = -1; x < width; x++) {
      ink += at(y, x);
      edges += Math.hypot(at(y + 1, x) - at(y, x), at(y, x + 1) - at(y, x));
    }
  }
  return (2 * ink) / edges;
}

/**
 * Make all strokes thinner by a number of pixels, which need not be whole.
 *
 * @param {Float32Array} ink (height * width)
 * @param {number} height
 * @param {number} width
 * @param {number} pixels
 * @returns {Float32Array} (height * width)
 */
function thin(ink, height, width, pixels) {
  // Each pass takes a pixel off both edges; crosses and squares in turn are nearly a disc.
  for (let number = 0; number < pixels / 2; number++) {
    const most = 1 + (number % 2); // of the steps down and across to a neighbour
    const share = Math.min(1, pixels / 2 - number);
    const before = ink;
    ink = before.map((part, n) => {
      const [y, x] = [Math.floor(n / width), n % width];
      let least = part;
      for (let down = -1; down <= 1; down++) {
        for (let across = -1; across <= 1; across++) {
          if (Math.abs(down) + Math.abs(across) > most) continue;
          const isInside =
            y + down >= 0 && y + down < height && x + across >= 0 && x + across < width;
          least = Math.min(least, isInside ? before[n + down * width + across] : 0);
        }
      }
      return part + share * (least - part);
    });
  }
  return ink;
}

/**
 * Return the smallest box that contains all ink.
 *
 * @param {Float32Array} ink
 * @param {number} height
 * @param {number} width
 * @returns {?{top: number, left: number, height: number, width: number}}
 */
function findInk(ink, height, width) {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (ink[y * width + x] <= LEAST_INK) continue;
      top = Math.min(top, y);
      bottom = y;
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  if (bottom < 0) return null;
  return { top, left, height: bottom - top + 1, width: right - left + 1 };
}

/**
 * Cut a box out of a drawing.
 *
 * @param {Float32Array} ink
 * @param {number} width Of the drawing.
 * @param {{top: number, left: number, height: number, width: number}} box
 * @returns {Float32Array} (box.height * box.width)
 */
function crop(ink, width, box) {
  const cut = new Float32Array(box.height * box.width);
  for (let y = 0; y < box.height; y++) {
    const from = (box.top + y) * width + box.left;
    cut.set(ink.subarray(from, from + box.width), y * box.width);
  }
  return cut;
}

/**
 * Scale a drawing by weighted averages, like Pillow's BILINEAR: near pixels count more.
 *
 * @param {Float32Array} ink (height * width)
 * @param {number} height
 * @param {number} width
 * @param {number} newHeight
 * @param {number} newWidth
 * @returns {Float32Array} (newHeight * newWidth)
 */
function resize(ink, height, width, newHeight, newWidth) {
  const narrow = new Float32Array(height * newWidth);
  averages(width, newWidth).forEach(({ first, weights }, x) => {
    for (let y = 0; y < height; y++) {
      let sum = 0;
      weights.forEach((weight, i) => (sum += weight * ink[y * width + first + i]));
      narrow[y * newWidth + x] = sum;
    }
  });
  const small = new Float32Array(newHeight * newWidth);
  averages(height, newHeight).forEach(({ first, weights }, y) => {
    for (let x = 0; x < newWidth; x++) {
      let sum = 0;
      weights.forEach((weight, i) => (sum += weight * narrow[(first + i) * newWidth + x]));
      small[y * newWidth + x] = sum;
    }
  });
  return small;
}

/**
 * Return the pixels of a line that each pixel of the scaled line averages, and their weights.
 *
 * @param {number} length
 * @param {number} newLength
 * @returns {{first: number, weights: number[]}[]} One entry for each new pixel; weights sum to 1.
 */
function averages(length, newLength) {
  const step = length / newLength;
  const reach = Math.max(step, 1);
  return Array.from({ length: newLength }, (_, n) => {
    const centre = (n + 0.5) * step;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(length, Math.floor(centre + reach + 0.5));
    const weights = [];
    for (let i = first; i < end; i++) {
      weights.push(Math.max(0, 1 - Math.abs(i + 0.5 - centre) / reach));
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Move an image by whole pixels to bring its centre of mass as near the middle as possible.
 *
 * @param {Uint8ClampedArray} image (height * width), not all 0.
 * @param {number} height
 * @param {number} width
 * @returns {Uint8ClampedArray} Pixels moved in are 0; pixels moved out are lost.
 */
function centreByMass(image, height, width) {
  let [mass, massDown, massRight] = [0, 0, 0];
  image.forEach((pixel, n) => {
    mass += pixel;
    massDown += pixel * Math.floor(n / width);
    massRight += pixel * (n % width);
  });
  const down = roundHalfToEven(massDown / mass - Math.floor(height / 2));
  const right = roundHalfToEven(massRight / mass - Math.floor(width / 2));
  return image.map((_, n) => {
    const y = Math.floor(n / width) + down;
    const x = (n % width) + right;
    return y < 0 || y >= height || x < 0 || x >= width ? 0 : image[y * width + x];
  });
}

/**
 * Return the number below which a share of all numbers lies, interpolated between two of them.
 *
 * @param {Float32Array} numbers At least one.
 * @param {number} share From 0 to 1.
 * @returns {number}
 */
function percentile(numbers, share) {
  const sorted = numbers.slice().sort();
  const rank = share * (sorted.length - 1);
  const below = Math.floor(rank);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
}

/**
 * Round as Python does: 0.5 to 0, 1.5 to 2.
 *
 * @param {number} number
 * @returns {number}
 */
function roundHalfToEven(number) {
  const rounded = Math.round(number);
  return rounded - number === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
