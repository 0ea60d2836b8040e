"use strict";

/*
 * A drawing, made to look like the images the network learned from: the same steps as in
 * nn/datasets/picture.py and nn/datasets/centring.py. MNIST's digits were fitted into 20 x 20
 * pixels and moved until their centre of mass was in the middle of 28 x 28; a network that was
 * shown a drawing as it is would be asked about something it has never seen.
 */

const LEAST_INK = 0.3; // what is fainter does not count for the digit's edges

/**
 * Fit a drawing into 20/28 of both sides and centre it by mass.
 *
 * @param {Float32Array} ink From 0 (none) to 1, row by row, (height * width).
 * @param {number} height
 * @param {number} width
 * @param {[number, number]} imageShape [H, W] of the images the network takes.
 * @returns {?Uint8ClampedArray} Pixels from 0 to 255, (H * W), or null if nothing is drawn.
 */
function prepareDrawing(ink, height, width, imageShape) {
  const box = findInk(ink, height, width);
  if (!box) return null;
  const [imageHeight, imageWidth] = imageShape;
  const scale = Math.min(
    (imageHeight * 20) / 28 / box.height,
    (imageWidth * 20) / 28 / box.width,
  );
  const smallHeight = Math.max(1, roundHalfToEven(box.height * scale));
  const smallWidth = Math.max(1, roundHalfToEven(box.width * scale));
  const small = resize(crop(ink, width, box), box.height, box.width, smallHeight, smallWidth);

  // Scaling has made a thin line faint; full ink is to be full again.
  const full = percentile(small.filter((part) => part > 0), 0.9);
  const image = new Uint8ClampedArray(imageHeight * imageWidth);
  const top = Math.floor((imageHeight - smallHeight) / 2);
  const left = Math.floor((imageWidth - smallWidth) / 2);
  for (let y = 0; y < smallHeight; y++) {
    for (let x = 0; x < smallWidth; x++) {
      const part = Math.min(small[y * smallWidth + x] / full, 1);
      image[(top + y) * imageWidth + left + x] = Math.round(part * 255);
    }
  }
  return centreByMass(image, imageHeight, imageWidth);
}

/**
 * Return the smallest box that holds all ink.
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
 * @param {number} width The drawing's.
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
 * Scale a drawing by averaging, near pixels counting more than far ones: Pillow's BILINEAR.
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
 * Say which pixels of a line each pixel of the scaled line is the average of.
 *
 * @param {number} length
 * @param {number} newLength
 * @returns {{first: number, weights: number[]}[]} One entry a new pixel; weights sum to 1.
 */
function averages(length, newLength) {
  const step = length / newLength;
  const reach = Math.max(step, 1);
  return Array.from({ length: newLength }, (_, place) => {
    const centre = (place + 0.5) * step;
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
 * Move an image by whole pixels until its centre of mass is nearest the middle.
 *
 * @param {Uint8ClampedArray} image (height * width), not all 0.
 * @param {number} height
 * @param {number} width
 * @returns {Uint8ClampedArray} What is moved in is 0, what is moved out is lost.
 */
function centreByMass(image, height, width) {
  let [mass, massDown, massRight] = [0, 0, 0];
  image.forEach((pixel, place) => {
    mass += pixel;
    massDown += pixel * Math.floor(place / width);
    massRight += pixel * (place % width);
  });
  const down = roundHalfToEven(massDown / mass - Math.floor(height / 2));
  const right = roundHalfToEven(massRight / mass - Math.floor(width / 2));
  return image.map((_, place) => {
    const y = Math.floor(place / width) + down;
    const x = (place % width) + right;
    return y < 0 || y >= height || x < 0 || x >= width ? 0 : image[y * width + x];
  });
}

/**
 * Return the number below which a share of all numbers lies, between two of them if need be.
 *
 * @param {Float32Array} numbers At least one.
 * @param {number} share From 0 to 1.
 * @returns {number}
 */
function percentile(numbers, share) {
  const sorted = numbers.slice().sort();
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
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
