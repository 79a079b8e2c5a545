// Writes src/HafsModels/Tokenizers/Normalizers/unicode-normalization.txt from the Unicode Character Database.
// Usage: node tokenizer-unicode.mjs UCD_FOLDER MAXIMUM_AGE > unicode-normalization.txt
// Hugging Face tokenizers normalize by the tables of Unicode 9.0; later characters stay as they are, so MAXIMUM_AGE is 9.0.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, maximum] = process.argv.slice(2);
const lines = name => readFileSync(join(folder, name), 'utf8').split('\n').map(l => l.replace(/#.*/, '').trim()).filter(Boolean);
const range = text => text.split('..').map(x => parseInt(x, 16));
const older = (a, b) => { const [x, y] = [a, b].map(v => v.split('.').map(Number)); return x[0] - y[0] || x[1] - y[1]; };

const ages = [];
for (const line of lines('DerivedAge.txt')) {
  const [codes, age] = line.split(';').map(x => x.trim());
  const [first, last = first] = range(codes);
  if (older(age, maximum) <= 0) ages.push([first, last]);
}
ages.sort((a, b) => a[0] - b[0]);
const known = c => ages.some(([first, last]) => c >= first && c <= last);
const excluded = new Set(lines('CompositionExclusions.txt').map(l => parseInt(l, 16)));

const canonical = [], compatible = [], classes = [];
for (const line of lines('UnicodeData.txt')) {
  const field = line.split(';');
  const code = parseInt(field[0], 16);
  if (!known(code)) continue;
  if (field[3] !== '0') classes.push([code, Number(field[3])]);
  if (!field[5]) continue;
  if (field[5].startsWith('<')) compatible.push(`${field[0]} ${field[5].replace(/^<[^>]*> /, '')}`);
  else canonical.push(`${field[0]} ${field[5]}${excluded.has(code) ? ' !' : ''}`);
}
const runs = [];
for (const [code, cls] of classes) {
  const run = runs.at(-1);
  if (run && run[1] === code - 1 && run[2] === cls) run[1] = code; else runs.push([code, code, cls]);
}
const hex = c => c.toString(16).toUpperCase().padStart(4, '0');
const version = readFileSync(join(folder, 'DerivedAge.txt'), 'utf8').match(/DerivedAge-([\d.]+)\.txt/)[1];
console.log(`# Unicode ${version} Character Database, characters up to version ${maximum}; © Unicode, Inc., Unicode licence V3. Written by tests/peers/tokenizer-unicode.mjs.`);
console.log('# canonical decompositions; ! marks those that composition leaves out');
console.log(canonical.join('\n'));
console.log('# compatibility decompositions');
console.log(compatible.join('\n'));
console.log('# canonical combining classes');
console.log(runs.map(([first, last, cls]) => `${hex(first)} ${hex(last)} ${cls}`).join('\n'));
