"""The checker itself: a history that keeps every promise passes, and each broken one is found."""

import pytest

from support.invariants import check
from support.record import (
    Answered,
    Asked,
    Confirmed,
    Fault,
    Left,
    Notified,
    Published,
    Record,
    Replied,
    value,
)

D = ("call", "tag")


class History:
    """Builds a record by hand; times are those that the test names."""

    def __init__(self):
        self.now = 0.0
        self.record = Record(lambda: self.now)
        self.at(0, Asked(0, "call", None), Answered(0, D, "2000", 200, 3600, False))

    def at(self, now, *events):
        self.now = max(self.now, now)
        for event in events:
            self.record.add(event)
        return self

    def publish(self, now, number):
        return self.at(now, Published(now, "2000", number), Confirmed(now, "2000", number))

    def notify(self, now, cseq, number, *, answer=0.01, state="active", shown=None, copy=False, status=200):
        shown = shown or (value(number) if number else ("not_set", "", ""))
        self.at(now, Notified(now, D, "2000", cseq, shown, state, copy))
        return self if answer is None else self.at(now + answer, Replied(now + answer, D, cseq, status))

    def found(self, **options):
        return {violation.invariant for violation in check(self.record, **options).violations}


def good():
    return (
        History()
        .notify(0.1, 1, 0)
        .publish(10, 1)
        .notify(10.1, 2, 1)
        .publish(20, 2)
        .notify(20.1, 3, 2)
        .at(30, Asked(30, "call", D), Answered(30, D, "2000", 200, 3600, True))
        .notify(30.1, 4, 2)
    )


def test_a_good_history_passes_and_is_counted():
    verdict = check(good().record).require()
    assert (verdict.published, verdict.confirmed, verdict.subscriptions, verdict.alive) == (2, 2, 1, 1)
    assert (verdict.notifies, verdict.acknowledged, verdict.skipped) == (4, 4, 0)
    assert verdict.latency(1.0) == pytest.approx(0.11)


def test_a_value_that_was_never_told_last_breaks_i1():
    assert good().publish(40, 3).found() == {"I1"}
    assert good().publish(40, 3).found(converged=False) == set()


def test_a_phone_that_was_told_and_did_not_acknowledge_breaks_i1():
    assert "I1" in good().publish(40, 3).notify(40.1, 5, 3, answer=None).found()
    assert "I1" in good().publish(40, 3).notify(40.1, 5, 3, status=503).found()


def test_a_phone_that_was_never_told_anything_breaks_i1():
    assert History().publish(1, 1).at(10).found() == {"I1"}


def test_going_back_to_an_older_value_breaks_i2():
    assert good().notify(40, 5, 1).notify(41, 6, 2).found() == {"I2"}


def test_a_restart_is_no_excuse_for_an_older_value():
    assert good().notify(40, 5, 1).notify(41, 6, 2).at(41, Fault(38, 40.5, "bridge")).found() == {"I2"}


def test_a_cseq_that_does_not_grow_breaks_i2():
    assert good().publish(40, 3).notify(40.1, 4, 3).notify(40.2, 5, 3).found() >= {"I2"}


def test_a_value_that_nothing_hindered_and_that_is_not_told_breaks_i2():
    history = good().publish(40, 3).publish(50, 4).notify(50.1, 5, 4)
    assert history.found() == {"I2"}
    assert check(history.record).skipped == 1


def test_a_value_that_nothing_hindered_for_two_seconds_was_to_be_told():
    def history(seconds):
        return good().publish(40, 3).publish(40 + seconds, 4).notify(40.1 + seconds, 5, 4)

    assert (history(1.0).found(), history(2.0).found()) == (set(), {"I2"})


def test_a_value_may_be_skipped_while_a_notify_is_out():
    history = (
        good().publish(40, 3).notify(40.1, 5, 3, answer=10).publish(41, 4).publish(49, 5).notify(50.2, 6, 5)
    )
    assert history.found() == set()
    assert check(history.record).skipped == 1


def test_a_copy_after_the_answer_shows_that_the_notify_is_still_out_on_a_bad_network():
    def history(until):
        story = good().publish(40, 3).notify(40.1, 5, 3).notify(43.6, 5, 3, copy=True, answer=None)
        return story.publish(44, 4).publish(until, 5).notify(until + 0.1, 6, 5)

    assert history(47.4).found(clean=False) == set()
    assert history(52).found(clean=False) == {"I2"}
    assert "I2" in history(47.4).found()


def test_a_value_may_be_skipped_while_the_pace_forbids_a_notify():
    history = (
        good().publish(40, 3).notify(40.01, 5, 3).publish(40.02, 4).publish(40.05, 5).notify(40.12, 6, 5)
    )
    assert history.found() == set()


def test_a_value_may_be_skipped_while_something_is_broken():
    history = good().publish(40, 3).publish(50, 4).notify(50.5, 5, 4)
    assert history.at(50.6, Fault(39.9, 50.4, "broker")).found() == set()
    assert good().publish(40, 3).publish(50, 4).notify(50.5, 5, 4).at(
        51, Fault(39, 45, "broker")
    ).found() == {"I2"}


@pytest.mark.parametrize(
    "shown", [("away", "s9", "m9"), ("dnd", "s2", "m2"), ("away", "", "hello"), value(77)]
)
def test_what_nobody_has_published_breaks_i3(shown):
    assert "I3" in good().publish(40, 3).notify(40.1, 5, 0, shown=shown).notify(40.3, 6, 3).found()


def test_a_value_that_is_shown_before_it_is_published_breaks_i3():
    assert good().notify(40, 5, 3).publish(41, 3).found() >= {"I3"}


def test_a_notify_without_a_change_breaks_i3():
    assert good().notify(40, 5, 2).found() == {"I3"}


@pytest.mark.parametrize(
    "reason",
    [
        lambda history: history.at(39.9, Asked(39.9, "call", D)),
        lambda history: history.at(39.9, Fault(38, 39.5, "bridge")),
    ],
)
def test_a_subscribe_and_a_restart_are_reasons_to_tell_again(reason):
    assert reason(good()).notify(40, 5, 2).found() == set()


def test_a_broker_that_comes_back_is_no_reason_to_tell_again():
    assert good().at(39.9, Fault(38, 39.5, "broker")).notify(40, 5, 2).found() == {"I3"}


def test_a_notify_that_was_refused_is_told_again():
    assert good().publish(40, 3).notify(40.1, 5, 3, status=503).notify(50, 6, 3).found() == set()


def test_a_dialog_that_is_not_known_any_more_breaks_i4():
    history = good().at(40, Asked(40, "call", D), Answered(40, D, "2000", 481, 0, True))
    assert history.found() >= {"I4"}


@pytest.mark.parametrize(
    "end",
    [
        lambda history: history.notify(39, 5, 2, state="terminated"),
        lambda history: history.at(39, Left(39, D)),
        lambda history: history.publish(39, 3).notify(39, 5, 3, status=481),
    ],
)
def test_a_dialog_that_was_ended_may_be_unknown(end):
    history = end(good()).at(40, Asked(40, "call", D), Answered(40, D, "2000", 481, 0, True))
    assert history.found() == set()


def test_a_dialog_that_has_expired_may_be_unknown_and_not_before():
    def history(at):
        return (
            History()
            .at(1, Asked(1, "call", D), Answered(1, D, "2000", 200, 60, True))
            .at(at, Asked(at, "call", D), Answered(at, D, "2000", 481, 0, True))
        )

    short = history(3650)
    assert "I4" not in short.found()
    assert "I4" in history(50).found()


def test_an_interval_counts_from_the_request_and_not_from_the_answer_that_came_late():
    story = History().at(100, Asked(100, "call", D)).at(108, Answered(108, D, "2000", 200, 40, True))
    story.record.events[1] = Answered(0, D, "2000", 200, 40, False)
    refused = story.at(141, Asked(141, "call", D), Answered(141, D, "2000", 481, 0, True))
    assert "I4" not in refused.found(clean=False)


def test_a_new_phone_whose_answers_were_all_lost_may_be_forgotten_on_a_bad_network_until_it_has_refreshed():
    def history(*notifies, refreshed_at=None):
        story = History()
        for cseq in notifies:
            story.notify(cseq * 0.1, cseq, 0)
        if refreshed_at is not None:
            story.at(
                refreshed_at,
                Asked(refreshed_at, "call", D),
                Answered(refreshed_at, D, "2000", 200, 3600, True),
            )
        return story.at(40, Asked(40, "call", D), Answered(40, D, "2000", 481, 0, True))

    assert history(1).found(clean=False) == set()
    assert history(1).found() == {"I4"}
    assert "I4" in history(1, 2).found(clean=False)
    assert "I4" in history(1, refreshed_at=20).found(clean=False)


def test_a_cseq_that_a_phone_refuses_breaks_i4():
    assert good().publish(40, 3).notify(40.1, 5, 3, status=500).notify(41, 6, 3).found() == {"I4"}


def test_two_notifies_at_a_time_break_i5():
    history = good().publish(40, 3).notify(40.1, 5, 3, answer=None).publish(41, 4).notify(41.1, 6, 4)
    assert history.found() == {"I5"}


def test_the_next_notify_after_timer_f_and_after_a_restart_keeps_i5():
    late = good().publish(40, 3).notify(40.1, 5, 3, answer=None).publish(73, 4).notify(73.1, 6, 4)
    assert late.found() == set()
    killed = good().publish(40, 3).notify(40.1, 5, 3, answer=None).at(42, Fault(40.5, 41.5, "bridge"))
    assert killed.notify(42.5, 6, 3).found() == set()


def test_a_copy_that_comes_too_early_breaks_i5():
    assert good().publish(40, 3).notify(40, 5, 3, answer=2).notify(
        40.02, 5, 3, copy=True, answer=None
    ).found() == {"I5"}
    kept = good().publish(40, 3).notify(40, 5, 3, answer=2).notify(40.5, 5, 3, copy=True, answer=None)
    assert kept.notify(41.5, 5, 3, copy=True, answer=None).found() == set()


@pytest.mark.parametrize(("after", "found"), [(0.05, {"I5"}), (0.15, set())])
def test_a_copy_comes_half_a_second_after_the_first_one_less_what_a_busy_machine_takes(after, found):
    history = good().publish(40, 3).notify(40, 5, 3, answer=2)
    assert history.notify(40 + after, 5, 3, copy=True, answer=None).found() == found


def test_more_copies_than_timer_e_has_time_for_break_i5():
    history = good().publish(40, 3).notify(40, 5, 3, answer=None)
    for count in range(1, 12):
        history.notify(40 + 4 * count, 5, 3, copy=True, answer=None)
    assert "I5" in history.found(converged=False)


def test_the_verdict_says_what_is_wrong_and_where():
    with pytest.raises(
        AssertionError, match=r"1 violations\nI1 2000 call: shows .*m2.*m3.* was published last"
    ):
        check(good().publish(40, 3).record).require()
