"""The desk for members of staff: the page and its API, thin routes over the desk of the dialogue."""
