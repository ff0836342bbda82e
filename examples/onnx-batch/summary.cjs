#!/usr/bin/env node
// Counts how many images were classified right, over the accepted probabilities of all batches.
"use strict";
const { readdirSync, readFileSync, writeFileSync } = require("node:fs");

const labels = readFileSync("/in/digits", "utf8")
  .trim()
  .split("\n")
  .map((line) => Number(line.split(",").at(-1)));
const batches = readdirSync("/in/probabilities")
  .map(Number)
  .sort((a, b) => a - b);
const answers = batches.flatMap((batch) => {
  const bytes = readFileSync(`/in/probabilities/${batch}`);
  const rows = Array.from({ length: bytes.length / 40 }, (_, row) =>
    Array.from({ length: 10 }, (_, digit) => bytes.readFloatLE(40 * row + 4 * digit)),
  );
  return rows.map((row) => row.indexOf(Math.max(...row)));
});
const right = answers.filter((answer, row) => answer === labels[row]).length;
writeFileSync("/out/summary.json", JSON.stringify({ batches: batches.length, rows: answers.length, right }));
