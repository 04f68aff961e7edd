/**
 * Solves matrix x = right for a symmetric, positive definite matrix, row after row, by Cholesky's
 * decomposition. Throws where it is not positive definite.
 */
export function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const lower = new Float64Array(size * size);
  const at = (of: Float64Array, row: number, column: number): number =>
    of[row * size + column] ?? 0;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = at(matrix, row, column);
      for (let k = 0; k < column; k += 1) sum -= at(lower, row, k) * at(lower, column, k);
      if (row === column && !(sum > 0)) throw new RangeError('the matrix is not positive definite');
      lower[row * size + column] =
        row === column ? Math.sqrt(sum) : sum / at(lower, column, column);
    }
  }
  const solved = right.slice();
  for (let row = 0; row < size; row += 1) {
    let sum = solved[row] ?? 0;
    for (let k = 0; k < row; k += 1) sum -= at(lower, row, k) * (solved[k] ?? 0);
    solved[row] = sum / at(lower, row, row);
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = solved[row] ?? 0;
    for (let k = row + 1; k < size; k += 1) sum -= at(lower, k, row) * (solved[k] ?? 0);
    solved[row] = sum / at(lower, row, row);
  }
  return solved;
}
