import re
from urllib.parse import urljoin

from browsing import settled
from playwright.sync_api import expect

WAIT_MS = 30_000


def test_training_in_a_browser(open_page):
    """Start, watch, stop, change the page and come back: one session, as a person would do it."""
    page = open_page()
    page.get_by_role("link", name="Training").click()
    progress = page.locator(".st-key-training_progress")
    expect(progress).to_contain_text("Step 280 of 280", timeout=WAIT_MS)
    expect(page.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(18)
    expect(page.get_by_text("fc1.weight", exact=True)).to_be_visible()
    expect(page.locator(".st-key-training_result")).to_contain_text("100.0%")

    page.get_by_role("tab", name="Step by step").click()
    expect(page.get_by_text("The graph of step 1:")).to_be_visible(timeout=WAIT_MS)
    legend = page.locator(".scale-legend")
    expect(legend).to_contain_text("Step 280: recorded are the gradient norms of parameters")
    page.get_by_role("slider", name="Step of the training").press("Home")
    expect(legend).to_contain_text("Step 1, recorded in full")
    page.get_by_role("slider", name="Step of the training").press("ArrowRight")
    page.get_by_role("button", name="Graph of this step").click()
    expect(page.get_by_text("The graph of step 2:")).to_be_visible(timeout=WAIT_MS)
    expect(legend).to_contain_text("Step 2, recorded in full", timeout=WAIT_MS)
    expect(page.get_by_text("What SGD did in this step")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("canvas.graph")).to_be_visible()
    page.get_by_role("tab", name="Curves").click()

    epochs = page.get_by_label("Epochs")
    epochs.fill("10000")
    epochs.press("Enter")
    expect(page.locator("textarea.field")).to_have_value(re.compile("EPOCHS = 10000"))
    page.get_by_role("button", name="Start", exact=True).click()
    expect(progress).to_contain_text(re.compile(r"Step [1-9][\d,]* of 70,000"), timeout=WAIT_MS)
    first = progress.inner_text()
    expect(progress).not_to_have_text(first, timeout=WAIT_MS)

    pause = page.get_by_role("button", name="Pause", exact=True)
    pause.click()
    single = page.get_by_role("button", name="One step", exact=True)
    expect(single).to_be_enabled()
    held = progress.inner_text()
    single.click()
    expect(progress).not_to_have_text(held, timeout=WAIT_MS)
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(pause).to_be_visible()

    page.get_by_role("link", name="Graph").click()
    page.get_by_role("link", name="Training").click()
    expect(epochs).to_have_value("10000")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text(re.compile(r"^After [\d,]+ steps\."))).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    expect(page.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(18)

    code = page.locator("textarea.field")
    code.fill(code.input_value().replace("loss.backward()", "(loss / 0 * 0).backward()"))
    page.get_by_role("button", name="Start", exact=True).click()  # at once: what was typed a moment ago is what runs
    expect(page.get_by_text("Line 37: The loss became NaN at step 1").first).to_be_visible(timeout=WAIT_MS)


LOOK = """() => {
  const seen = window.seen = { boxes: new Set(), names: new Set() };
  const main = document.querySelector("[data-testid=stMain]");
  const look = () => {
    for (const button of document.querySelectorAll(".st-key-training_buttons button")) {
      const { x, y, width, height } = button.getBoundingClientRect();
      if (!width) continue; // what Streamlit is about to take away
      seen.boxes.add([x, y + main.scrollTop, width, height].map(Math.round).join(" "));
      seen.names.add(button.innerText);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


def start_and_look(page, width, epochs):
    """Start a run of so many epochs in a window `width` px wide; from then on `seen` tells of its buttons."""
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_label("Epochs").fill(str(epochs))
    page.get_by_label("Epochs").press("Enter")
    expect(page.get_by_text("Changed: Epochs.")).to_be_visible()
    page.evaluate("seen.boxes.clear(), seen.names.clear()")
    page.get_by_role("button", name="Start", exact=True).click()


def seen(page):
    """What stood on the buttons in any frame, and at how many places they were."""
    return page.evaluate("[[...seen.names].sort(), seen.boxes.size]")


def test_no_button_moves(open_page):
    """Looked at in each frame: start, pace, pause, one step, go on, stop; at last nobody presses anything until a run has ended and is drawn."""
    page = open_page("training")
    progress = page.locator(".st-key-training_progress")
    expect(progress).to_contain_text("Step 280 of 280", timeout=WAIT_MS)
    settled(page)
    page.evaluate(LOOK)
    for width, epochs in ((1280, 10_000), (400, 9_999), (1000, 9_998)):
        start_and_look(page, width, epochs)
        expect(page.get_by_text("steps a second")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_text("Changed: Epochs.")).to_have_count(0)
        for name in ("Pause", "One step", "Go on", "Stop"):
            page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible(timeout=WAIT_MS)
        assert seen(page) == [["Go on", "One step", "Pause", "Start", "Stop"], 3], width

    start_and_look(page, width, epochs=200)
    pause = page.get_by_role("button", name="Pause", exact=True)
    expect(pause).to_be_visible(timeout=WAIT_MS)
    expect(progress).to_contain_text("Step 1,400 of 1,400", timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_disabled()
    settled(page)
    expect(pause).to_have_count(0)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert seen(page) == [["One step", "Pause", "Start", "Stop"], 3]


def choose_first_kept(page, deletions):
    """Tick the first kept run, in the table that stands there after so many deletions: each brings a new one."""
    table = page.locator(f".st-key-training-kept-table-{deletions}").get_by_test_id("stDataFrame")
    expect(table).to_be_visible(timeout=WAIT_MS)
    box = table.bounding_box()
    page.mouse.click(box["x"] + 16, box["y"] + 52)  # the box before the row: the table is a canvas


def test_a_reloaded_page_finds_its_run_and_several_are_compared(open_page):
    """Start, reload, see it again; train four side by side; open, rename and delete what was kept."""
    page = open_page("training")
    progress = page.locator(".st-key-training_progress")
    expect(progress).to_contain_text("Step 280 of 280", timeout=WAIT_MS)
    page.get_by_label("Epochs").fill("3")
    page.get_by_label("Epochs").press("Enter")
    expect(page.locator("textarea.field")).to_have_value(re.compile("EPOCHS = 3\n"))
    page.get_by_role("button", name="Start", exact=True).click()
    expect(progress).to_contain_text("Step 21 of 21", timeout=WAIT_MS)
    page.reload()
    expect(progress).to_contain_text("Step 21 of 21", timeout=WAIT_MS)
    expect(page.locator("textarea.field")).to_have_value(re.compile("EPOCHS = 3\n"))

    page.get_by_role("tab", name="Compare").click()
    page.get_by_label("Seeds").fill("2")
    page.get_by_label("Seeds").press("Enter")
    page.get_by_role("button", name="Train 4 models").click()
    expect(page.get_by_text("4 of 4 have ended")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator(".js-plotly-plot .legendtext")).to_have_text(["SGD, lr 0.1", "Adam, lr 0.1"])

    page.get_by_role("tab", name="Kept runs").click()
    choose_first_kept(page, deletions=0)
    expect(page.get_by_role("button", name="Delete 1")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="Save as a file").last.click()
    link = page.get_by_role("link", name="CSV, one line a step").last.get_attribute("href")
    saved = page.request.get(urljoin(page.url, link))
    assert ".csv" in saved.headers["content-disposition"]
    assert saved.text().startswith("step,loss,gradient_norm,learning_rate")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete 1").click()
    expect(page.get_by_role("button", name="Delete 1")).to_have_count(0, timeout=WAIT_MS)
    choose_first_kept(page, deletions=1)
    page.locator(".st-key-training-kept-open button").click()
    expect(page.get_by_role("tab", name="Curves")).to_have_attribute("aria-selected", "true")  # where it is seen
