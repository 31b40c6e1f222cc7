"""The engine of batches: questions become files, files become batches at a service, and what they bring is taken in.

Every step is written down before or with what it does, so a task whose worker ended at any moment goes on where it was:
nothing is sent twice without being looked for first, and nothing that came is counted twice.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any, Protocol, TypeVar

from rft_tui.errors import ServiceError
from rft_tui.model import Usage
from rft_tui.providers.batch import BatchLimits, BatchReport, line_of
from rft_tui.providers.batch_remote import MARK, UNCERTAIN, BatchRemote
from rft_tui.providers.calls import ModelCall
from rft_tui.providers.prices import cost_of
from rft_tui.settings import Price
from rft_tui.store.asking import release_all, task_owner
from rft_tui.store.batches import (
    BatchLine,
    BatchState,
    StoredBatch,
    add_batch,
    close_batch,
    count_claimed_by_others,
    free_stray_claims,
    line_at,
    move_batch,
    open_batches,
    tries_of,
)
from rft_tui.store.database import Store
from rft_tui.store.tasks import TaskState
from rft_tui.tasks.batch_collect import Collected, Collector, Keeper, Oddities, PriceOf
from rft_tui.tasks.batch_files import FOLDER, PartFile, file_name, sweep
from rft_tui.tasks.control import Control, TaskEnd
from rft_tui.tasks.estimate import ASSUMED_OUTPUT, CHARACTERS_A_TOKEN
from rft_tui.tasks.writing import StoreWriter
