"""The same function in the two languages that have a worker here. It does what its event says under `do`."""

from pathlib import Path
from typing import Any

from talkroom.functions.specs import FunctionSpec
from tests.functions.kit import a_spec

PYTHON = """
import os
import pathlib
import subprocess
import sys
import threading
import time

print("importing app")
seen = []


def wait_for(path):
    while not pathlib.Path(path).exists():
        time.sleep(0.005)


def fail_inside(event):
    raise LookupError("no such room: " + event["room"])


def handler(event, context):
    return globals()["do_" + event["do"]](event, context)


def do_echo(event, context):
    return event


def do_pid(event, context):
    return os.getpid()


def do_seen(event, context):
    seen.append(event["name"])
    return seen


def do_raise(event, context):
    fail_inside(event)


def do_exit(event, context):
    os._exit(event["status"])


def do_kill(event, context):
    os.kill(os.getpid(), 9)


def do_hang(event, context):
    print("hanging")
    while True:
        pass


def do_print(event, context):
    print("to standard output: " + event["text"])
    print("to standard error: " + event["text"], file=sys.stderr)
    sys.stdout.write("without an end")
    return "printed"


def do_odd(event, context):
    return {1, 2}


def do_large(event, context):
    return "x" * event["characters"]


def do_meet(event, context):
    pathlib.Path(event["mine"]).touch()
    wait_for(event["other"])
    return os.getpid()


def do_wait(event, context):
    print("waiting " + event.get("name", ""))
    wait_for(event["path"])
    seen.append(event.get("name"))
    return os.getpid()


def do_child(event, context):
    return subprocess.Popen(["sleep", "1000"]).pid


def do_child_and_hang(event, context):
    print("child %d" % do_child(event, context))
    do_hang(event, context)


def do_later(event, context):
    def work():
        time.sleep(0.05)
        pathlib.Path(event["path"]).touch()

    threading.Thread(target=work, daemon=True).start()
    return "not awaited"


def do_exit_later(event, context):
    def work():
        wait_for(event["path"])
        os._exit(5)

    threading.Thread(target=work, daemon=True).start()
    return os.getpid()


def do_context(event, context):
    return {
        "function": context.function_name,
        "version": context.function_version,
        "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb,
        "group": context.log_group_name,
        "request": context.aws_request_id,
        "remaining": context.get_remaining_time_in_millis(),
        "trace": os.environ["_X_AMZN_TRACE_ID"],
    }


def do_variables(event, context):
    return dict(os.environ)


def do_folder(event, context):
    return os.getcwd()
"""

NODE = """
const fs = require('node:fs');
const { spawn } = require('node:child_process');

console.log('importing app');
const seen = [];

const waitFor = async (path) => {
  while (!fs.existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
};

function failInside(event) {
  throw new RangeError('no such room: ' + event.room);
}

function hang() {
  console.log('hanging');
  for (;;);
}

const child = () => spawn('sleep', ['1000'], { stdio: 'inherit' }).pid;

const actions = {
  echo: (event) => event,
  pid: () => process.pid,
  seen: (event) => (seen.push(event.name), seen),
  raise: failInside,
  exit: (event) => process.exit(event.status),
  kill: () => (process.kill(process.pid, 'SIGKILL'), new Promise(() => setInterval(() => {}, 1000))),
  hang,
  print: (event) => {
    console.log('to standard output: ' + event.text);
    process.stderr.write('to standard error: ' + event.text + '\\n');
    process.stdout.write('without an end');
    return 'printed';
  },
  odd: () => ({ a: 1n }),
  large: (event) => 'x'.repeat(event.characters),
  meet: async (event) => {
    fs.writeFileSync(event.mine, '');
    await waitFor(event.other);
    return process.pid;
  },
  wait: async (event) => {
    console.log('waiting ' + event.name);
    await waitFor(event.path);
    seen.push(event.name);
    return process.pid;
  },
  child,
  child_and_hang: () => {
    console.log('child ' + child());
    hang();
  },
  later: (event) => {
    setTimeout(() => fs.writeFileSync(event.path, ''), 50);
    return 'not awaited';
  },
  exit_later: (event) => {
    waitFor(event.path).then(() => process.exit(5));
    return process.pid;
  },
  context: (event, context) => ({
    function: context.functionName,
    version: context.functionVersion,
    arn: context.invokedFunctionArn,
    memory: context.memoryLimitInMB,
    group: context.logGroupName,
    request: context.awsRequestId,
    remaining: context.getRemainingTimeInMillis(),
    trace: process.env._X_AMZN_TRACE_ID,
  }),
  variables: () => process.env,
  folder: () => process.cwd(),
};

exports.handler = async (event, context) => actions[event.do](event, context);
"""


class Language:
    """How to write a function in it."""

    def __init__(self, name: str, runtime: str, file: str, source: str, broken: str, syntax_error: str) -> None:
        self.name = name
        self.runtime = runtime
        self.file = file
        self.source = source
        self.broken = broken
        """Source that imports a module that does not exist."""
        self.syntax_error = syntax_error

    def write(self, folder: Path, source: str | None = None) -> None:
        """The function's file."""
        (folder / self.file).write_text(self.source if source is None else source)

    def spec(self, folder: Path, **fields: Any) -> FunctionSpec:
        """Of the function in this folder, which is written first."""
        self.write(folder)
        return a_spec(fields.pop("code", folder), runtime=self.runtime, **fields)


LANGUAGES = (
    Language("python", "python3.12", "app.py", PYTHON, "import nowhere_to_be_found", "def handler(:"),
    Language("node", "nodejs20.x", "app.js", NODE, "require('nowhere_to_be_found')", "exports.handler = ("),
)
