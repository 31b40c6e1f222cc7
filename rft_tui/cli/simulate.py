"""``rft-tui simulate``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from rft_tui.cli.console import Calling, command
from rft_tui.errors import EXIT_DONE, EXIT_INTERRUPTED

_SECONDS = click.FloatRange(min=0, max=1e6)


@command
@click.option("--port", metavar="N", type=click.IntRange(0, 65_535), default=0, help="Port (default: any free one).")
@click.option(
    "--fault",
    "faults",
    metavar="KIND=SHARE",
    multiple=True,
    help="Let a share of requests (0 to 1) go wrong; repeat it.",
)
@click.option(
    "--fault-path",
    "fault_paths",
    metavar="PATH",
    multiple=True,
    help="Where faults happen, such as /v1/fine_tuning/jobs (default: where models and graders are asked); repeat it.",
)
@click.option(
    "--rate", metavar="R", type=_SECONDS, default=0.0, help="Requests a second; 429 beyond (default: no limit)."
)
@click.option("--no-retry-after", is_flag=True, help="Do not say how long to wait after a 429 of --rate.")
@click.option("--latency", metavar="S", type=_SECONDS, default=0.0, help="Seconds before each answer.")
@click.option("--seed", metavar="N", type=int, default=0, help="Which requests meet the faults.")
@click.option(
    "--job-seconds", metavar="S", type=_SECONDS, default=45.0, help="How long a whole job takes (default: 45)."
)
@click.option(
    "--job-scenario", metavar="NAME", default="healthy", help="What jobs tell that name no scenario of theirs."
)
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep jobs and training files here for the next service (default: they are gone at the end).",
)
@click.option("--api-key-env", metavar="NAME", default="", help="Take only the key that this variable holds.")
@click.option(
    "--idle-exit", metavar="S", type=_SECONDS, default=0.0, help="End after so many seconds without a request."
)
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Keep port, pid and token here; end when it is gone.",
)
def simulate(
    calling: Calling,
    port: int,
    faults: tuple[str, ...],
    fault_paths: tuple[str, ...],
    rate: float,
    no_retry_after: bool,
    latency: float,
    seed: int,
    job_seconds: float,
    job_scenario: str,
    keep: Path | None,
    api_key_env: str,
    idle_exit: float,
    state: Path | None,
) -> int:
    """Run the embedded simulated service by itself.

    An OpenAI-compatible service on 127.0.0.1 with models, responses, chat completions, embeddings, files, uploads,
    batches, the grader endpoints, fine-tuning jobs and their evaluations. Nothing in it thinks, every model's name
    begins with simulated-, and the same question always has the same answer.

    simulated-qwen-coder-0.5b and simulated-smollm2 answer the sample questions with recorded answers of the real
    models, run by run. simulated-echo repeats the last line of the question. Any other name, and any other question,
    gets one word of that line of four letters or more, chosen by a hash of question, model and run. simulated-reasoner
    adds reasoning, with the efforts none, low, medium and high; simulated-missing is not found.

    Asked for a number `result` or a label in a JSON schema, every model judges by words alone: twice the different
    words that reference and candidate have in common, over the words of both.

    Jobs of all three methods run on a compressed clock and train nothing. Their scenario is the word in their suffix or
    their metadata's `scenario`: healthy, hacked, overfit, flat, jump, broken-grader, moderation, failed-files,
    late-failure, late-failure-failed, silent. The metadata's `steps` and `seconds` set the length of one job. A
    fine-tuned model and its checkpoints answer the rows of their job as far as they have learned.

    Faults: 429, 429-bare, quota, 500, 503, stall, reset, half-json, content-type, drip, refusal, truncated,
    duplicate-id, batch-expired. Which request meets one follows from --seed; PUT /simulator/faults sets others while
    it runs, GET /simulator/state shows what was asked. ctrl+c ends it.
    """
    from rft_tui.simulator.faults import MODEL_PATHS, Faults, parse_shares
    from rft_tui.simulator.options import SimulatorOptions
    from rft_tui.simulator.serving import serve

    options = SimulatorOptions(
        faults=Faults(parse_shares(faults), fault_paths or MODEL_PATHS, seed),
        rate=rate,
        retry_after=not no_retry_after,
        latency_s=latency,
        api_key_env=api_key_env,
        idle_exit_s=idle_exit,
        job_seconds=job_seconds,
        job_scenario=job_scenario,
        folder=keep,
    )

    def announce(base_url: str) -> None:
        if calling.as_json:
            in_force = dict(options.faults.shares)
            calling.emit({"simulated": True, "base_url": base_url, "pid": os.getpid(), "faults": in_force})
            return
        calling.line(f"SIMULATED service on {base_url}, ctrl+c ends it")
        key = f'api_key_env = "{api_key_env}"'
        calling.say(f'In rft.toml:\n[profiles.trial]\nbase_url = "{base_url}"\n{key}')

    try:
        serve(options, announce, port=port, state_file=state)
    except KeyboardInterrupt:
        calling.say("The simulated service has ended.")
        return EXIT_INTERRUPTED
    return EXIT_DONE
