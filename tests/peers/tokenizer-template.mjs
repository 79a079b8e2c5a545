// Renders chat templates with @huggingface/jinja. Usage: node tokenizer-template.mjs CASES_JSON
// CASES_JSON: [{"template": "...", "variables": {...}}]. Prints [{"text": "..."} | {"error": "..."}].
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.env.HAFS_NODE_PEERS, 'package.json'));
const { Template } = await import(pathToFileURL(require.resolve('@huggingface/jinja')).href);
const results = JSON.parse(readFileSync(process.argv[2], 'utf8')).map(({ template, variables }) => {
  try {
    return { text: new Template(template).render(variables) };
  } catch (error) {
    return { error: String(error.message) };
  }
});
process.stdout.write(JSON.stringify(results));
