"""What all screens share: two header lines, a body, a footer; keys through the registry; one line to type into."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

from rft_tui.errors import RftError
from rft_tui.safetext import one_line
from rft_tui.tui.actions import ACTIONS, CONFIRM, GLOBAL, LIST, Action
from rft_tui.tui.keymap import written
from rft_tui.tui.paint import Line, line_length
from rft_tui.tui.task_words import strip
from rft_tui.tui.widgets.bars import Footer, Header
from rft_tui.tui.workbench import Workbench, workbench

if TYPE_CHECKING:
    from rft_tui.store.tasks import StoredTask
    from rft_tui.tui.editing.names import Completer
    from rft_tui.tui.widgets.prompt_line import Typed

Given = ParamSpec("Given")

ELSE_NO = " · else no"
"""What stands behind a question where there is little room."""

NARROW = 100
"""Cells below which a screen shows one pane at a time."""


class Frame(Screen[None]):
    """What stands on the screen and what is asked there; subclasses give the body, header rows and the actions."""

    scope: ClassVar[str] = GLOBAL
    title_word: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.header = Header()
        self.footer = Footer()
        self.is_asking = False
        self.typing_hints: tuple[tuple[str, str], ...] = ()
        self._on_yes: Callable[[], None] | None = None
        self._last_key = ""

    @property
    def rft(self) -> Workbench:
        """The app, as screens know it."""
        return workbench(self)

    def compose(self) -> ComposeResult:
        """Header, body, footer."""
        yield self.header
        yield self.body()
        yield self.footer

    def body(self) -> Widget:
        """What stands between header and footer."""
        raise NotImplementedError

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """(left, right) of the two header lines."""
        raise NotImplementedError

    def remembered(self) -> dict[str, Any]:
        """What a restart should find again."""
        return {}

    def why_not(self, action: Action) -> str | None:
        """Why an action cannot run now; None when it can."""
        return None if hasattr(self, action.method) else f"{action.label}: not on this screen"

    @property
    def is_narrow(self) -> bool:
        """Whether there is room for one pane only."""
        return self.app.size.width < NARROW

    @property
    def scopes(self) -> tuple[str, ...]:
        """Where keys are looked up, in order."""
        return (self.scope, LIST, GLOBAL)

    def on_mount(self) -> None:
        """Paint the bars."""
        self.refresh_bars()

    def on_screen_resume(self) -> None:
        """Paint the bars again: something may have changed meanwhile."""
        self.refresh_bars()

    def on_resize(self) -> None:
        """Paint the bars for the new width."""
        self.refresh_bars()

    async def _dispatch_message(self, message: Message) -> None:
        """Say what goes wrong in a handler; the screen goes on."""
        try:
            await super()._dispatch_message(message)
        except RftError as error:
            self.say_error(error)

    def guarded(self, work: Callable[Given, None]) -> Callable[Given, None]:
        """The same work with its errors said: for what a timer or another widget calls."""

        def run(*given: Given.args, **named: Given.kwargs) -> None:
            try:
                work(*given, **named)
            except RftError as error:
                self.say_error(error)

        return run

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Hand it to the app, which says it when work has failed: these messages do not bubble."""
        self.app.post_message(event)

    def take_key(self, key: str) -> bool:
        """Run the action of a key; whether there was one."""
        if self._on_yes is not None:
            self._answered(key)
            return True
        action = self.rft.keymap.find(key, self.scopes)
        if action is None:
            return False
        self._last_key = key
        self.run(action)
        return True

    def confirm(self, what: str, on_yes: Callable[[], None]) -> None:
        """Do something only if the next key says yes; `what` goes on after the key: ``starts 240 requests``.

        The key that asked never confirms, whatever the keymap says.
        """
        self._on_yes = on_yes
        self.footer.show([], None)
        asked: Line = [(self.hint_key("confirm.yes"), "text.accent bold"), (f" {one_line(what, 300)}", "state.warning")]
        otherwise: Line = [(" · any other key: no", "text.dim")]
        if line_length(asked + otherwise) > self.app.size.width - 2:
            otherwise = [(ELSE_NO, "text.dim")]
        self.footer.say(asked + otherwise)

    @property
    def room_to_ask(self) -> int:
        """Cells for what is to be confirmed, if all of the question is to be read."""
        return self.app.size.width - 3 - cell_len(self.hint_key("confirm.yes")) - cell_len(ELSE_NO)

    @property
    def is_confirming(self) -> bool:
        """Whether a costly action waits for a yes."""
        return self._on_yes is not None

    def _answered(self, key: str) -> None:
        on_yes, self._on_yes = self._on_yes, None
        action = self.rft.keymap.find(key, (CONFIRM,))
        self.footer.say(None)
        self.refresh_bars()
        if action is None or key == self._last_key or on_yes is None:
            self.say("nothing was done", "text.dim")
            return
        self.guarded(on_yes)()

    def run(self, action: Action) -> None:
        """Run an action, or say why it cannot run."""
        self.footer.say(None)
        why = self.why_not(action)
        if why is not None:
            self.say(why, "state.warning")
            return
        try:
            getattr(self, action.method)()
        except RftError as error:
            self.say_error(error)

    def say(self, text: str, name: str = "text.normal") -> None:
        """Say something in the footer until the next key; a question that waits there stays."""
        if self.is_confirming:
            return
        self.footer.say([(one_line(text, 300), name)])

    def say_error(self, error: RftError) -> None:
        """Say what went wrong and what to do."""
        self.rft.log_error(error)
        if self.is_confirming:
            return
        self.footer.say(self.error_spans(error))

    def error_spans(self, error: RftError) -> Line:
        """What went wrong and what to do."""
        hint: Line = [(f"  {one_line(error.hint, 200)}", "text.dim")] if error.hint else []
        return [("✗ ", "state.bad bold"), (one_line(self.said_of(error), 300), "state.bad"), *hint]

    def said_of(self, error: RftError) -> str:
        """What went wrong, with the paths of the workspace as they are called in it."""
        return error.message.replace(f"{self.rft.workspace.folder}/", "")

    def refresh_bars(self) -> None:
        """Paint header and footer again where they changed."""
        if not self.is_mounted:
            return
        first, second = self.header_rows()
        self.header.show(self._with_tasks(*first), second)
        if self.is_confirming:
            return
        if self.is_asking:
            self.footer.show([("enter", "keep"), ("esc", "cancel"), *self.typing_hints], None)
            return
        keymap = self.rft.keymap
        scopes = self.scopes
        shown = [
            action for action in ACTIONS if action.footer and action.scope in scopes and self.why_not(action) is None
        ]
        shown.sort(key=lambda action: -action.footer)
        keys = [(key, action.label) for action in shown if (key := keymap.key(action))]
        self.footer.show(keys, (keymap.keys["help"][0] if keymap.keys["help"] else "", "all keys"))

    def _with_tasks(self, left: Line, right: Line) -> tuple[Line, Line]:
        """The first header line with what goes on in the background at its right end."""
        width = self.app.size.width
        tasks = strip(self.tasks_to_show(), max(width * 9 // 20, width - line_length(left) - 4))
        if not tasks:
            return left, right
        fits = line_length(left) + line_length(tasks) + line_length(right) + 8 <= width
        return left, [*right, ("   ", "text.normal"), *tasks] if right and fits else tasks

    def tasks_to_show(self) -> tuple[StoredTask, ...]:
        """The tasks of which the header tells: all that are open, unless the screen shows some itself."""
        return self.rft.tasks.open

    def tasks_changed(self) -> None:
        """Something about the tasks has changed: show it."""
        self.refresh_bars()

    def cache_grew(self) -> None:
        """A task has stored predictions or grades: show it quietly."""

    def cache_changed(self) -> bool:
        """Another process has written to the cache: show it; False where the person is to say when."""
        return False

    def tabs(self, *, short: bool = False) -> Line:
        """The screens there are, the current one marked by a sign too; of the others the key, if short."""
        line: Line = []
        for name, word in self.rft.screen_words:
            number, blank = self.hint_key(f"screen.{name}"), " " * bool(line)
            if word == self.title_word:
                line.append((f"{blank}▸{number} {word}", "text.accent bold"))
            else:
                said = number if short or self.is_narrow else f"{number} {word}"
                line.append((f"{blank}{said}", "text.dim"))
        return line

    def ask(
        self,
        label: str,
        value: str,
        on_done: Typed,
        *,
        on_change: Typed | None = None,
        on_cancel: Callable[[], None] | None = None,
        hints: tuple[tuple[str, str], ...] = (),
        completer: Completer | None = None,
        also: Callable[[str], Typed | None] | None = None,
    ) -> None:
        """Open the line to type into; `hints` are (word, meaning) pairs for the footer meanwhile.

        With a `completer` the names that fit are offered over the line; `also` says of a key what else takes the text.
        """
        from rft_tui.tui.widgets.prompt_line import PromptLine

        given = (label, value, self.guarded(on_done))
        does: dict[str, Any] = {
            "on_change": on_change and self.guarded(on_change),
            "on_cancel": on_cancel and self.guarded(on_cancel),
            "on_close": self._asked,
        }
        if also is not None:
            does["also"] = also
        if completer is None:
            line = PromptLine(*given, **does)
        else:
            from rft_tui.tui.widgets.names_prompt import NamesPrompt

            line = NamesPrompt(*given, **does, completer=completer)
        self.is_asking = True
        self.typing_hints = hints
        self.mount(line, before=self.footer)
        self.refresh_bars()

    def _asked(self) -> None:
        """The line is closed: letters are keys again."""
        self.is_asking = False
        self.refresh_bars()

    def stop_work(self) -> None:
        """Stop what is done in the background: the app is about to end."""

    def stored(self) -> None:
        """What waited for the cache is stored now: show it."""

    def hint_key(self, action_id: str) -> str:
        """The key of an action as people write it, for texts on the screen."""
        keys = self.rft.keymap.keys.get(action_id, ())
        return written(keys[0]) if keys else action_id
