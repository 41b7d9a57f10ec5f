"""Files of tokens: what they may say, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from warmfit_fitting.errors import InvalidInput, Unauthenticated
from warmfit_server.access import Scope
from warmfit_server.tokens import Tokens

GOOD = '[[token]]\nname = "risk"\nnamespace = "risk"\ntoken = "0123456789abcdef"\nscopes = ["read", "fit"]\n'


def tokens(folder: Path, text: str, single: str | None = None) -> Tokens:
    file = folder / "tokens.toml"
    file.write_text(text)
    return Tokens(file, SecretStr(single) if single else None, "default")


def test_a_token_tells_whose_call_it_is(tmp_path: Path) -> None:
    caller = tokens(tmp_path, GOOD).caller("Bearer 0123456789abcdef")
    assert (caller.name, caller.namespace, caller.scopes) == ("risk", "risk", {Scope.READ, Scope.FIT})


def test_a_single_token_of_the_environment_has_every_scope_beside_the_file(tmp_path: Path) -> None:
    both = tokens(tmp_path, GOOD, single="fedcba9876543210")
    assert both.caller("bearer fedcba9876543210").scopes == set(Scope)
    assert both.caller("BEARER 0123456789abcdef").name == "risk"


def test_without_tokens_anyone_has_every_scope() -> None:
    anyone = Tokens(None, None, "shared").caller(None)
    assert (anyone.name, anyone.namespace, anyone.scopes) == ("anonymous", "shared", set(Scope))


@pytest.mark.parametrize("header", [None, "", "0123456789abcdef", "Basic 0123456789abcdef", "Bearer ", "Bearer 0123"])
def test_anything_but_a_known_token_is_refused_without_saying_which_are_known(
    tmp_path: Path, header: str | None
) -> None:
    with pytest.raises(Unauthenticated) as refused:
        tokens(tmp_path, GOOD).caller(header)
    assert "risk" not in str(refused.value)
    assert "0123" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "token: Field required"),
        ("token = []", "at least 1 item"),
        ("[[token", "no TOML"),
        (GOOD.replace("fit", "fitt"), "scopes"),
        (GOOD.replace("token = ", "tokn = "), "tokn"),
        (GOOD.replace('token = "0123456789abcdef"\n', ""), "needs either token or sha256"),
        (GOOD.replace("0123456789abcdef", "short"), "at least 16"),
        (GOOD.replace('namespace = "risk"', 'namespace = "../other"'), "namespace"),
        (GOOD + GOOD.replace("0123456789abcdef", "another-token-of-it"), "the same name"),
        (GOOD + GOOD.replace('"risk"', '"other"'), "the same secret"),
        (GOOD + 'sha256 = "zz"', "sha256"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place_and_without_its_secrets(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(InvalidInput, match=told) as refused:
        tokens(tmp_path, text)
    assert "0123456789abcdef" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nothing\.toml"):
        Tokens(tmp_path / "nothing.toml", None, "default")
