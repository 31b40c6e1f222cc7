"""Editing the fields of a new run: what each of them may be, and suggestions for models."""

from __future__ import annotations

from rft_tui.safetext import one_line
from rft_tui.store.run_figures import models_of_runs
from rft_tui.tui.new_run.fields import DEFAULT_EFFORT, SUMMARIES, TIERS
from rft_tui.tui.new_run.values import listed, offered_efforts
from rft_tui.tui.screens.fields_editing import FieldsEditing
from rft_tui.tui.screens.pick import Choice, PickScreen

DONE = "\0done"
"""The choice that ends choosing several."""


class NewRunEditing(FieldsEditing):
    """What keys do to the fields."""

    def with_usual(self, values: dict[str, str]) -> dict[str, str]:
        """The values with the usual profile and the only dataset, where none are said."""
        usual = super().with_usual(values)
        if not usual.get("dataset") and len(names := self._datasets()) == 1:
            usual["dataset"] = names[0][0]
        return usual

    def problems_here(self, values: dict[str, str]) -> dict[str, str]:
        """What is wrong with names that are looked up in the workspace."""
        from rft_tui.providers.profiles import list_profiles

        problems = {}
        name = values.get("dataset", "")
        if name and name not in [one for one, _rows in self._datasets()]:
            problems["dataset"] = "there is no such dataset"
        profile = values.get("profile", "")
        if profile and profile not in [one.name for one in list_profiles(self.rft.workspace.settings)]:
            problems["profile"] = "there is no such profile in rft.toml"
        return problems

    def _choices(self, name: str) -> list[Choice]:
        """What a field may be."""
        if name == "dataset":
            return [Choice(one, one_line(one, 60), f"{rows:,} items") for one, rows in self._datasets()]
        if name in ("profile", "prompt"):
            return super()._choices(name)
        words = {"": "none" if name == "summary" else "the service's choice"}
        return [Choice(one, words.get(one, one)) for one in (SUMMARIES if name == "summary" else TIERS)]

    def choose_several(self) -> None:
        """Choose efforts, the one field that takes several."""
        self._choose_efforts()

    def _choose_efforts(self, place: str | None = None) -> None:
        """Choose efforts one after the other; each is put in or taken out."""
        models = listed(self.values.get("models", ""))
        offered = (DEFAULT_EFFORT, *offered_efforts(models))
        now = listed(self.values.get("efforts", ""))
        beside = "the service's own, nothing is sent"
        choices = [
            Choice(one, f"{'[x]' if one in now else '[ ]'} {one}", beside if one == DEFAULT_EFFORT else "")
            for one in dict.fromkeys((*offered, *now))
        ]
        choices.append(Choice(DONE, "done"))

        def chosen(value: str | None) -> None:
            if value is None or value == DONE:
                return
            kept = [one for one in now if one != value] if value in now else [*now, value]
            self._keep("efforts", ", ".join(one for one in dict.fromkeys((*offered, *kept)) if one in kept))
            self._choose_efforts(value)

        self.app.push_screen(PickScreen("reasoning efforts", choices, current=place), self.guarded(chosen))

    def do_form_suggest(self) -> None:
        """Models asked here before, and those of the service where they were fetched."""
        profile = self.profile_here()
        with self.rft.workspace.store.read() as db:
            used = models_of_runs(db)
        fetched = self._fetched.get(profile.service, []) if profile is not None else []
        choices = {
            one.id: Choice(one.id, one_line(one.id, 60), f"ends {one.shutdown_date}" if one.shutdown_date else "")
            for one in fetched
        }
        choices = {
            model: Choice(model, one_line(model, 60), f"asked before · {one_line(profile_name, 20)}")
            for model, profile_name in used
            if model not in choices
        } | choices
        if not choices:
            self.say(f"no model was asked here yet: {self.hint_key('form.fetch')} asks the service for its list",
                     "state.warning")  # fmt: skip
            return
        now = listed(self.values.get("models", ""))

        def chosen(model: str | None) -> None:
            if model is not None:
                kept = [one for one in now if one != model] if model in now else [*now, model]
                self._keep("models", ", ".join(kept))

        listed_choices = [
            Choice(one.value, f"{'[x]' if one.value in now else '[ ]'} {one.text}", one.beside)
            for one in choices.values()
        ]
        self.form.go_to("models")
        self.app.push_screen(PickScreen("put a model in, or take it out", listed_choices), self.guarded(chosen))
