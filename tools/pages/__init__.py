"""Pages for those who work with results all day and those who keep a fleet: Django over the store.

    store ──> reading.py ──> views/ ──> templates/    what is shown, for the sites of the account
    accounts, audit log ──> models.py, in a file of its own beside the store

`serve.py` starts it all. The ingest worker never imports this package, and nothing here writes to
the store but through `Store`.
"""
