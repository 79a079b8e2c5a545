// Writes tests/HafsModels.Tests/Tokenizers/SentencePiece/spm-encode.json: hashes of the ids that SentencePiece's own spm_encode gives to the corpus of the tests.
// Usage: node sentencepiece-golden.mjs LINES FOLDER > spm-encode.json
// LINES has the corpus's lines; FOLDER has the models, trained by spm_train on this project's texts.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [lines, folder] = process.argv.slice(2);
const size = 100;
const sha = data => createHash('sha256').update(data).digest('hex');
const models = {};
for (const file of readdirSync(folder).filter(name => name.endsWith('.model')).sort()) {
  const output = execFileSync('spm_encode', [`--model=${join(folder, file)}`, '--output_format=id'], { input: readFileSync(lines), maxBuffer: 1 << 30 });
  const ids = output.toString().split('\n').slice(0, -1).map(line => [...line.split(' ').filter(id => id).map(Number), -1]);
  let blocks = '';
  for (let i = 0; i < ids.length; i += size)
    blocks += sha(Buffer.from(Int32Array.from(ids.slice(i, i + size).flat()).buffer)).slice(0, 8);
  models[file.slice(0, -'.model'.length)] = { sha256: sha(readFileSync(join(folder, file))), ids: ids.flat().filter(id => id >= 0).length, blocks };
}
console.log(JSON.stringify({
  source: `${execFileSync('spm_encode', ['--version']).toString().trim()}, spm_encode --output_format=id; models trained by spm_train on the project's documents; written by tests/peers/sentencepiece-golden.mjs`,
  format: 'blocks: the first 8 hex digits of the sha256 of the ids of a block of lines as little-endian i32, -1 after each line, one after the other',
  lines_a_block: size,
  models,
}, null, 1));
