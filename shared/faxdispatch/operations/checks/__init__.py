"""The checks of `faxdispatch doctor`: one file for each system around us, one function for each question."""
