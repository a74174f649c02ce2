import numpy as np
import pytest

from export_pipeline.embedded.dirt import MESSAGE_DIRT
from export_pipeline.embedded.sample_messages import make_messages
from export_pipeline.embedded.syslog_texts import TEXTS
from export_pipeline.embedded.text_gaps import GapFiller

NOTHING = np.array([], dtype=np.int64)


def make(dirty_kind: str | None) -> list[str]:
    """Give one message per text, all of them soiled with `dirty_kind`; same seed, same values."""
    rows = np.arange(len(TEXTS))[::-1].copy()
    dirt = {kind: rows if kind == dirty_kind else NOTHING for kind in MESSAGE_DIRT}
    rng = np.random.default_rng(5)
    messages: list[str] = make_messages(rng, GapFiller(rng, ["192.0.2.7"]), rows, dirt).to_pylist()
    return messages


def test_messages_stand_in_the_rows_of_their_texts() -> None:
    for message, text in zip(make(None), reversed(TEXTS), strict=True):
        fixed_start = text.text.partition("{")[0]
        assert message.startswith(fixed_start)


@pytest.mark.parametrize("kind", [kind for kind in MESSAGE_DIRT if kind != "broken_json_messages"])
def test_every_message_can_be_soiled_and_cleaned_again(kind: str) -> None:
    def clean(message: str) -> str:
        for code in ("\x1b[31m", "\x1b[1;33m", "\x1b[0;36m", "\x1b[0m"):
            message = message.replace(code, "")
        printable = "".join(" " if ord(letter) < 32 else letter for letter in message)
        return " ".join(printable.split())

    for soiled, plain in zip(make(kind), make(None), strict=True):
        assert soiled != plain
        assert clean(soiled) == plain


def test_broken_json_begins_and_does_not_end() -> None:
    for message in make("broken_json_messages"):
        assert message.startswith('event {"type": "login"')
        assert not message.endswith("}")
