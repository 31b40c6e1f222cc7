"""What is assumed of tokens where nothing is known yet."""

from __future__ import annotations

CHARACTERS_A_TOKEN = 4.0
"""Used where nothing was asked of a model yet; about right for English."""

ASSUMED_OUTPUT = 300
"""Output tokens of a call to a model of which nothing is known and whose output has no limit."""

JUDGE_OUTPUT = 150
"""Output tokens of a judge's answer whose length has no limit."""
