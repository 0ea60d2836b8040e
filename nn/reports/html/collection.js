"use strict";

/*
 * Drawings that a person keeps, each with its class, to train a network on them. They are saved as
 * the two files of a data set in MNIST's format (IDX), packed into one zip archive.
 */

/** @typedef {{name: string, content: Uint8Array}} PackedFile */

/** The kept drawings. */
class Collection {
  /** @param {[number, number]} imageShape [H, W] */
  constructor([height, width]) {
    Object.assign(this, { height, width });
    /** @type {{pixels: Uint8ClampedArray, label: number}[]} */
    this.kept = [];
  }

  /**
   * @param {Uint8ClampedArray} pixels (H * W)
   * @param {number} label
   */
  keep(pixels, label) {
    this.kept.push({ pixels: pixels.slice(), label });
  }

  removeLast() {
    this.kept.pop();
  }

  /** @returns {string} How many there are of each class. */
  describe(name = String) {
    if (this.kept.length === 0) return "Nothing kept yet.";
    const labels = this.kept.map(({ label }) => label).sort((a, b) => a - b);
    const counts = [...new Set(labels)].map(
      (label) => `${name(label)} × ${labels.filter((other) => other === label).length}`,
    );
    return `${this.kept.length} kept: ${counts.join(", ")}`;
  }

  /** @returns {Uint8Array} A zip archive of images and labels. */
  pack() {
    const { kept, height, width } = this;
    const images = idx(0x803, [kept.length, height, width], kept.flatMap((one) => [...one.pixels]));
    const labels = idx(0x801, [kept.length], kept.map((one) => one.label));
    return zip([
      { name: "train-images-idx3-ubyte", content: images },
      { name: "train-labels-idx1-ubyte", content: labels },
    ]);
  }
}

/**
 * Return an IDX file: a magic number, the sizes of all axes, then bytes.
 *
 * @param {number} magic
 * @param {number[]} sizes
 * @param {number[]} bytes
 */
function idx(magic, sizes, bytes) {
  const header = [magic, ...sizes].flatMap((number) => bigEndian(number));
  return Uint8Array.from([...header, ...bytes]);
}

/** @param {number} number */
function bigEndian(number) {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255);
}

/**
 * Return a zip archive whose files are stored as they are.
 *
 * Reference: PKWARE, APPNOTE.TXT, sections 4.3.7 (local file header), 4.3.12 (central directory)
 * and 4.3.16 (its end).
 *
 * @param {PackedFile[]} files
 */
function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, content } of files) {
    const letters = [...new TextEncoder().encode(name)];
    const size = content.length;
    // Version 1.0, no flags, stored, 1 January 1980, check sum, packed size, size, length of name.
    const facts = [
      ...words16(10, 0, 0, 0, 0x21), ...words32(crc32(content), size, size),
      ...words16(letters.length, 0),
    ];
    const header = [...words32(0x04034b50), ...facts, ...letters];
    parts.push(Uint8Array.from(header), content);
    // Made by version 1.0; no comment, first disk, no attributes; where the local header stands.
    directory.push(
      ...words32(0x02014b50), ...words16(10), ...facts, ...words16(0, 0, 0),
      ...words32(0, offset), ...letters,
    );
    offset += header.length + size;
  }
  const count = files.length;
  const end = [
    ...words32(0x06054b50), ...words16(0, 0, count, count), ...words32(directory.length, offset),
    ...words16(0),
  ];
  const all = [...parts, Uint8Array.from(directory), Uint8Array.from(end)];
  const archive = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of all) {
    archive.set(part, position);
    position += part.length;
  }
  return archive;
}

/** @param {number[]} numbers */
function words16(...numbers) {
  return numbers.flatMap((number) => [number & 255, (number >>> 8) & 255]);
}

/** @param {number[]} numbers */
function words32(...numbers) {
  return numbers.flatMap((number) => bigEndian(number).reverse());
}

/**
 * Return the CRC-32 of bytes, bit by bit.
 *
 * @param {Uint8Array} bytes
 */
function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
