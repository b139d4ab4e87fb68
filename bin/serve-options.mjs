// What `ermine serve` was called with, checked.
import process from 'node:process';
import { parseArgs } from 'node:util';

const HELP = `ermine serve [options]

  --port <n>        default 8787; 0 for any free port
  --host <name>     default 127.0.0.1
  --data <folder>   where PGlite keeps its files; default ./ermine-data. Not used with DATABASE_URL
  --token <t>       tenant:user:secret, as often as needed; the secret is what clients send. One is made if there is none
  --origin <url>    pages of this origin may call; as often as needed
  --help

  DATABASE_URL      a PostgreSQL 13 or newer to use instead of PGlite (needs the package pg)
  ERMINE_TOKENS     tokens, separated by commas
`;

/**
 * Ends the process with a line that says what to do.
 *
 * @param {string} line
 * @param {1 | 2} [code] 2 for what was typed
 * @returns {never}
 */
export function fail(line, code = 1) {
  console.error(`ermine: ${line}`);
  process.exit(code);
}

/** What an error says. @param {unknown} error */
export function reasonOf(error) {
  const { message, code } = /** @type {{ message?: string, code?: string }} */ (error);
  // One that stands for several, such as of two addresses of a host, has no message.
  return (message || code || String(error)).replace(/\.$/, '');
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        port: { type: 'string', default: '8787' },
        host: { type: 'string', default: '127.0.0.1' },
        data: { type: 'string', default: './ermine-data' },
        token: { type: 'string', multiple: true, default: [] },
        origin: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return fail(`${reasonOf(error).split('. ')[0]}. See ermine serve --help.`, 2);
  }
}

/** As browsers send it. @param {string} text */
function toOrigin(text) {
  const origin = text.replace(/\/$/, '');
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/]+$/.test(origin)) fail(`--origin ${text} is not an origin. One looks like https://app.example, without a path.`, 2);
  return origin;
}

/** Also answers `--help`. */
export function readOptions() {
  const { values, positionals } = parse();
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  if (positionals.join(' ') !== 'serve') fail(`${positionals.length === 0 ? 'There is' : `"${positionals.join(' ')}" is not a command, there is`} one command: ermine serve. See ermine serve --help.`, 2);
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) fail(`--port ${values.port} is not a port. It is a number from 0 to 65535.`, 2);
  const databaseUrl = process.env['DATABASE_URL'];
  if (databaseUrl !== undefined && !/^(postgres(ql)?|socket):|^\//.test(databaseUrl)) fail('DATABASE_URL is not the address of a PostgreSQL server, such as postgres://user:password@host:5432/database.', 2);
  return { ...values, port, origin: values.origin.map(toOrigin), databaseUrl };
}
