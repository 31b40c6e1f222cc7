"""Words that made-up texts consist of."""

WORDS = (
    "gout",
    "arthritis",
    "femur",
    "liver",
    "ocean",
    "heron",
    "mercury",
    "sodium",
    "berlin",
    "insulin",
    "plague",
    "curie",
)


def cells(number: int) -> tuple[str, str, str, str]:
    """A row as both tables show it: figures, and a text of six words."""
    words = " ".join(WORDS[(number * 7919 + place * place * 31) // (place + 1) % len(WORDS)] for place in range(6))
    return f"{number:06d}", f"0.{number * 7919 % 100:02d}", f"model-{number % 7}", words
