from bridge.config.problem import ConfigError, Excerpt, Problem


def test_a_caret_points_at_the_column():
    assert str(Excerpt(12, "port = x", 8)) == (
        "      12 | port = x\n"
        "         |        ^"
    )  # fmt: skip


def test_a_caret_behind_tabs_is_indented_with_tabs():
    assert str(Excerpt(3, "\tport = x", 2)).endswith("\n         | \t^")


def test_a_problem_in_one_line():
    assert str(Problem("a.toml:1:2", "mqtt.port", "needs a whole number")) == (
        "a.toml:1:2: mqtt.port needs a whole number"
    )
    assert str(Problem("a.toml", "", "cannot be read")) == "a.toml: cannot be read"


def test_the_error_holds_all_problems_and_the_exit_status():
    first = Problem("a.toml:1:2", "x", "is wrong", Excerpt(1, " x", 2))
    second = Problem("a.toml", "", "is wrong")
    error = ConfigError((first, second))
    assert str(error) == f"{first}\n{second}"
    assert str(error).count("\n") == 3
    assert error.problems == (first, second)
    assert error.exit_code == 78
