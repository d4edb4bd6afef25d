"""Trainings side by side: several started at once, and those that were kept; each can be opened, renamed, deleted, saved as a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import get_args

import streamlit as st

from explorer.app.remarks import Remark
from explorer.app.training_files import TrainingOffer
from explorer.app.trainings import Started, archive_of, begin, find, keeper, kept_runs
from explorer.app.variants import MOST_RUNS, RATES, Variant, variants
from explorer.archive import Kept
from explorer.charts.comparing import Group, Path, compared, paths
from explorer.export.training import FORMATS
from explorer.models import OptimizerName
from explorer.runner import EngineError, shared_engine
from explorer.viewer.kept import kept
from explorer.words import tell
from pages._said import show_remarks
from pages._session import language, owner, words
from pages._training_session import adopt, state

_GROUP = "training.compare.group"
"""The runs of the last comparison: what each is called in it, and the run."""

_TABLE = "training.kept.generation"
"""How often rows were deleted: a new table has nothing chosen, and no second press deletes what moved up."""

_OFFERS = "training.offers"
_MOST_OFFERS = 4
"""Runs that one session may take with it at a time: each is held in memory until then."""

Named = list[tuple[str, Started]]


def show_comparison() -> None:
    """Start several, and look at them."""
    st.text(words("runs.lead"))
    _choose()
    group: Named = kept().get(_GROUP, [])
    if group:
        _show_group(group)


def comparing() -> bool:
    """Whether a run of the comparison goes on."""
    group: Named = kept().get(_GROUP, [])
    return any(run.training.end is None for _, run in group)


def _choose() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="training_variants"):
        optimizers = st.multiselect(
            words("runs.optimizers"),
            get_args(OptimizerName),
            default=["SGD", "Adam"],
            disabled=state().loop_edited,
            key="training.compare.optimizers",
        )
        rates = st.multiselect(
            words("runs.rates"),
            RATES,
            format_func=lambda rate: f"{rate:g}",
            disabled=state().loop_edited,
            placeholder=words("runs.own"),
            key="training.compare.rates",
        )
        seeds = st.number_input(words("runs.seeds"), 1, 8, 3, width=110, key="training.compare.seeds")
        wanted = variants(state(), tuple(optimizers), tuple(rates), int(seeds))
        if st.button(words("runs.start", count=len(wanted)), key="training.compare.start", disabled=comparing()):
            _start(wanted)
            st.rerun()  # the whole page, so that it is drawn anew while they learn
    if len(wanted) == MOST_RUNS:
        st.caption(words("runs.most", most=MOST_RUNS))


def _start(wanted: Sequence[Variant]) -> None:
    group: Named = []
    try:
        for at, variant in enumerate(wanted):
            label = variant.group or words("runs.edited")
            name = words("runs.seeded", name=label, seed=variant.state.seed)
            group.append((label, begin(shared_engine(), variant.state.request, owner(), name, place=str(at))))
    except EngineError as problem:
        kept()["training.compare.problem"] = str(problem)
    kept()[_GROUP] = group


def _show_group(group: Named) -> None:
    done = sum(run.training.end is not None for _, run in group)
    st.progress(done / len(group), text=words("runs.progress", done=done, count=len(group)))
    for name, run in group:
        end = run.training.end
        if end is not None and end.status != "ok":
            text = tell(end.sentence, language()) if end.sentence else end.message or ""
            show_remarks((Remark(kind=end.status, title=name, text=text),))
    _draw(group, "training.compare.figure")


def _draw(runs: Named, key: str) -> None:
    """One picture; where all are models of two numbers, their landscape as well."""
    begun = [(name, run) for name, run in runs if run.training.start is not None and run.training.snapshots]
    if not begun:
        return
    names = list(dict.fromkeys(name for name, _ in begun))
    groups = [Group(name, tuple(run.training.snapshots for other, run in begun if other == name)) for name in names]
    first = begun[0][1].training.start
    classes = first is not None and first.kind == "classes"
    figure = compared(groups, classes, language(), log=state().log)
    st.plotly_chart(figure, key=key, config={"displayModeBar": False})
    walked = [
        Path(words("runs.seeded", name=name, seed=run.request.seed), run.training.points, run.training.surface)
        for name, run in begun
        if run.training.surface
    ]
    if walked and len(walked) == len(begun):
        st.plotly_chart(paths(walked, language()), key=f"{key}.paths", config={"displayModeBar": False})


def show_kept() -> None:
    """The runs that were kept, and what can be done with those that are chosen."""
    rows = kept_runs(shared_engine(), owner())
    if not rows:
        st.text(words("runs.none" if archive_of(shared_engine()) else "runs.nowhere"))
        return
    chosen = _table(rows)
    if not chosen:
        st.caption(words("runs.choose"))
        return
    _act(chosen)
    if len(chosen) > 1:
        runs = [(row.name, run) for row in chosen if (run := find(shared_engine(), row.id)) is not None]
        _draw(runs, "training.kept.figure")


def _table(rows: Sequence[Kept]) -> list[Kept]:
    shown = {
        words("runs.name"): [row.name for row in rows],
        words("runs.when"): [datetime.fromtimestamp(row.created) for row in rows],
        words("training.steps"): [row.steps for row in rows],
        words("runs.loss"): [row.loss for row in rows],
        words("runs.metric"): [row.metric for row in rows],
        words("runs.status"): [words(f"runs.status.{row.status}") for row in rows],
    }
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    columns = [
        text(width=220),
        st.column_config.DatetimeColumn(width=100, format="MM-DD HH:mm"),
        number(width=60),
        number(width=105, format="%.4g"),
        number(width=103, format="%.4g"),
        text(width=65),
    ]
    event = st.dataframe(
        shown,
        column_config=dict(zip(shown, columns, strict=True)),
        hide_index=True,
        placeholder="–",
        height=260,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"training.kept.table.{kept().get(_TABLE, 0)}",
    )
    return [rows[at] for at in event.selection.rows if at < len(rows)]


def _act(chosen: Sequence[Kept]) -> None:
    first = chosen[0]
    with st.container(horizontal=True, vertical_alignment="bottom", key="training_kept"):
        if len(chosen) == 1:
            st.button(words("runs.open"), key="training.kept.open", on_click=_open, args=(first.id,))
            st.text_input(
                words("runs.rename"),
                value=first.name,
                key=f"training.kept.name.{first.id}",
                on_change=_rename,
                args=(first.id,),
            )
            with st.popover(words("runs.save")):
                downloads(first.id, first.name, lambda: find(shared_engine(), first.id))
        st.button(
            words("runs.delete", count=len(chosen)),
            key="training.kept.delete",
            on_click=_delete,
            args=([row.id for row in chosen],),
        )


def downloads(identity: str, name: str, look: Callable[[], Started | None]) -> None:
    """One link for each kind of file; written only when it is followed. `look` finds the run, which is asked once."""
    offer = _offered(identity, name, look)
    for kind in FORMATS if offer is not None else ():
        st.link_button(words(f"runs.file.{kind}"), offer.link(kind), width="stretch")


def _offered(identity: str, name: str, look: Callable[[], Started | None]) -> TrainingOffer | None:
    """The offer of a run, one for each name and language; None where there is no such run."""
    offers: dict[tuple[str, str, str], TrainingOffer] = kept().setdefault(_OFFERS, {})
    asked = (identity, name, language())
    if asked not in offers:
        run = look()
        if run is None:
            return None
        while len(offers) >= _MOST_OFFERS:
            del offers[next(iter(offers))]
        offers[asked] = TrainingOffer(run, name, language())
    return offers[asked]


def _open(identity: str) -> None:
    run = find(shared_engine(), identity)
    if run is not None:
        adopt(run)
        st.session_state["training.tabs"] = words("training.tab.curves")  # where it is seen


def _rename(identity: str) -> None:
    archive = archive_of(shared_engine())
    if archive is not None:
        archive.rename(identity, keeper(shared_engine(), owner()), st.session_state[f"training.kept.name.{identity}"])


def _delete(identities: Sequence[str]) -> None:
    """Forget them. A run that is on the page stays there until another is started."""
    archive = archive_of(shared_engine())
    if archive is not None:
        archive.delete(identities, keeper(shared_engine(), owner()))
    kept()[_TABLE] = kept().get(_TABLE, 0) + 1
