// Ask the search of a site as its pages do: `node search.cjs SITE WORD...` prints the addresses that each word leads to.
const { readFileSync, globSync } = require("node:fs");
const { join, resolve } = require("node:path");

const [site, ...words] = process.argv.slice(2);
const index = JSON.parse(readFileSync(join(site, "search/search_index.json"), "utf-8"));
const waiting = [];
let ask;

globalThis.self = globalThis;
globalThis.addEventListener = (_, handler) => { ask = (type, data) => handler({ data: { type, data } }); };
globalThis.postMessage = (answer) => waiting.shift()(answer);

async function reply(type, data) {
  const answer = new Promise((resolve) => waiting.push(resolve));
  ask(type, data);
  return (await answer).data;
}

async function main() {
  require(resolve(globSync(join(site, "assets/javascripts/workers/search.*.min.js"))[0]));
  await reply(0, { ...index, options: { suggest: true } });
  const found = {};
  for (const word of words) found[word] = (await reply(2, word)).items.map((page) => page[0].location);
  console.log(JSON.stringify(found));
}

main();
