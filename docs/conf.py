"""How Sphinx builds the site from this folder: `make docs`."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "warmfit"
author = "the founders of warmfit"
version = release = version_of("warmfit")
extensions = ["myst_nb", "sphinx.ext.autodoc"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
nb_execution_mode = "off"  # what a notebook printed and drew is kept in it; the tests run its cells
html_theme = "furo"
html_title = f"warmfit {version}"
html_show_sphinx = False
myst_heading_anchors = 3
default_role = "literal"  # docstrings put names between single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_type_aliases = {"ArrayLike": "ArrayLike"}
suppress_warnings = ["misc.highlighting_failure"]  # shell commands whose quotes go over lines
