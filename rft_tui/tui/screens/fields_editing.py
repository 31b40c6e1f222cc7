"""Editing the fields of a form: moving, typing, choosing, toggling; what forms of a new run and of a new job share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.errors import RftError, UsageError
from rft_tui.safetext import one_line
from rft_tui.store.datasets import list_datasets
from rft_tui.tui.new_run.service_models import fetch_models
from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.screens.pick import Choice, PickScreen
from rft_tui.tui.screens.runs.new_run_messages import ModelsFetched
from rft_tui.tui.widgets.form import YES, FieldKind, Form

if TYPE_CHECKING:
    from rft_tui.providers.models import ServiceModel
    from rft_tui.providers.profiles import NamedProfile


class FieldsEditing(OverScreen):
    """What keys do to the fields of a form."""

    form: Form

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._fetched: dict[str, list[ServiceModel]] = {}

    def set_values(self, values: dict[str, str], *, draft: bool = False) -> None:
        """Show other values."""
        raise NotImplementedError

    def profile_here(self) -> NamedProfile | None:
        """The profile that the form names; None where there is none of that name."""
        from rft_tui.providers.profiles import named_profile

        try:
            return named_profile(self.rft.workspace.settings, self.values.get("profile") or None)
        except RftError:
            return None

    def with_usual(self, values: dict[str, str]) -> dict[str, str]:
        """The values with the usual profile, where none is said."""
        from rft_tui.providers.profiles import named_profile

        usual = dict(values)
        if not usual.get("profile"):
            usual["profile"] = named_profile(self.rft.workspace.settings, None).name
        return usual

    def _datasets(self) -> list[tuple[str, int]]:
        with self.rft.workspace.store.read() as db:
            return [(one.name, one.rows) for one in list_datasets(db)]

    # Moving

    def do_form_down(self) -> None:
        """To the next field."""
        self.form.go(self.form.cursor + 1)

    def do_form_up(self) -> None:
        """To the previous field."""
        self.form.go(self.form.cursor - 1)

    def do_top(self) -> None:
        """To the first field."""
        self.form.go(0)

    def do_bottom(self) -> None:
        """To the last field."""
        self.form.go(len(self.form.fields))

    def do_page_down(self) -> None:
        """Half a page down."""
        self.form.go(self.form.cursor + max(1, self.form.size.height // 2))

    def do_page_up(self) -> None:
        """Half a page up."""
        self.form.go(self.form.cursor - max(1, self.form.size.height // 2))

    # Changing

    def _keep(self, name: str, value: str) -> None:
        """Give a field a value; an empty one gives it back what it proposes."""
        left = {one: kept for one, kept in self.values.items() if one != name}
        self.set_values(left | ({name: value} if value else {}))

    def do_form_edit(self) -> None:
        """Type the value, or choose it."""
        field = self.form.field
        if field.kind is FieldKind.YES_NO:
            self.do_form_toggle()
        elif field.kind is FieldKind.CHOICE:
            self._choose(field.name, field.label)
        elif field.kind is FieldKind.SEVERAL:
            self.choose_several()
        else:
            before = self.values

            def draft(text: str) -> None:
                self.set_values(before | ({field.name: text.strip()} if text.strip() else {}), draft=True)

            self.ask(
                field.label,
                before.get(field.name, ""),
                lambda text: self._keep(field.name, text.strip()),
                on_change=draft,
                on_cancel=lambda: self.set_values(before),
            )

    def do_form_toggle(self) -> None:
        """Yes or no; the next choice."""
        field = self.form.field
        if field.kind is FieldKind.YES_NO:
            self._keep(field.name, "" if self.form.value(field.name) else YES)
        elif field.kind is FieldKind.CHOICE:
            choices = [choice.value for choice in self._choices(field.name)]
            if choices:
                now = self.form.value(field.name)
                self._keep(field.name, choices[(choices.index(now) + 1) % len(choices) if now in choices else 0])
        else:
            self.do_form_edit()

    def choose_several(self) -> None:
        """Choose the values of the field that takes several."""
        raise NotImplementedError

    def do_form_clear(self) -> None:
        """Back to what the field proposes."""
        left = {name: value for name, value in self.values.items() if name != self.form.field.name}
        self.set_values(self.with_usual(left))

    def do_form_clear_all(self) -> None:
        """Every field back, after a yes: what was typed is lost."""
        self.confirm("takes every field back to what it proposes", lambda: self.set_values(self.with_usual({})))

    def _choose(self, name: str, label: str) -> None:
        choices = self._choices(name)
        if not choices:
            raise UsageError(f"there is no {label} yet", hint="Import one in Data." if name == "dataset" else "")
        self._pick(name, label, choices)

    def _pick(self, name: str, label: str, choices: list[Choice]) -> None:
        """Let one of some choices be the value of a field."""

        def chosen(value: str | None) -> None:
            if value is not None:
                self._keep(name, value)

        self.app.push_screen(PickScreen(label, choices, current=self.form.value(name)), self.guarded(chosen))

    def _choices(self, name: str) -> list[Choice]:
        """What a field may be: profiles and prompts, for a form whose other fields it does not know."""
        if name == "profile":
            from rft_tui.providers.profiles import list_profiles

            return [
                Choice(one.name, one_line(one.name, 40), "SIMULATED" if one.is_simulated else one_line(one.address, 60))
                for one in list_profiles(self.rft.workspace.settings)
            ]
        if name == "prompt":
            from rft_tui.tui.prompt_choice import SHOWN_DIGITS, list_versions

            versions = list_versions(self.rft.workspace)
            return [Choice("", "no prompt")] + [
                Choice(
                    one.value,
                    one_line(one.prompt.name, 30) + ("" if one.is_file else f"@{one.prompt.version[:SHOWN_DIGITS]}"),
                    ("" if one.is_file else "used by a run · ") + one_line(one.prompt.text, 50),
                )
                for one in versions
            ]
        return []

    # Models

    def do_form_suggest(self) -> None:
        """Models that may be meant."""
        raise NotImplementedError

    def do_form_fetch(self) -> None:
        """Ask the service for its models, in the background."""
        from rft_tui.providers.profiles import find_key

        profile = self.profile_here()
        if profile is None:
            raise UsageError("there is no such profile", hint="Choose one that stands in rft.toml.")
        find_key(profile)
        folder = self.rft.workspace.store.path.parent
        self.say(f"asking {profile.name} for its models …", "state.info")

        def work() -> None:
            models = fetch_models(profile, folder, lambda: self.rft.is_leaving or not self.is_mounted)
            if models is not None:
                self.post_message(ModelsFetched(profile.service, models))

        self.run_worker(work, thread=True, exclusive=True, group="form.models", exit_on_error=False)

    def on_models_fetched(self, message: ModelsFetched) -> None:
        """Offer them."""
        self._fetched[message.service] = message.models
        self.footer.say(None)
        self.do_form_suggest()

    def do_form_prompts(self) -> None:
        """Make and edit prompts."""
        from rft_tui.tui.screens.prompts.screen import PromptsScreen

        self.app.push_screen(PromptsScreen(on_saved=lambda name: self._keep("prompt", name)))
