"""The tables of the cache, as numbered migrations: each one transaction with its own record.

Lists read narrow tables (`item`, `prediction`, `grade`, `review`); long text lies in wide ones (`item_row`, `input`,
`answer`, `grade_detail`) and is read for one item when it is shown. Derived tables (`review`, the search tables) can
always be made again from what they derive from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

if TYPE_CHECKING:
    from sqlite_utils.db import Database

migrations = Migrations("rft-tui")


@migrations(name="0001_datasets")
def datasets(db: Database) -> None:
    """Datasets, their items, and what models are asked."""
    db.conn.execute("""
        CREATE TABLE dataset (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT, method TEXT NOT NULL,
            mapping TEXT, content TEXT NOT NULL, rows INTEGER NOT NULL, problems TEXT NOT NULL DEFAULT '[]',
            simulated INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL)""")
    db.conn.execute("""
        CREATE TABLE input (
            id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, question TEXT NOT NULL, messages TEXT, tools TEXT)""")
    db.conn.execute("""
        CREATE TABLE item (
            id INTEGER PRIMARY KEY, dataset INTEGER NOT NULL REFERENCES dataset, position INTEGER NOT NULL,
            line INTEGER NOT NULL, row_id TEXT NOT NULL, input INTEGER NOT NULL REFERENCES input,
            question TEXT NOT NULL, reference TEXT, UNIQUE (dataset, position))""")
    db.conn.execute("CREATE INDEX item_row_id ON item (row_id)")
    db.conn.execute("CREATE INDEX item_input ON item (input, dataset)")
    db.conn.execute("""
        CREATE TABLE item_row (item INTEGER PRIMARY KEY REFERENCES item, reference TEXT, fields TEXT, raw BLOB)""")


@migrations(name="0002_predictions")
def predictions(db: Database) -> None:
    """Prompts, runs, what models answered, and which answer stands for which item in which run."""
    db.conn.execute("""
        CREATE TABLE prompt (
            version TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL, examples TEXT NOT NULL DEFAULT '[]',
            created_at TEXT NOT NULL)""")
    db.conn.execute("""
        CREATE TABLE run (
            id INTEGER PRIMARY KEY, dataset INTEGER NOT NULL REFERENCES dataset, profile TEXT NOT NULL,
            service TEXT NOT NULL, model TEXT NOT NULL, effort TEXT NOT NULL, prompt TEXT NOT NULL,
            parameters TEXT NOT NULL, run_index INTEGER NOT NULL, simulated INTEGER NOT NULL DEFAULT 0,
            source TEXT, created_at TEXT NOT NULL,
            UNIQUE (dataset, service, model, effort, prompt, parameters, run_index))""")
    db.conn.execute("""
        CREATE TABLE answer (
            id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, output_text TEXT NOT NULL, summary TEXT,
            error_message TEXT, extra TEXT)""")
    db.conn.execute("""
        CREATE TABLE prediction (
            id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run, item INTEGER NOT NULL REFERENCES item,
            answer INTEGER NOT NULL REFERENCES answer, run_index INTEGER NOT NULL, snippet TEXT NOT NULL,
            length INTEGER NOT NULL, error_kind TEXT, input_tokens INTEGER, output_tokens INTEGER,
            reasoning_tokens INTEGER, latency_s REAL, UNIQUE (run, item))""")
    db.conn.execute("CREATE INDEX prediction_item ON prediction (item, run)")
    db.conn.execute("CREATE INDEX prediction_answer ON prediction (answer)")


@migrations(name="0003_grades")
def grades(db: Database) -> None:
    """Graders, their versions, and what they say of predictions.

    `sort_score` is the score, or infinity for an error, so that one index serves lists in either order.
    """
    db.conn.execute("""
        CREATE TABLE grader (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
            spec TEXT NOT NULL, low REAL NOT NULL, high REAL NOT NULL, pass_threshold REAL,
            note TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL)""")
    db.conn.execute("CREATE INDEX grader_name ON grader (name, id)")
    db.conn.execute("""
        CREATE TABLE grade (
            grader INTEGER NOT NULL REFERENCES grader, prediction INTEGER NOT NULL REFERENCES prediction,
            item INTEGER NOT NULL, run INTEGER NOT NULL, score REAL, sort_score REAL NOT NULL, passed INTEGER,
            error_kind TEXT, PRIMARY KEY (grader, prediction)) WITHOUT ROWID""")
    db.conn.execute("CREATE INDEX grade_order ON grade (grader, sort_score, prediction, run)")
    db.conn.execute("CREATE INDEX grade_item ON grade (grader, item, run, score)")
    db.conn.execute("""
        CREATE TABLE grade_detail (
            id INTEGER PRIMARY KEY, grader INTEGER NOT NULL, prediction INTEGER NOT NULL, sub_scores TEXT,
            steps TEXT, error_message TEXT, UNIQUE (grader, prediction))""")


@migrations(name="0004_review")
def review(db: Database) -> None:
    """The verdict log (append-only), the state derived from it, marks, and what a session remembers."""
    db.conn.execute("""
        CREATE TABLE verdict_log (
            id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, batch TEXT NOT NULL, reviewer TEXT NOT NULL,
            kind TEXT NOT NULL, answer INTEGER REFERENCES answer, row_id TEXT, value TEXT NOT NULL,
            grader_version TEXT, at TEXT NOT NULL)""")
    db.conn.execute("CREATE INDEX verdict_log_answer ON verdict_log (answer, reviewer, id)")
    db.conn.execute("CREATE INDEX verdict_log_row ON verdict_log (row_id, reviewer, id) WHERE row_id IS NOT NULL")
    db.conn.execute("CREATE INDEX verdict_log_batch ON verdict_log (batch)")
    db.conn.execute("CREATE INDEX verdict_log_undone ON verdict_log (value) WHERE kind = 'undo'")
    db.conn.execute("""
        CREATE TABLE review (
            reviewer TEXT NOT NULL, answer INTEGER NOT NULL REFERENCES answer, verdict TEXT,
            verdict_grader TEXT, tags TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (reviewer, answer)) WITHOUT ROWID""")
    db.conn.execute("""
        CREATE TABLE correction (
            reviewer TEXT NOT NULL, row_id TEXT NOT NULL, reference TEXT NOT NULL,
            PRIMARY KEY (reviewer, row_id)) WITHOUT ROWID""")
    db.conn.execute("CREATE TABLE mark (prediction INTEGER PRIMARY KEY REFERENCES prediction)")
    db.conn.execute("CREATE TABLE session (name TEXT PRIMARY KEY, value TEXT NOT NULL)")


@migrations(name="0005_search")
def search(db: Database) -> None:
    """Full-text tables over the wide texts; they are caught up lazily (`search_state` says how far)."""
    for table, source, columns in (
        ("input_search", "input", "question"),
        ("answer_search", "answer", "output_text, summary"),
        ("reference_search", "item_row", "reference"),
        ("steps_search", "grade_detail", "steps"),
    ):
        key = "item" if source == "item_row" else "id"
        db.conn.execute(
            f"CREATE VIRTUAL TABLE {table} USING fts5({columns}, content='{source}', content_rowid='{key}',"
            " tokenize='trigram', detail='none')"
        )
    db.conn.execute("CREATE TABLE search_state (name TEXT PRIMARY KEY, upto INTEGER NOT NULL)")


@migrations(name="0006_services")
def services(db: Database) -> None:
    """What model services answered and what it took, tasks, and who is asking what just now.

    `run.items` is how many items the run is for, null for all of its dataset; then `wanted` holds no rows of it.
    `answer.usage` is what the service counted, as JSON with the cost. `reply` keeps what judges answered.
    `task.beat` is a counter that the owner moves; whoever watches it needs no clock in common with the owner.
    """
    for statement in (
        "ALTER TABLE answer ADD COLUMN error_kind TEXT",
        "ALTER TABLE answer ADD COLUMN served_model TEXT",
        "ALTER TABLE answer ADD COLUMN usage TEXT",
        "ALTER TABLE answer ADD COLUMN asked_at TEXT",
        "ALTER TABLE answer ADD COLUMN asked_by INTEGER",
        "ALTER TABLE prediction ADD COLUMN cost REAL",
        "ALTER TABLE prediction ADD COLUMN cached INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE run ADD COLUMN items INTEGER",
        "ALTER TABLE run ADD COLUMN served_models TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE grade_detail ADD COLUMN judged TEXT",
        "ALTER TABLE grade_detail ADD COLUMN simulated INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX grade_detail_simulated ON grade_detail (grader, prediction) WHERE simulated",
    ):
        db.conn.execute(statement)
    db.conn.execute("""
        UPDATE answer SET error_kind = (SELECT error_kind FROM prediction WHERE prediction.answer = answer.id LIMIT 1)
        WHERE error_message IS NOT NULL""")
    db.conn.execute("CREATE TABLE answer_raw (answer INTEGER PRIMARY KEY REFERENCES answer, body BLOB NOT NULL)")
    db.conn.execute("""
        CREATE TABLE wanted (
            run INTEGER NOT NULL REFERENCES run, item INTEGER NOT NULL REFERENCES item,
            PRIMARY KEY (run, item)) WITHOUT ROWID""")
    db.conn.execute("""
        CREATE TABLE reply (
            key TEXT PRIMARY KEY, kind TEXT NOT NULL, model TEXT NOT NULL, served_model TEXT NOT NULL,
            body BLOB NOT NULL, usage TEXT NOT NULL, simulated INTEGER NOT NULL DEFAULT 0, asked_at TEXT NOT NULL)""")
    db.conn.execute(
        "CREATE TABLE asking (key TEXT PRIMARY KEY, owner TEXT NOT NULL, since REAL NOT NULL) WITHOUT ROWID"
    )
    db.conn.execute("CREATE INDEX asking_owner ON asking (owner)")
    db.conn.execute("""
        CREATE TABLE task (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, request TEXT NOT NULL,
            settings TEXT NOT NULL DEFAULT '{}', state TEXT NOT NULL, wish TEXT NOT NULL DEFAULT '',
            progress TEXT NOT NULL DEFAULT '{}', message TEXT NOT NULL DEFAULT '', error TEXT, owner TEXT,
            beat INTEGER NOT NULL DEFAULT 0, simulated INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL,
            started_at TEXT, ended_at TEXT)""")
    db.conn.execute("CREATE INDEX task_state ON task (state, id)")
    db.conn.execute("""
        CREATE TABLE task_item (
            task INTEGER NOT NULL REFERENCES task, item INTEGER NOT NULL, PRIMARY KEY (task, item)) WITHOUT ROWID""")
    db.conn.execute(
        "CREATE TABLE worker (id INTEGER PRIMARY KEY CHECK (id = 1), owner TEXT NOT NULL, beat INTEGER NOT NULL)"
    )
    db.conn.execute("""
        CREATE TABLE batch (
            id INTEGER PRIMARY KEY, task INTEGER NOT NULL REFERENCES task, model TEXT NOT NULL, endpoint TEXT NOT NULL,
            state TEXT NOT NULL, lines INTEGER NOT NULL, mark TEXT NOT NULL UNIQUE, expected_tokens INTEGER NOT NULL,
            expected_cost REAL, input_file TEXT, remote TEXT, output_file TEXT, error_file TEXT,
            message TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL)""")
    db.conn.execute("CREATE INDEX batch_task ON batch (task, id)")
    db.conn.execute("""
        CREATE TABLE batch_line (
            batch INTEGER NOT NULL REFERENCES batch, key TEXT NOT NULL, number INTEGER NOT NULL,
            tries INTEGER NOT NULL, outcome TEXT, run INTEGER, item INTEGER, PRIMARY KEY (batch, key)) WITHOUT ROWID""")
    db.conn.execute("CREATE INDEX batch_line_key ON batch_line (key)")


@migrations(name="0007_workbench")
def workbench(db: Database) -> None:
    """Graders that are edited: exact texts, what was done to versions, drafts, pinned predictions, expected orders.

    `grader.position` says which version of a name is the newest, also after an old one was saved again; `grader.text`
    is the JSON as a person wrote it. `grader_change` keeps what stood before each change, so that it can be undone.
    """
    for statement in (
        "ALTER TABLE grader ADD COLUMN position INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE grader ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE grader ADD COLUMN text TEXT",
        "UPDATE grader SET position = id",
        "CREATE INDEX grader_position ON grader (position)",
    ):
        db.conn.execute(statement)
    db.conn.execute("""
        CREATE TABLE grader_change (
            id INTEGER PRIMARY KEY, batch TEXT NOT NULL, kind TEXT NOT NULL, grader INTEGER NOT NULL REFERENCES grader,
            name TEXT NOT NULL, note TEXT NOT NULL, position INTEGER NOT NULL, deleted INTEGER NOT NULL,
            undone INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL)""")
    db.conn.execute("CREATE INDEX grader_change_batch ON grader_change (batch)")
    db.conn.execute("""
        CREATE TABLE draft (
            name TEXT PRIMARY KEY, base_version TEXT, text TEXT NOT NULL, cursor TEXT NOT NULL DEFAULT '',
            saved_at TEXT NOT NULL)""")
    db.conn.execute("""
        CREATE TABLE pin (
            id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run, item INTEGER NOT NULL REFERENCES item,
            at TEXT NOT NULL, UNIQUE (item, run))""")


@migrations(name="0008_grader_tests")
def grader_tests(db: Database) -> None:
    """What tests of graders said: benches, a second rater's judgement of pairs, its critiques; lists that are kept.

    `pair_rating.outcome` is 1 where `first` is better in both orders of asking, -1 where `second` is, 0 for a tie or
    where the orders contradict each other; `swapped` is then how many times more the first place was preferred than the
    second, else 0. `kept_list` holds predictions in an order of their own, for Review to show; every list can be made
    again from what it came from.
    """
    db.conn.execute("""
        CREATE TABLE bench_result (
            id INTEGER PRIMARY KEY, version TEXT NOT NULL, name TEXT NOT NULL, ok INTEGER NOT NULL,
            checks INTEGER NOT NULL, failures INTEGER NOT NULL, simulated INTEGER NOT NULL, document TEXT NOT NULL,
            at TEXT NOT NULL)""")
    db.conn.execute("CREATE INDEX bench_result_version ON bench_result (version, id)")
    db.conn.execute("""
        CREATE TABLE pair_rating (
            rater TEXT NOT NULL, service TEXT NOT NULL,
            first INTEGER NOT NULL REFERENCES prediction ON DELETE CASCADE,
            second INTEGER NOT NULL REFERENCES prediction ON DELETE CASCADE,
            outcome INTEGER NOT NULL, swapped INTEGER NOT NULL,
            reason TEXT NOT NULL, simulated INTEGER NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (first, second, rater, service)) WITHOUT ROWID""")
    db.conn.execute("CREATE INDEX pair_rating_second ON pair_rating (second)")
    db.conn.execute("""
        CREATE TABLE critique (
            id INTEGER PRIMARY KEY, rater TEXT NOT NULL, service TEXT NOT NULL, version TEXT NOT NULL,
            prediction INTEGER NOT NULL REFERENCES prediction ON DELETE CASCADE,
            text TEXT NOT NULL, simulated INTEGER NOT NULL,
            at TEXT NOT NULL, UNIQUE (prediction, version, rater, service))""")
    db.conn.execute("""
        CREATE TABLE kept_list (
            name TEXT NOT NULL, position INTEGER NOT NULL,
            prediction INTEGER NOT NULL REFERENCES prediction ON DELETE CASCADE,
            PRIMARY KEY (name, position)) WITHOUT ROWID""")
    db.conn.execute("CREATE UNIQUE INDEX kept_list_prediction ON kept_list (prediction, name)")


@migrations(name="0009_jobs")
def jobs(db: Database) -> None:
    """Fine-tuning jobs as a backend shows them: each whole as it was last seen, with columns derived from that.

    `job.mark` is written into the job's metadata before it is created, so that one whose answer was lost is found
    again. `job_event.position` counts from the oldest event, without gaps; `job_metric` holds the numbers of the
    metrics events by the name of their series. `upload` remembers which bytes are at which service under which id, and
    how far a file in parts has come.
    """
    db.conn.execute("""
        CREATE TABLE job (
            id INTEGER PRIMARY KEY, profile TEXT NOT NULL, backend TEXT NOT NULL, service TEXT NOT NULL,
            remote_id TEXT, mark TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '', status TEXT NOT NULL,
            method TEXT NOT NULL DEFAULT '', model TEXT NOT NULL DEFAULT '', fine_tuned_model TEXT,
            request TEXT, remote TEXT, dataset TEXT, validation_dataset TEXT, prompt TEXT NOT NULL DEFAULT '',
            grader_version TEXT, pilot INTEGER NOT NULL DEFAULT 0, simulated INTEGER NOT NULL DEFAULT 0,
            step INTEGER, total_steps INTEGER, message TEXT NOT NULL DEFAULT '', archive TEXT,
            created_at TEXT NOT NULL, seen_at TEXT, UNIQUE (service, remote_id))""")
    db.conn.execute("""
        CREATE TABLE job_event (
            job INTEGER NOT NULL REFERENCES job, position INTEGER NOT NULL, remote_id TEXT NOT NULL,
            at REAL NOT NULL, level TEXT NOT NULL, type TEXT NOT NULL, message TEXT NOT NULL, step INTEGER,
            raw TEXT NOT NULL, PRIMARY KEY (job, position), UNIQUE (job, remote_id)) WITHOUT ROWID""")
    db.conn.execute("""
        CREATE TABLE job_metric (
            job INTEGER NOT NULL REFERENCES job, series TEXT NOT NULL, step INTEGER NOT NULL, value REAL NOT NULL,
            PRIMARY KEY (job, series, step)) WITHOUT ROWID""")
    db.conn.execute("""
        CREATE TABLE job_checkpoint (
            job INTEGER NOT NULL REFERENCES job, remote_id TEXT NOT NULL, step INTEGER NOT NULL, model TEXT NOT NULL,
            at REAL NOT NULL, raw TEXT NOT NULL, PRIMARY KEY (job, step, remote_id)) WITHOUT ROWID""")
    db.conn.execute("""
        CREATE TABLE job_file (
            job INTEGER NOT NULL REFERENCES job, role TEXT NOT NULL, remote_id TEXT NOT NULL, path TEXT, bytes INTEGER,
            sha256 TEXT, at TEXT NOT NULL, PRIMARY KEY (job, role, remote_id)) WITHOUT ROWID""")
    db.conn.execute("""
        CREATE TABLE upload (
            id INTEGER PRIMARY KEY, service TEXT NOT NULL, purpose TEXT NOT NULL, sha256 TEXT NOT NULL,
            bytes INTEGER NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, remote_id TEXT, session_id TEXT,
            part_bytes INTEGER, parts TEXT NOT NULL DEFAULT '[]', begun_at TEXT NOT NULL, at TEXT NOT NULL,
            UNIQUE (service, purpose, sha256))""")


@migrations(name="0010_people")
def people(db: Database) -> None:
    """Several reviewers, and datasets made from others: what was said elsewhere and waits, what was changed.

    `verdict_waiting` holds events of the verdict log about answers that are not here yet, whole, by the key of the
    answer. `dataset_change` is the change list of a dataset that was made from another one.
    """
    db.conn.execute("CREATE INDEX verdict_log_at ON verdict_log (reviewer, at)")
    for name, of in (("undone", "(value, reviewer) WHERE kind = 'undo'"), ("batch", "(batch, reviewer)")):
        db.conn.execute(f"DROP INDEX verdict_log_{name}")
        db.conn.execute(f"CREATE INDEX verdict_log_{name} ON verdict_log {of}")
    db.conn.execute("""
        CREATE TABLE verdict_waiting (
            uid TEXT PRIMARY KEY, answer_key TEXT NOT NULL, event TEXT NOT NULL) WITHOUT ROWID""")
    db.conn.execute("CREATE INDEX verdict_waiting_key ON verdict_waiting (answer_key)")
    db.conn.execute("""
        CREATE TABLE dataset_change (
            dataset INTEGER NOT NULL REFERENCES dataset, number INTEGER NOT NULL, line INTEGER NOT NULL,
            kind TEXT NOT NULL, reviewer TEXT NOT NULL, at TEXT NOT NULL, before TEXT, after TEXT,
            row_id TEXT NOT NULL, new_row_id TEXT, PRIMARY KEY (dataset, number)) WITHOUT ROWID""")


@migrations(name="0011_job_heard")
def job_heard(db: Database) -> None:
    """When a job's newest event was first seen by this machine's clock: a service's clock may be far from it."""
    db.conn.execute("ALTER TABLE job ADD COLUMN heard_at TEXT")


SCHEMA_VERSION = 11
"""The number of migrations; also written to ``PRAGMA user_version``, which is read without loading this module."""
