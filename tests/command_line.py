"""A command that was used wrongly, for the tests of the command line."""


def refused(result):
    """The one sentence of a command that was used wrongly; ``result`` is what the fixture ``run`` returns."""
    status, out, err = result
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1 and "Traceback" not in err
    return err
