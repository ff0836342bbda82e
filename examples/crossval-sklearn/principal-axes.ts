// Principal components by Jacobi's rotations: slow, short, and nothing like the singular value decomposition of LAPACK.

const SWEEPS = 12;

type Row = readonly number[];

/** What takes a row to its coordinates along the principal axes of these rows, the largest variance first. */
export function principalAxes(rows: readonly Row[]): (row: Row) => readonly number[] {
  const means = (rows[0] ?? []).map((_, column) => rows.reduce((sum, row) => sum + at(row, column), 0) / rows.length);
  const centred = rows.map((row) => row.map((value, column) => value - at(means, column)));
  const covariance = means.map((_, i) =>
    means.map((_mean, j) => centred.reduce((sum, row) => sum + at(row, i) * at(row, j), 0)),
  );
  const axes = eigenvectors(covariance);
  return (row) => {
    const centre = row.map((value, column) => value - at(means, column));
    return axes.map((axis) => axis.reduce((sum, value, column) => sum + value * at(centre, column), 0));
  };
}

// Rotates pairs of axes until the matrix is diagonal; the vectors are those of the diagonal's values from the largest down.
function eigenvectors(symmetric: readonly Row[]): readonly Row[] {
  const matrix = symmetric.map((row) => Float64Array.from(row));
  const vectors = matrix.map((_, i) => Float64Array.from(matrix, (_row, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < SWEEPS; sweep += 1)
    for (let p = 0; p < matrix.length; p += 1)
      for (let q = p + 1; q < matrix.length; q += 1) rotate(matrix, vectors, [p, q]);
  const order = matrix.map((_, index) => index).sort((a, b) => cell(matrix, b, b) - cell(matrix, a, a));
  return order.map((index) => [...(vectors[index] ?? [])]);
}

// Makes the cell (p, q) zero. The vectors are rows here.
function rotate(
  matrix: readonly Float64Array[],
  vectors: readonly Float64Array[],
  [p, q]: readonly [number, number],
): void {
  const off = cell(matrix, p, q);
  if (off === 0) return;
  const theta = (cell(matrix, q, q) - cell(matrix, p, p)) / (2 * off);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (const row of matrix) turnCells(row, { p, q, cosine, sine });
  turnRows(matrix, { p, q, cosine, sine });
  turnRows(vectors, { p, q, cosine, sine });
}

interface Turn {
  readonly p: number;
  readonly q: number;
  readonly cosine: number;
  readonly sine: number;
}

function turnCells(row: Float64Array, { p, q, cosine, sine }: Turn): void {
  const one = at(row, p);
  const other = at(row, q);
  row[p] = cosine * one - sine * other;
  row[q] = sine * one + cosine * other;
}

function turnRows(rows: readonly Float64Array[], { p, q, cosine, sine }: Turn): void {
  const first = rows[p];
  const second = rows[q];
  if (first === undefined || second === undefined) return;
  for (let column = 0; column < first.length; column += 1) {
    const one = at(first, column);
    const other = at(second, column);
    first[column] = cosine * one - sine * other;
    second[column] = sine * one + cosine * other;
  }
}

function cell(matrix: readonly Float64Array[], row: number, column: number): number {
  return matrix[row]?.[column] ?? 0;
}

function at(row: ArrayLike<number>, column: number): number {
  return row[column] ?? 0;
}
