// Reads a Hugging Face export with @huggingface/transformers, from the folder alone. Usage: node export-read.mjs FOLDER TEXTS_JSON MESSAGES_JSON
// Prints {"model_type":"...","ids":[[...]],"chat":"..."}.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, texts, messages] = process.argv.slice(2);
const require = createRequire(join(process.env.HAFS_NODE_PEERS, 'package.json'));
const { AutoConfig, AutoTokenizer, env } = await import(pathToFileURL(require.resolve('@huggingface/transformers')).href);
env.allowRemoteModels = false;
env.localModelPath = dirname(folder) + '/';
const tokenizer = await AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true });
const config = await AutoConfig.from_pretrained(basename(folder), { local_files_only: true });
const json = name => JSON.parse(readFileSync(name, 'utf8'));
process.stdout.write(JSON.stringify({
  model_type: config.model_type,
  ids: json(texts).map(text => tokenizer.encode(text).map(Number)),
  chat: tokenizer.apply_chat_template(json(messages), { tokenize: false, add_generation_prompt: true }),
}));
