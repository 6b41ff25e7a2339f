"""Where a function's code is while it runs."""

import shutil
import tempfile
from pathlib import Path

from talkroom.functions.failures import cannot_begin
from talkroom.functions.specs import FunctionSpec


class CodeFolder:
    """The folder of the code; inline code gets one of its own, until `remove`.

    Raises FunctionFailed, with a sentence for the developer, when there is no code.
    """

    def __init__(self, spec: FunctionSpec) -> None:
        self._temporary: Path | None = None
        if isinstance(spec.code, Path):
            self.path = spec.code
            if not self.path.is_dir():
                raise cannot_begin(
                    f"{spec.logical_id}: CodeUri is {self.path}, and there is no such folder. Correct it, or build the function"
                    " first (sam build)."
                )
        else:
            self.path = self._temporary = Path(tempfile.mkdtemp(prefix="talkroom-function-"))
            (self.path / _name_inline(spec.runtime)).write_text(spec.code, encoding="utf-8")

    def remove(self) -> None:
        """Remove the folder, if it was made here."""
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


def _name_inline(runtime: str) -> str:
    """As CloudFormation names it ("AWS::Lambda::Function Code", `ZipFile`)."""
    return "index.js" if runtime.startswith("nodejs") else "index.py"
