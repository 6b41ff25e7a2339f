// Runs a Node.js function as AWS Lambda's Node.js runtime does: a program of its own, for Node.js 18 and newer, that needs no
// package. It is used where the official client, aws-lambda-ric, is not installed beside the function.
//
// How a handler is found and called, what errors are called and how the console looks follows that client. What differs: an
// error's `trace` has the function's own frames only, and the stacks of its causes.

import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
// An agent does not keep the event loop alive with a connection that waits in it: that the loop has nothing left to do is how
// the end of an invocation is noticed that uses a callback.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

let requestId = ''; // of the latest invocation
let isPending = false; // whether it has no response yet
let hasBegun = false; // whether the first invocation has been asked for
let isDying = false;
let whenIdle; // what to do when the event loop has nothing left

class RuntimeError extends Error {
  constructor(type, message, { stack, cause } = {}) {
    super(message);
    this.name = `Runtime.${type}`;
    this.stack = stack ?? `${this.name}: ${message}`;
    if (cause !== undefined) this.cause = cause;
  }
}

// The Runtime API

function call(method, name, body = '', headers = {}) {
  const options = { agent, host, port, method, path: `/2018-06-01/runtime/${name}`, headers };
  if (method === 'POST') options.headers['Content-Length'] = Buffer.byteLength(body);
  return new Promise((resolve) => {
    // Nobody needs this process any more when the connection breaks.
    const request = http.request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
      response.on('error', () => process.exit(0));
    });
    request.on('error', () => process.exit(0));
    request.end(body);
  });
}

const post = (name, body, errorType) =>
  call('POST', name, body, {
    'Content-Type': 'application/json',
    ...(errorType && { 'Lambda-Runtime-Function-Error-Type': errorType }),
  });

async function next() {
  hasBegun = true;
  const answer = await call('GET', 'invocation/next');
  if (answer.status !== 200) process.exit(1);
  return answer;
}

// Errors

function isError(value) {
  return util.types.isNativeError(value) || ['name', 'message', 'stack'].every((key) => typeof value?.[key] === 'string');
}

function describe(error) {
  try {
    if (isError(error)) return { errorType: error.name, errorMessage: error.message, trace: traceOf(error) };
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return { errorType: 'handled', errorMessage: 'the error could not be read', trace: [] };
  }
}

function traceOf(error) {
  const lines = [];
  for (let one = error, depth = 0; isError(one) && depth < 8; one = one.cause, depth += 1) {
    const [first, ...rest] = one.stack.split('\n').filter((line) => !isForeign(line));
    lines.push(depth === 0 ? first : `[cause]: ${first}`, ...rest);
  }
  return lines;
}

const isForeign = (line) => /^\s+at .*(node_worker\.mjs|node:)/.test(line);

// Report an error that nobody caught to whoever waits, and end.
async function die(error, status) {
  if (isDying) return;
  isDying = true;
  const report = describe(error);
  if (!hasBegun) {
    await post('init/error', JSON.stringify(report), report.errorType);
  } else if (isPending) {
    await post(`invocation/${encodeURIComponent(requestId)}/error`, JSON.stringify(report));
  } else {
    console.error(report.trace.join('\n') || report.errorMessage);
  }
  process.exit(status);
}

process.on('uncaughtException', (error) => die(error, 129));
process.on('unhandledRejection', (reason) => {
  const stack = isError(reason) ? `Runtime.UnhandledPromiseRejection: ${reason.stack}` : undefined;
  die(new RuntimeError('UnhandledPromiseRejection', String(reason), { stack, cause: reason?.cause }), 128);
});
process.on('beforeExit', () => {
  const then = whenIdle;
  whenIdle = undefined;
  then?.();
});

// The console: what belongs to one message stays one line, its parts between carriage returns.

function patchConsole() {
  const print =
    (level) =>
    (...values) => {
      const line = `${new Date().toISOString()}\t${requestId}\t${level}\t${util.format(...values)}`;
      process.stdout.write(`${line.replace(/\n/g, '\r')}\n`);
    };
  const levels = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
  for (const [name, level] of Object.entries(levels)) console[name] = print(level);
}

// The handler

function isModulePackage(folder) {
  if (folder.endsWith('/node_modules')) return false;
  const file = path.join(folder, 'package.json');
  if (existsSync(file)) {
    try {
      return JSON.parse(readFileSync(file, 'utf8')).type === 'module';
    } catch {
      return false;
    }
  }
  const parent = path.dirname(folder);
  return parent === folder ? false : isModulePackage(parent);
}

async function importModule(root, folder, name) {
  const require = createRequire(path.join(root, 'handler.js'));
  const base = path.resolve(root, folder, name);
  const isModule = isModulePackage(path.dirname(base));
  const hasTypes = Number(process.versions.node.split('.')[0]) >= 24;
  const requires = (file) => require(file);
  const imports = (file) => import(pathToFileURL(file).href);
  const candidates = [
    ['', requires],
    ['.js', isModule ? imports : requires],
    ['.mjs', imports],
    ['.cjs', requires],
    ...(hasTypes ? [['.ts', isModule ? imports : requires], ['.mts', imports], ['.cts', requires]] : []),
  ];
  for (const [extension, take] of candidates) {
    if (existsSync(base + extension)) return take(base + extension);
  }
  return require(require.resolve(name, { paths: [root, path.resolve(root, folder)] }));
}

async function load(root, handler) {
  const folder = path.dirname(handler);
  const parts = /^([^.]+)\.(.+)$/.exec(path.basename(handler));
  if (parts === null || handler.includes('..')) {
    throw new RuntimeError('MalformedHandlerName', `'${handler}' is not a valid handler name.`);
  }
  const [, name, members] = parts;
  let module;
  try {
    module = await importModule(root, folder, name);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new RuntimeError('UserCodeSyntaxError', String(error), { stack: error.stack });
    }
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
      throw new RuntimeError('ImportModuleError', String(error), { stack: error.stack });
    }
    throw error;
  }
  const found = members.split('.').reduce((value, key) => value?.[key], module);
  if (found === undefined || found === null) {
    throw new RuntimeError('HandlerNotFound', `${handler} is undefined or not exported`);
  }
  if (typeof found !== 'function') throw new RuntimeError('HandlerNotFound', `${handler} is not a function`);
  refuseCallback(found);
  return found;
}

function refuseCallback(handler) {
  const runtime = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? '')?.[1]);
  if (runtime >= 24 && handler.length >= 3) {
    const message =
      'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
      'Make the handler async, or use an earlier Runtime.';
    throw new RuntimeError('CallbackHandlerDeprecated', message);
  }
}

// Invocations

function makeContext(headers) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  const parse = (text) => (text === undefined ? undefined : JSON.parse(text));
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parse(headers['lambda-runtime-client-context']),
    identity: parse(headers['lambda-runtime-cognito-identity']),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

// Settles with what the handler returns, with what it calls back with, or, when it does neither, with nothing left to do: the
// first of them counts.
function run(handler, event, context) {
  let resolve;
  let reject;
  const outcome = new Promise((...both) => ([resolve, reject] = both));
  let isDone = false;
  const once = (work) => (...values) => {
    if (isDone) return;
    isDone = true;
    whenIdle = undefined;
    work(...values);
  };
  const isGiven = (error) => error !== undefined && error !== null;
  const finish = (error, result) => (isGiven(error) ? reject(error) : resolve(result));
  const succeed = once(resolve);
  const fail = once((error) => reject(error ?? 'handled'));
  const callback = once((error, result) => {
    if (isGiven(error) || !context.callbackWaitsForEmptyEventLoop) finish(error, result);
    else whenIdle = () => resolve(result);
  });
  Object.assign(context, { succeed, fail, done: once(finish) });
  whenIdle = once(() => (handler.constructor.name === 'AsyncFunction' ? reject(neverSettled()) : resolve(null)));
  try {
    const returned = handler(event, context, callback);
    if (typeof returned?.then === 'function') returned.then(succeed, fail);
  } catch (error) {
    fail(error);
  }
  return outcome;
}

function neverSettled() {
  const message = 'The event loop has nothing left to do, and the promise of the handler was never settled.';
  return new RuntimeError('NodeJsExit', message);
}

function encode(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch (cause) {
    throw new Error('Unable to stringify response body', { cause });
  }
}

async function handleOne(handler) {
  const { headers, body } = await next();
  requestId = headers['lambda-runtime-aws-request-id'];
  isPending = true;
  if (headers['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  else delete process.env._X_AMZN_TRACE_ID;
  const name = `invocation/${encodeURIComponent(requestId)}`;
  let outcome;
  try {
    outcome = ['response', encode(await run(handler, JSON.parse(body), makeContext(headers)))];
  } catch (error) {
    outcome = ['error', JSON.stringify(describe(error))];
  }
  if (isDying) return;
  isPending = false;
  await post(`${name}/${outcome[0]}`, outcome[1]);
}

async function main() {
  patchConsole();
  let handler;
  try {
    handler = await load(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
  } catch (error) {
    await die(error, 1);
  }
  while (!isDying) await handleOne(handler);
}

main();
