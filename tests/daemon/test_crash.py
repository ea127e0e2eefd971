"""A crowd whose connections and whose server break all the time, against a model (tests/crash); and
that the model notices what a store may do wrong."""

import pathlib
import signal
import sqlite3
import sys

import pytest

from harness import MODULE_DIR, SANITIZED

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "crash"))

from crowd import Crowd  # noqa: E402

STEPS = 1000 if SANITIZED else 2500

pytestmark = pytest.mark.skipif(not (MODULE_DIR / "history.so").exists(),
                                reason="history is not built")


@pytest.fixture
def crowd(tmp_path, request):
    crowd = Crowd(tmp_path / "server", request.param)
    yield crowd
    problems = crowd.end()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("crowd", [1, 2, 3, 4], indirect=True)
def test_nothing_is_lost_doubled_or_out_of_order(crowd):
    try:
        crowd.run(STEPS)
    except AssertionError:
        print("\n".join(crowd.story()))
        raise


# ---- The model fails when it should -----------------------------------------------------------

LAST_EVENTS = "SELECT max(id) FROM events GROUP BY id >> 40"

DAMAGES = {
    "acknowledged events are lost": [
        f"DELETE FROM events WHERE id IN ({LAST_EVENTS})",
        "UPDATE rooms SET seq = seq - 1"],
    "an event is missing": [f"DELETE FROM events WHERE id IN ({LAST_EVENTS}) AND id & 0xffff > 1"],
    "a text is another one": [
        "UPDATE events SET body = json_set(body, '$.text', 'x') WHERE body ->> '$.text' NOT NULL"],
    "reactions are lost": ["DELETE FROM reactions"],
    "a delete is undone": [
        "UPDATE events SET body = json_remove(body, '$.deleted') WHERE body ->> '$.deleted'"],
    "another epoch": ["UPDATE rooms SET epoch = '00000000'"],
    "cids are lost": ["UPDATE events SET cid = NULL"],
    "users are lost": ["DELETE FROM tokens", "DELETE FROM users"],
}


@pytest.mark.parametrize("crowd", [0], indirect=True)
@pytest.mark.parametrize("statements", DAMAGES.values(), ids=DAMAGES.keys())
def test_what_a_store_does_wrong_is_noticed(crowd, statements):
    def damage(folder):
        with sqlite3.connect(folder / "data/history.db") as database:
            done.extend(database.execute(statement).rowcount for statement in statements)
        database.close()

    for _ in range(10):  # until there is something to damage
        done = []
        for _ in range(600):
            crowd.step()
        crowd.restart(signal.SIGKILL, damage)
        if all(done):
            break
    assert all(done), statements
    with pytest.raises(AssertionError):
        for _ in range(5000):  # until somebody does what shows it
            crowd.step()
        crowd.finish()
