"""The environment variables of a function's process."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from talkroom.functions.settings import HostSettings
from talkroom.functions.specs import FunctionSpec

WORKERS: Final = Path(__file__).parent / "workers"
"""Our own runtime clients; what `LAMBDA_RUNTIME_DIR` is on Lambda."""


def make_variables(
    spec: FunctionSpec, settings: HostSettings, *, code: Path, runtime_api: str, now: datetime
) -> dict[str, str]:
    """All of them, those of layers included.

    Names and values are those of "Using Lambda environment variables" in the Lambda developer guide. From weak to strong: what
    is Lambda's default, every function's, the function's own, its overrides, and what Lambda reserves.
    """
    given = {**_defaults(settings), **settings.environment, **spec.environment}
    given.update(settings.overrides.get(spec.logical_id, {}))
    for name, folders in _layer_paths(spec).items():
        given[name] = os.pathsep.join([*([given[name]] if given.get(name) else []), *folders])
    programs = [str(layer / "bin") for layer in _layers(spec) if (layer / "bin").is_dir()]
    given["PATH"] = os.pathsep.join([*programs, given["PATH"]])
    return given | _reserved(spec, settings, code, runtime_api, now)


def _defaults(settings: HostSettings) -> dict[str, str]:
    return {"PATH": os.defpath, **settings.inherited, "LANG": "en_US.UTF-8", "TZ": ":UTC"}


def _reserved(
    spec: FunctionSpec, settings: HostSettings, code: Path, runtime_api: str, now: datetime
) -> dict[str, str]:
    variables = {
        "_HANDLER": spec.handler,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{now:%Y/%m/%d}/[$LATEST]{uuid4().hex}",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_TASK_ROOT": str(code),
        "LAMBDA_RUNTIME_DIR": str(WORKERS),
        "AWS_ACCESS_KEY_ID": settings.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": settings.credentials.secret_access_key,
    }
    if settings.credentials.session_token is not None:
        variables["AWS_SESSION_TOKEN"] = settings.credentials.session_token
    if not spec.runtime.startswith("provided"):  # which has none of them, says the guide
        variables["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{spec.runtime}"
    return variables


def _layer_paths(spec: FunctionSpec) -> dict[str, Sequence[str]]:
    """Where each language looks into layers ("Packaging your layer content"), as far as there is something."""
    node = spec.runtime.replace("nodejs", "node").removesuffix(".x")
    parts = {
        "PYTHONPATH": (f"python/lib/{spec.runtime}/site-packages", "python"),
        "NODE_PATH": (f"nodejs/{node}/node_modules", "nodejs/node_modules"),
        "LD_LIBRARY_PATH": ("lib",),
    }
    found = {
        name: [str(layer / part) for part in folders for layer in _layers(spec) if (layer / part).is_dir()]
        for name, folders in parts.items()
    }
    return {name: folders for name, folders in found.items() if folders}


def _layers(spec: FunctionSpec) -> list[Path]:
    """The last first: on Lambda they are laid over each other, and a later one's files replace an earlier one's."""
    return list(reversed(spec.layers))
