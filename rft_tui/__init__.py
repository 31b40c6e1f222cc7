"""A terminal workbench for people who tune reasoning models with a grader as the reward."""

__version__ = "0.1.0"
