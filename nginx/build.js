// Builds the pages into the directory that is given: `node build.js ../.build/www`.
//
// www/patient becomes /, www/staff becomes /admin/, www/docs with Swagger UI becomes /docs/. Scripts and
// styles stand in /assets/ under names with a digest of their content, so that browsers may keep
// them for ever; what is loaded later is a file of its own. Each text file has a compressed one beside it for
// nginx's gzip_static.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const www = join(here, 'www');
const out = process.argv[2] && resolve(process.argv[2]);
if (!out) {
  console.error('usage: node build.js DIRECTORY');
  process.exit(2);
}

const pages = [
  { source: 'patient', target: '.' },
  { source: 'staff', target: 'admin' },
];

async function bundle() {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: pages.map(({ source }) => `www/${source}/main.jsx`),
    outdir: join(out, 'assets'),
    entryNames: '[dir]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    outbase: 'www',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning',
  });
  return Object.entries(metafile.outputs);
}

// The script and the style sheet that a page starts with. A page is index.html with two marks in it.
async function writePage({ source, target }, outputs) {
  const [script, { cssBundle, imports }] = outputs.find(
    ([, { entryPoint }]) => entryPoint === `www/${source}/main.jsx`,
  );
  const address = (file) => `/assets/${basename(file)}`;
  const early = imports.filter(({ kind }) => kind === 'import-statement');
  const head = [
    ...(cssBundle ? [`<link rel="stylesheet" href="${address(cssBundle)}">`] : []),
    ...early.map(({ path }) => `<link rel="modulepreload" href="${address(path)}">`),
    `<script type="module" src="${address(script)}"></script>`,
  ];
  const page = await readFile(join(www, source, 'index.html'), 'utf8');
  await mkdir(join(out, target), { recursive: true });
  await writeFile(
    join(out, target, 'index.html'),
    page.replace('    <!-- assets -->', head.map((line) => `    ${line}`).join('\n')),
  );
}

async function copyDocs() {
  const swagger = join(here, 'node_modules/swagger-ui-dist');
  await cp(join(www, 'docs'), join(out, 'docs'), { recursive: true });
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    await cp(join(swagger, file), join(out, 'docs', file));
  }
  await cp(join(here, 'openapi.json'), join(out, 'openapi.json'));
}

async function compressAll(directory) {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const file = join(directory, entry.name);
    if (entry.isDirectory()) {
      await compressAll(file);
    } else if (['.html', '.js', '.css', '.json', '.svg'].includes(extname(file))) {
      const level = constants.Z_BEST_COMPRESSION;
      await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level }));
    }
  }
}

await rm(out, { recursive: true, force: true });
const outputs = await bundle();
for (const page of pages) {
  await writePage(page, outputs);
}
await copyDocs();
await compressAll(out);
