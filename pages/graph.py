"""The Graph page: type or pick, run, see the graph. It reads the state, calls one function of each layer below, and draws."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.app.drawing import Drawing, commanded, draw, toggled
from explorer.app.exports import Offer, file_name
from explorer.app.numbers import NumberError
from explorer.app.remarks import Remark, remarks
from explorer.app.state import fingerprint
from explorer.ir import Run
from explorer.viewer.component import graph_view
from explorer.viewer.kept import kept
from explorer.words import tell
from pages._drawer import drawer, open_storages
from pages._inputs import choose_inputs, choose_result
from pages._said import show_printed, show_remarks
from pages._session import attempt, keep_run, language, last_run, running_note, shown_run, words
from pages._source import choose_run, choose_source, edit_code
from pages._state import ANSWERED, become, change, state

VIEW = "graph.view"
DRAWN = "graph.drawn"
ENTERED = "graph.entered"
OFFER = "graph.offer"
"""Keys of the viewer, of the last drawing with what it was drawn from, of whether this session has seen the page, and of what it may export."""

HEIGHT = 600
"""px of the viewer."""


def answer(note: DeltaGenerator) -> tuple[Remark, ...]:
    """Run what the state asks for, unless that is the run at hand, with a word in `note` meanwhile; returns what is to be said about it."""
    try:
        if (asked := fingerprint(request := state().request())) != kept().get(ANSWERED):
            note.text(words("run.running"))
            keep_run(attempt(request))
            kept()[ANSWERED] = asked
    except NumberError as problem:
        return (_on_typing(tell(problem.sentence, language())),)
    finally:
        note.empty()
    said = remarks(last_run(), language())
    problem = state().problem
    return said if problem is None else (_on_typing(tell(problem, language())), *said)


def _on_typing(text: str) -> Remark:
    return Remark(kind="refused", title=words("remark.typed"), text=text)


def drawing_of(run: Run) -> Drawing:
    """The drawing of `run` as the state wants it; computed once for each."""
    wanted = (state().open_modules, state().show_saved, state().engine, state().wrap, language())
    drawn_run, drawn_as, drawing = kept().get(DRAWN, (None, None, None))
    if drawn_run is not run or drawn_as != wanted:
        drawing = draw(run, state(), language())
        kept()[DRAWN] = (run, wanted, drawing)
    return drawing


@st.fragment
def picture() -> None:
    """The drawing and the drawer under it: folding, unfolding and selecting rerun no more than this."""
    if _asks_more():
        st.rerun()
    run = shown_run()
    if run is None:
        with st.container(key="nothing"):
            st.text(words("graph.nothing"))
        return
    if (caption := _which_graph(run)) is not None:
        with st.container(key="before"):
            st.text(caption)
    _view(run)
    drawer(run)


def _asks_more() -> bool:
    """Whether a button of the viewer or the drawer asked for another run: only a rerun of the whole page answers that."""
    try:
        return fingerprint(state().request()) != kept().get(ANSWERED)
    except NumberError:
        return False


def _which_graph(run: Run) -> str | None:
    """Where the graph shown is not simply that of the last run: whose it is."""
    if run is not last_run():
        return words("graph.before")
    if run.status == "ok":
        return None
    return words("graph.partial.nowhere") if run.line is None else words("graph.partial", line=run.line)


def _view(run: Run) -> None:
    """The viewer; it sends back what was selected, folded and switched."""
    drawing = drawing_of(run)
    if drawing.note:
        with st.container(key="remark_engine"):
            st.text(drawing.note)
    with st.container(key="picture"):
        graph_view(
            drawing.scene,
            key=VIEW,
            height=HEIGHT,
            selected=state().selected,
            look=state().look,
            exports=_exports(run, drawing),
            on_selected=lambda: change(selected=st.session_state[VIEW].selected),
            on_toggled=lambda: become(toggled(state(), drawing.open_modules, st.session_state[VIEW].toggled)),
            on_command=lambda: _obey(run, st.session_state[VIEW].command),
        )


def _exports(run: Run, drawing: Drawing) -> dict[str, str]:
    """Let the viewer's menu save what this session sees."""
    offer = kept().get(OFFER) or Offer()
    kept()[OFFER] = offer
    offer.run, offer.open_modules, offer.show_saved = run, drawing.open_modules, state().show_saved
    offer.engine, offer.wrap, offer.language = state().engine, state().wrap, language()
    return {"token": offer.token, "name": file_name(state(), run)}


def _obey(run: Run, command: str) -> None:
    """What a button, a key or a tag of the viewer asks for."""
    if command.startswith("storage:"):
        open_storages()
    become(commanded(state(), run.graph, command))


def main() -> None:
    note = running_note()
    entered = kept().get(ENTERED, False)
    # Before anything is drawn: until then the page shows the run before, and the editor that it waits. Only who comes in for
    # the first time sees the page at once, since torch may still be starting.
    said = answer(note) if entered else ()
    with st.container(key="workbench"):
        left, right = st.columns([5, 12], gap="medium")
    with left:
        choose_source()
        edit_code()
        if entered:
            _below_editor(said)
    with right:
        picture() if entered else _starting()
    if not entered:
        kept()[ENTERED] = True
        answer(note)
        st.rerun()


def _below_editor(said: tuple[Remark, ...]) -> None:
    """Seed and device, what the run has to say, values to choose, what it printed."""
    choose_run()
    show_remarks(said)
    if (run := last_run()) is not None:
        choose_inputs(run)
        choose_result(run)
        show_printed(run.stdout)


def _starting() -> None:
    with st.container(key="nothing"):
        st.text(words("graph.starting"))


main()
