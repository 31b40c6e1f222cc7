"""Text similarity metrics, equal to the reference libraries without needing them."""

from rft_tui.graders.metrics.cost import is_heavy
from rft_tui.graders.metrics.registry import (
    METRIC_NAMES,
    SERVICE_METRIC_NAMES,
    MetricFunction,
    chosen_variant,
    metric_function,
    variants,
)

__all__ = [
    "METRIC_NAMES",
    "SERVICE_METRIC_NAMES",
    "MetricFunction",
    "chosen_variant",
    "is_heavy",
    "metric_function",
    "variants",
]
