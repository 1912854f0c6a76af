"""What public images of Celery's world run where nobody says otherwise."""

from __future__ import annotations

import re

from celerylint.deploy.dockerfile import Command, Stage
from celerylint.deploy.nodes import Node
from celerylint.deploy.snippets import Snippet, Word

# Flower's own image (mher/flower, Dockerfile): `CMD ["celery", "flower"]` as the user `flower`.
FLOWER = re.compile(r"(?:docker\.io/)?mher/flower(?::[^@]*)?(?:@.*)?")


def known_stage(image: Node | None) -> Stage | None:
    """The stage that an image is, with its words where the image is named; None for one that is not known."""
    if image is None or not FLOWER.fullmatch(image.text):
        return None
    words = tuple(
        Word(Snippet(image.source, text, [image.start] * len(text) + [image.end]), image.span)
        for text in ("celery", "flower")
    )
    return Stage("", image.text, image.span, command=Command(words, None, image.span), user="flower")
